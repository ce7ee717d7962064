//! What the oracle does by itself, beside answering and following the chain: emits and closes epochs, posts roots.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tracing::Instrument;
use trellis_client::{Chain, ChainError};
use trellis_core::{Calendar, Epoch};
use trellis_epoch::{Snapshot, bundle::folder_name};

use crate::{
    chain_view::{Received, Target, read_received, read_snapshot},
    clock::Clock,
    closing::Closer,
    metrics::Metrics,
    post::Poster,
    shared::Shared,
};

/// Emits epochs, closes them and posts their roots.
pub struct Worker {
    /// Sees only what can never be taken back: an epoch is closed with it once and for all.
    pub chain: Chain,
    pub target: Target,
    pub clock: Clock,
    pub closer: Closer,
    pub poster: Poster,
    pub shared: Arc<Shared>,
    pub calendar: Calendar,
    pub metrics: Metrics,
}

impl Worker {
    /// Round after round. What fails is said, and tried again in the next round.
    pub async fn run(mut self, poll: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            let ours = tokio::task::block_in_place(|| self.closer.take_turn()).context("taking over from other nodes");
            let next = self.closer.next();
            self.shared.update(|view| view.next_to_close = next);
            if !matches!(ours, Ok(true)) {
                let problem = problem_of(ours.map(|_| ()));
                self.shared.update(|view| view.working_problem = problem);
                if pause(poll, &mut stop).await {
                    return;
                }
                continue;
            }
            // An epoch that cannot be emitted or closed must not keep the ones before it from becoming final.
            let emitted = self.poster.emit_elapsed(&self.calendar, self.closer.next()).await.context("emitting");
            let closed = self.close().await;
            let posted = self.poster.advance(self.closer.next()).await.context("posting");
            let problem = problem_of(emitted).or(problem_of(closed)).or(problem_of(posted));
            self.shared.update(|view| view.working_problem = problem);
            if pause(poll, &mut stop).await {
                return;
            }
        }
    }

    async fn close(&mut self) -> Result<()> {
        loop {
            let epoch = self.closer.next();
            let context = || format!("closing epoch {epoch}");
            let due = self.closer.is_due(&self.calendar, self.clock.now_unix()).with_context(context)?;
            if !due || !self.close_next(epoch).await.with_context(context)? {
                return Ok(());
            }
        }
    }

    /// False if the chain does not show yet what the epoch is closed with.
    #[tracing::instrument(level = "debug", name = "close", skip_all, fields(epoch = epoch.get()))]
    async fn close_next(&mut self, epoch: Epoch) -> Result<bool> {
        let reading = self.read_snapshot_of(epoch).instrument(tracing::debug_span!("snapshot"));
        let Some(snapshot) = reading.await? else { return Ok(false) };
        let (started, now_unix) = (Instant::now(), self.clock.now_unix());
        let bundle = tokio::task::block_in_place(|| self.closer.close_next(&snapshot, now_unix))?;
        let next = self.closer.next();
        self.shared.update(|view| view.next_to_close = next);
        if let Some(bundle) = bundle {
            let (root, hash) = (hex::encode(bundle.manifest.root), hex::encode(bundle.hash));
            self.metrics.epoch_closed(started.elapsed());
            tracing::info!(epoch = bundle.manifest.epoch, root, bundle = hash, "epoch closed");
        }
        Ok(true)
    }

    /// Everything that closing `epoch` depends on, read after the epoch is over, so that everyone who registered in it is
    /// there. `None` until the epoch is emitted.
    pub(crate) async fn read_snapshot_of(&self, epoch: Epoch) -> Result<Option<Snapshot>> {
        let emission = match read_received(&self.chain, &self.target, epoch).await? {
            Received::NotYet => return Ok(None),
            Received::Amount(amount) => Some(amount.get()),
            Received::Forgotten if self.closer.has_bundle(epoch) => None,
            Received::Forgotten => bail!(
                "others emitted epoch {epoch} while this oracle was away, and the chain keeps only the amounts of the \
                 last 64 epochs: copy {} of another oracle of this vault into the bundle folder",
                folder_name(epoch)
            ),
        };
        Ok(Some(Snapshot { emission, ..read_snapshot(&self.chain, &self.target, epoch).await? }))
    }
}

/// Waits for the next round; true if it is time to stop.
pub(crate) async fn pause(poll: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(poll) => false,
        // An error means that the sender is gone: the process is ending.
        _ = stop.wait_for(|stop| *stop) => true,
    }
}

/// What the status says. The log gets everything; the status nothing that an RPC client said, since RPC addresses often
/// hold a password.
pub(crate) fn problem_of(outcome: Result<()>) -> Option<String> {
    let error = outcome.err()?;
    tracing::warn!(problem = format!("{error:#}"), "will try again");
    let mut words = Vec::new();
    for cause in error.chain() {
        if let Some(ChainError::Rpc { .. }) = cause.downcast_ref::<ChainError>() {
            words.push("the chain's RPC server did not answer as it should; the oracle's log has more".to_owned());
            break;
        }
        words.push(cause.to_string());
    }
    Some(words.join(": "))
}
