//! The single steps of posting.

use anyhow::Result;
use solana_address::Address;
use trellis_client::{
    accounts::{ClaimPage, MAX_EPOCHS_PER_CALL, RECENT_EPOCHS, RootProposal, Vault},
    addresses,
    instructions::{rewards, token},
    program_error::{ProgramError, RewardsError, TokenError},
};
use trellis_core::{Calendar, Epoch, pda::OPERATORS_PER_PAGE, root_content::RootContent};

use super::Poster;
use crate::chain_view::read_emission;

impl Poster {
    /// Emits every epoch that has elapsed on the chain's clock and that nobody has emitted yet; but none so far past
    /// `next_to_close` that the chain would forget what that one emitted.
    pub async fn emit_elapsed(&self, calendar: &Calendar, next_to_close: Epoch) -> Result<()> {
        // The epoch that runs now is the first that has not elapsed.
        let Some(running) = calendar.epoch_at(self.clock.chain_unix()) else { return Ok(()) };
        let end = running.get().min(next_to_close.get().saturating_add(RECENT_EPOCHS as u64));
        let emission = read_emission(&self.chain, &self.target.network).await?;
        let mut next = emission.next_epoch;
        while next < end {
            // At most 64, so it fits.
            let count = (end - next).min(u64::from(MAX_EPOCHS_PER_CALL)) as u8;
            let instruction = token::emit_epochs(&emission, next, count);
            match self.send(&[instruction]).await {
                Ok(_) => tracing::info!(first_epoch = next, count, "emitted"),
                // Somebody else was first, with some of them at least: look again in the next round.
                Err(error) if is(&error, ProgramError::Token(TokenError::EpochAlreadyEmitted)) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            next += u64::from(count);
        }
        Ok(())
    }

    /// Opens the claim pages that hold `leaf_count` operators, so that no claim has to.
    pub(super) async fn open_pages(&self, leaf_count: u32) -> Result<()> {
        for page in 0..leaf_count.div_ceil(OPERATORS_PER_PAGE) {
            let address = addresses::claim_page(&self.target.vault, page);
            if self.chain.find::<ClaimPage>(&address).await?.is_none() {
                let instruction = rewards::open_page(self.key.address(), self.target.vault, page);
                self.send(&[instruction]).await?;
                tracing::info!(page, "opened claim page");
            }
        }
        Ok(())
    }

    pub(super) async fn propose_and_vote(&self, content: &RootContent, proposal: Address) -> Result<()> {
        let oracle = self.key.address();
        let instructions = [
            rewards::propose_root(oracle, content),
            rewards::vote_root(oracle, self.target.vault, proposal, content.hash()),
        ];
        self.send(&instructions).await?;
        tracing::info!(epoch = content.epoch.get(), root = hex::encode(content.root), "proposed and voted");
        self.metrics.epoch_posted();
        Ok(())
    }

    pub(super) async fn vote_if_missing(
        &self,
        proposal: &RootProposal,
        content: &RootContent,
        address: Address,
    ) -> Result<()> {
        let oracle = self.key.address();
        // The vault as it is now: it holds the ballots, ours of just now too.
        let vault: Vault = self.chain.fetch(&self.target.vault).await?;
        let Some(position) = vault.oracle_position(&oracle) else {
            anyhow::bail!("oracle {oracle} is not in the vault's oracle set any more");
        };
        if vault.votes_for(proposal.proposer_position) & (1 << position) == 0 {
            let vote = rewards::vote_root(oracle, self.target.vault, address, content.hash());
            self.send(&[vote]).await?;
            tracing::info!(epoch = content.epoch.get(), "voted");
        }
        Ok(())
    }

    pub(super) async fn finalize(&self, epoch: Epoch, proposal: Address) -> Result<()> {
        let instruction = rewards::finalize_root(self.target.vault, proposal);
        match self.send(&[instruction]).await {
            Ok(_) => {
                self.metrics.epoch_finalized();
                tracing::info!(epoch = epoch.get(), "root is final");
            }
            Err(error) if is(&error, ProgramError::Rewards(RewardsError::EpochAlreadyFinal)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Gets the rent of our dead proposal for `epoch` back, if there is one.
    pub(crate) async fn close_if_open(&self, epoch: Epoch) -> Result<()> {
        let oracle = self.key.address();
        let address = addresses::proposal(&self.target.vault, epoch, &oracle);
        if self.chain.find::<RootProposal>(&address).await?.is_some() {
            let instruction = rewards::close_proposal(self.target.vault, epoch, oracle);
            self.send(&[instruction]).await?;
        }
        Ok(())
    }
}

/// Did the program refuse with just this error?
fn is(error: &trellis_client::ChainError, wanted: ProgramError) -> bool {
    error.program_error() == Some(wanted)
}
