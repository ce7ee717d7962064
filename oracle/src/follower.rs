//! Follows the chain: its time, the registry, the vault. A task of its own, so that a slow close or a slow transaction
//! does not stop the clock.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use tokio::sync::watch;
use trellis_client::{Chain, accounts::Vault};
use trellis_core::Epoch;

use crate::{
    chain_view::{SnapshotCell, Target, read_snapshot},
    metrics::Metrics,
    service::Shared,
    watch::Watch,
    worker::{pause, problem_of},
};

pub struct Follower {
    pub chain: Chain,
    pub target: Target,
    pub snapshot: SnapshotCell,
    pub shared: Arc<Shared>,
    pub metrics: Metrics,
    pub watch: Watch,
}

impl Follower {
    pub async fn run(self, poll: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            let problem = problem_of(self.follow().await.context("following the chain"));
            self.shared.update(|view| view.following_problem = problem);
            if pause(poll, &mut stop).await {
                return;
            }
        }
    }

    async fn follow(&self) -> Result<()> {
        // Clock first: it decides whether a reading is from the future, and the registry's reading takes longer.
        self.watch.look_at_servers().await?;
        let epoch = self.shared.view().next_to_close;
        let snapshot = read_snapshot(&self.chain, &self.target, epoch).await?;
        self.metrics.registry_resynced();
        self.metrics.snapshot_slot(snapshot.slot);
        self.metrics.next_to_close(epoch.get());
        let calendar = snapshot.calendar();
        self.snapshot.set(snapshot);
        let vault: Vault = self.chain.fetch(&self.target.vault).await?;
        // It can go back: what a block said that the cluster gave up again was never so.
        self.shared.update(|view| view.next_to_finalize = Some(Epoch(vault.next_epoch)));
        self.watch.look_at_vault(&vault, &calendar).await
    }
}
