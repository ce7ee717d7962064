//! Fetches what the other oracles acknowledged. A task for each peer, so that one that is dead or slow holds up no other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use solana_address::Address;
use tokio::sync::watch;
use trellis_core::Epoch;

use super::{
    Limits, Peer,
    batch::{self, Wanted},
    client::{PeerClient, PeerError},
    offer::Offer,
    store::{PeerStore, Taken},
};
use crate::{chain_view::SnapshotCell, shared::Shared};

/// Once everything is here, a peer is asked so many times more rarely.
const SLOWER: u32 = 10;

/// Fetches for whichever epoch is next to be closed.
#[derive(Clone)]
pub struct Exchange {
    pub store: Arc<PeerStore>,
    pub client: PeerClient,
    pub limits: Limits,
    pub vault: Address,
    pub own: Address,
    pub snapshot: SnapshotCell,
    pub shared: Arc<Shared>,
    /// What went wrong last with each peer.
    pub problems: Problems,
}

/// By peer. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Problems(Arc<Mutex<BTreeMap<Address, String>>>);

impl Problems {
    fn set(&self, oracle: Address, problem: Option<String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match problem {
            Some(problem) => all.insert(oracle, problem),
            None => all.remove(&oracle),
        };
    }

    pub fn of(&self, oracle: &Address) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(oracle).cloned()
    }
}

impl Exchange {
    /// Asks `peer` again and again, for the epoch that `epoch` shows.
    pub async fn run(
        self,
        peer: Peer,
        poll: Duration,
        mut epoch: watch::Receiver<Option<Epoch>>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let current = *epoch.borrow_and_update();
            let mut pause = poll;
            if let Some(current) = current {
                let pulled = self.pull(&peer, current).await;
                self.problems.set(peer.oracle, pulled.as_ref().err().map(|error| format!("{error:#}")));
                if let Err(error) = &pulled {
                    tracing::debug!(peer = %peer.oracle, epoch = current.get(), problem = format!("{error:#}"), "will ask again");
                }
                let members = self.shared.view().members;
                if self.store.waiting_for(current, &members).is_empty() {
                    pause *= SLOWER;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = epoch.changed() => if changed.is_err() { return },
                // An error means that the sender is gone: the process is ending.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Takes everything from `peer` that it has and this oracle has not.
    async fn pull(&self, peer: &Peer, epoch: Epoch) -> Result<()> {
        let offers = match self.client.offers(peer, epoch).await {
            // It has not come so far.
            Err(PeerError::Refused { status: 404, .. }) => return Ok(()),
            offers => offers?,
        };
        let members = self.shared.view().members;
        let mut first_problem = None;
        for offer in offers.offers {
            let oracle = offer.oracle();
            // Nobody else tells an oracle what it acknowledged itself.
            if oracle == self.own || !members.contains(&oracle) {
                continue;
            }
            let taken = self.take(peer, epoch, &offer).await;
            if let Err(error) = taken {
                let error = error.context(format!("what oracle {oracle} acknowledged for epoch {epoch}"));
                first_problem.get_or_insert(error);
            }
        }
        first_problem.map_or(Ok(()), Err)
    }

    async fn take(&self, peer: &Peer, epoch: Epoch, offer: &Offer) -> Result<()> {
        offer.check(&self.vault, epoch, &self.limits)?;
        let taken = tokio::task::block_in_place(|| self.store.take_offer(epoch, offer))?;
        let Taken::Missing(missing) = taken else { return Ok(()) };
        for entry in missing {
            let Some(_claim) = self.store.claim(entry.hash) else { continue };
            let bytes = self.client.batch(peer, epoch, &entry).await?;
            let snapshot = self.snapshot.get();
            let wanted = Wanted {
                network: snapshot.network,
                calendar: snapshot.calendar(),
                epoch,
                threads: thread::available_parallelism().map_or(1, std::num::NonZero::get),
            };
            tokio::task::block_in_place(|| {
                batch::check(&bytes, &entry.hash, entry.count, &wanted)
                    .with_context(|| format!("batch {}", hex::encode(entry.hash)))?;
                self.store.put_batch(epoch, &offer.oracle(), &entry.hash, &bytes)
            })?;
        }
        Ok(())
    }
}
