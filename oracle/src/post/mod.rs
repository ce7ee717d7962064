//! Emits elapsed epochs, and brings closed ones to the chain: proposal, vote, finalization. The only module that sends
//! the oracle's transactions.
//!
//! Every step looks at the chain first and does only what is missing, so that doing it again, after a crash or beside
//! another oracle, changes nothing. Nothing that was sent is remembered: what a block said that the cluster gave up
//! again is missing at the next look, and is done again.

mod ballots;
mod sender;
mod steps;

pub use ballots::Proposed;

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use trellis_client::{
    Chain,
    accounts::{RootProposal, Vault},
    addresses,
};
use trellis_core::Epoch;
use trellis_epoch::bundle::{self, Bundle};

use crate::{chain_view::Target, clock::Clock, key::OracleKey, metrics::Metrics};

/// Emits the epochs of one network, and posts the roots of one vault.
pub struct Poster {
    pub chain: Chain,
    pub target: Target,
    pub key: Arc<OracleKey>,
    pub clock: Clock,
    pub bundle_dir: PathBuf,
    pub metrics: Metrics,
}

/// How far an epoch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The epoch's root is final.
    Final,
    /// Waiting for votes or for the challenge window; look again later.
    Waiting,
}

impl Poster {
    /// Brings every epoch before `closed_before` as far as it can come now.
    pub async fn advance(&self, closed_before: Epoch) -> Result<()> {
        loop {
            let vault: Vault = self.chain.fetch(&self.target.vault).await?;
            let epoch = Epoch(vault.next_epoch);
            if epoch >= closed_before {
                return Ok(());
            }
            let bundle = self.read_bundle(epoch).await?;
            let progress = self.advance_epoch(&vault, &bundle).await.with_context(|| format!("epoch {epoch}"))?;
            if progress == Progress::Waiting {
                return Ok(());
            }
        }
    }

    async fn advance_epoch(&self, vault: &Vault, bundle: &Bundle) -> Result<Progress> {
        let content = bundle.manifest.root_content(bundle.hash);
        // The last epoch's proposal has done its work; doing this here rather than after finalizing survives a crash.
        if let Some(last) = content.epoch.get().checked_sub(1) {
            self.close_if_open(Epoch(last)).await?;
        }
        self.open_pages(content.leaf_count).await?;
        let address = addresses::proposal(&self.target.vault, content.epoch, &self.key.address());
        let proposal = match self.chain.find::<RootProposal>(&address).await? {
            Some(proposal) => proposal,
            None => {
                self.propose_and_vote(&content, address).await?;
                self.chain.fetch(&address).await?
            }
        };
        if proposal.content().hash() != content.hash() {
            anyhow::bail!("proposal {address} holds another root than our bundle: an operator must look at this");
        }
        if proposal.is_vetoed() {
            tracing::warn!(epoch = content.epoch.get(), %address, "the guardian vetoed our root");
            return Ok(Progress::Waiting);
        }
        if proposal.set_version != vault.set_version {
            // The oracle set changed: this proposal is void. Closing it makes room for a new one.
            self.close_if_open(content.epoch).await?;
            return Ok(Progress::Waiting);
        }
        if !proposal.is_approved() {
            self.vote_if_missing(&proposal, &content, address).await?;
            return Ok(Progress::Waiting);
        }
        if self.clock.chain_unix() < proposal.challenge_end_unix {
            return Ok(Progress::Waiting);
        }
        self.finalize(content.epoch, address).await?;
        Ok(Progress::Final)
    }

    async fn read_bundle(&self, epoch: Epoch) -> Result<Bundle> {
        let folder = self.bundle_dir.join(bundle::folder_name(epoch));
        let read = tokio::task::spawn_blocking(move || Bundle::open(&folder)).await?;
        read.with_context(|| format!("the bundle of epoch {epoch}, which is to be posted"))
    }
}
