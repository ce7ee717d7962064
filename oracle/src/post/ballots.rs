//! What several oracles do with one another's proposals.

use anyhow::Result;
use solana_address::Address;
use trellis_client::{
    accounts::{RootProposal, Vault, decode},
    addresses,
    instructions::rewards,
};
use trellis_core::{Epoch, root_content::RootContent};

use super::Poster;

/// A proposal as it stands on the chain.
#[derive(Clone)]
pub struct Proposed {
    pub address: Address,
    /// The proposer's place in the vault's present oracle set.
    pub place: usize,
    pub proposal: RootProposal,
}

impl Proposed {
    /// Can it still become final in `vault`, as it is now?
    pub fn is_alive(&self, vault: &Vault) -> bool {
        self.proposal.set_version == vault.set_version && !self.proposal.is_vetoed()
    }

    pub fn oracle(&self) -> Address {
        self.proposal.proposer
    }
}

impl Poster {
    /// What the members of `vault`'s oracle set have proposed for `epoch`, in the set's order.
    pub async fn proposals(&self, vault: &Vault, epoch: Epoch) -> Result<Vec<Proposed>> {
        let members = vault.oracles.iter().take(usize::from(vault.oracle_count));
        let addresses: Vec<Address> =
            members.map(|oracle| addresses::proposal(&self.target.vault, epoch, oracle)).collect();
        let accounts = self.chain.accounts(&addresses).await?;
        let mut found = Vec::new();
        for (place, (address, account)) in addresses.into_iter().zip(accounts).enumerate() {
            if let Some(account) = account {
                found.push(Proposed { address, place, proposal: decode(&address, &account)? });
            }
        }
        Ok(found)
    }

    /// Votes for what another oracle, or this one, proposed; moves the vote there if it was elsewhere.
    pub async fn vote(&self, proposed: &Proposed) -> Result<()> {
        self.vote_if_missing(&proposed.proposal, &proposed.proposal.content(), proposed.address).await
    }

    /// Proposes `content` for the epoch, in place of what this oracle had proposed before, and votes for it.
    pub async fn propose(&self, vault: &Vault, content: &RootContent, before: Option<&Proposed>) -> Result<()> {
        let oracle = self.key.address();
        match before {
            Some(before) if before.is_alive(vault) => {
                let withdraw = rewards::withdraw_proposal(oracle, self.target.vault, content.epoch);
                self.send(&[withdraw]).await?;
                tracing::info!(epoch = content.epoch.get(), "withdrew the last proposal");
            }
            Some(_) => self.close_if_open(content.epoch).await?,
            None => {}
        }
        self.open_pages(content.leaf_count).await?;
        let address = addresses::proposal(&self.target.vault, content.epoch, &oracle);
        self.propose_and_vote(content, address).await
    }

    /// Makes the approved proposal final once its challenge window is over.
    pub async fn finalize_if_over(&self, approved: &Proposed) -> Result<()> {
        let RootProposal { challenge_end_unix, epoch, .. } = approved.proposal;
        if self.clock.chain_unix() < challenge_end_unix {
            return Ok(());
        }
        self.finalize(Epoch(epoch), approved.address).await
    }
}
