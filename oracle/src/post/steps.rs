//! The single steps of posting.

use anyhow::Result;
use solana_address::Address;
use trellis_client::{
    accounts::{ClaimPage, Emission, RootProposal, Vault},
    addresses,
    instructions::{rewards, token},
    program_error::{ProgramError, RewardsError, TokenError},
};
use trellis_core::{Epoch, pda::OPERATORS_PER_PAGE, root_content::RootContent};

use super::Poster;

impl Poster {
    /// Emits every epoch up to `epoch` that nobody has emitted yet.
    pub(super) async fn emit_through(&self, vault: &Vault, epoch: Epoch) -> Result<()> {
        let emission: Emission = self.chain.fetch(&addresses::emission(&self.target.network)).await?;
        for next in emission.next_epoch..=epoch.get() {
            let instruction = token::emit_epoch(self.target.network, vault.token_account, next);
            match self.chain.send(&[instruction], &[self.key.keypair()]).await {
                Ok(_) => tracing::info!(epoch = next, "emitted"),
                Err(error) if is(&error, ProgramError::Token(TokenError::EpochAlreadyEmitted)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Opens the claim pages that hold `leaf_count` operators, so that no claim has to.
    pub(super) async fn open_pages(&self, leaf_count: u32) -> Result<()> {
        for page in 0..leaf_count.div_ceil(OPERATORS_PER_PAGE) {
            let address = addresses::claim_page(&self.target.vault, page);
            if self.chain.find::<ClaimPage>(&address).await?.is_none() {
                let instruction = rewards::open_page(self.key.address(), self.target.vault, page);
                self.chain.send(&[instruction], &[self.key.keypair()]).await?;
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
        self.chain.send(&instructions, &[self.key.keypair()]).await?;
        tracing::info!(epoch = content.epoch.get(), root = hex::encode(content.root), "proposed and voted");
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
            self.chain.send(&[vote], &[self.key.keypair()]).await?;
            tracing::info!(epoch = content.epoch.get(), "voted");
        }
        Ok(())
    }

    pub(super) async fn finalize(&self, epoch: Epoch, proposal: Address) -> Result<()> {
        let instruction = rewards::finalize_root(self.target.vault, proposal);
        match self.chain.send(&[instruction], &[self.key.keypair()]).await {
            Ok(_) => tracing::info!(epoch = epoch.get(), "root is final"),
            Err(error) if is(&error, ProgramError::Rewards(RewardsError::EpochAlreadyFinal)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Gets the rent of our dead proposal for `epoch` back, if there is one.
    pub(super) async fn close_if_open(&self, epoch: Epoch) -> Result<()> {
        let oracle = self.key.address();
        let address = addresses::proposal(&self.target.vault, epoch, &oracle);
        if self.chain.find::<RootProposal>(&address).await?.is_some() {
            let instruction = rewards::close_proposal(self.target.vault, epoch, oracle);
            self.chain.send(&[instruction], &[self.key.keypair()]).await?;
        }
        Ok(())
    }
}

/// Did the program refuse with just this error?
fn is(error: &trellis_client::ChainError, wanted: ProgramError) -> bool {
    error.program_error() == Some(wanted)
}
