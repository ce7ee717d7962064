//! Follows the chain: its time, the registry, the vault. A task of its own, so that a slow close or a slow transaction
//! does not stop the clock.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use solana_address::Address;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use trellis_client::{Chain, accounts::Vault};
use trellis_core::Epoch;

use crate::{
    chain_view::{Registry, SnapshotCell, Target},
    feed::News,
    metrics::Metrics,
    shared::Shared,
    watch::Watch,
    worker::problem_of,
};

/// With a feed, everything is read again after this long all the same.
const RESYNC_EVERY: Duration = Duration::from_secs(600);

pub struct Follower {
    pub chain: Chain,
    pub target: Target,
    pub snapshot: SnapshotCell,
    pub shared: Arc<Shared>,
    pub metrics: Metrics,
    pub watch: Watch,
    /// The registry's changes; `None`: it is read again in every round.
    pub feed: Option<mpsc::Receiver<News>>,
    pub known: Known,
}

/// What is known of the registry.
#[derive(Default)]
pub struct Known {
    registry: Option<Registry>,
    read_at: Option<Instant>,
    /// Is the feed there, so that the registry is as it is on the chain?
    fed: bool,
    /// Of the snapshot that was made of it.
    epoch: Option<Epoch>,
}

impl Follower {
    pub async fn run(mut self, poll: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            let problem = problem_of(self.follow().await.context("following the chain"));
            self.shared.update(|view| view.following_problem = problem);
            if self.wait(poll, &mut stop).await {
                return;
            }
        }
    }

    async fn follow(&mut self) -> Result<()> {
        // Clock first: it decides whether a reading is from the future, and the registry's reading takes longer.
        self.watch.look_at_servers().await?;
        let epoch = self.shared.view().next_to_close;
        self.metrics.next_to_close(epoch.get());
        if self.is_stale() {
            self.known.registry = Some(Registry::read(&self.chain, &self.target).await?);
            self.known.read_at = Some(Instant::now());
            self.metrics.registry_resynced();
            self.publish(epoch)?;
        } else if self.known.epoch != Some(epoch) {
            self.publish(epoch)?;
        } else {
            self.snapshot.confirm();
        }
        let vault: Vault = self.chain.fetch(&self.target.vault).await?;
        // It can go back: what a block said that the cluster gave up again was never so.
        let members: Vec<Address> = vault.oracles.iter().take(usize::from(vault.oracle_count)).copied().collect();
        self.shared.update(|view| {
            view.next_to_finalize = Some(Epoch(vault.next_epoch));
            view.members = members;
        });
        self.watch.look_at_vault(&vault, &self.snapshot.get().calendar()).await
    }

    /// Must everything be read again?
    fn is_stale(&self) -> bool {
        let recent = self.known.read_at.is_some_and(|at| at.elapsed() < RESYNC_EVERY);
        !(self.known.fed && recent && self.known.registry.as_ref().is_some_and(Registry::is_whole))
    }

    fn publish(&mut self, epoch: Epoch) -> Result<()> {
        let Some(registry) = &self.known.registry else { return Ok(()) };
        let snapshot = registry.snapshot(epoch)?;
        self.metrics.snapshot_slot(snapshot.slot);
        self.snapshot.set(snapshot);
        self.known.epoch = Some(epoch);
        self.shared.update(|view| view.snapshot_of = Some(epoch));
        Ok(())
    }

    /// Takes in the feed until the next round is due; true if it is time to stop.
    async fn wait(&mut self, poll: Duration, stop: &mut watch::Receiver<bool>) -> bool {
        let due = Instant::now() + poll;
        loop {
            let news = tokio::select! {
                () = sleep_until(due) => return false,
                // An error means that the sender is gone: the process is ending.
                _ = stop.wait_for(|stop| *stop) => return true,
                news = next(&mut self.feed) => news,
            };
            if self.take(news) {
                return false;
            }
        }
    }

    /// Takes in what the feed tells, with all that waits behind it. True if a round is to begin at once.
    fn take(&mut self, first: News) -> bool {
        let (mut changed, mut next) = (false, Some(first));
        while let Some(news) = next {
            match news {
                News::Begun => {
                    tracing::info!("the registry's changes are told over the websocket");
                    self.known.fed = true;
                    // What changed before was not told.
                    self.known.read_at = None;
                    return true;
                }
                News::Broken(reason) => {
                    tracing::warn!(
                        reason,
                        "the websocket is gone; the registry is read in every round until it is back"
                    );
                    self.known.fed = false;
                    return true;
                }
                News::Changed { slot, address, account } => {
                    let registry = self.known.registry.as_mut();
                    if registry.is_some_and(|registry| registry.apply(slot, address, &account)) {
                        self.metrics.registry_updated();
                        changed = true;
                    }
                }
            }
            next = self.feed.as_mut().and_then(|feed| feed.try_recv().ok());
        }
        // What does not fit together yet does with the next news, or is read in the next round.
        let whole = self.known.registry.as_ref().is_some_and(Registry::is_whole);
        let epoch = self.shared.view().next_to_close;
        changed && whole && self.publish(epoch).is_err()
    }
}

async fn next(feed: &mut Option<mpsc::Receiver<News>>) -> News {
    match feed {
        Some(feed) => match feed.recv().await {
            Some(news) => news,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
