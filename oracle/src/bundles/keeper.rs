//! Copies bundles to the store, and deletes what nothing needs any more.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use tokio::{sync::watch, time::Instant};
use trellis_client::{Chain, ChainError, accounts::Vault, in_words};
use trellis_core::{Calendar, Epoch};
use trellis_epoch::bundle::{Bundle, folder_name};
use trellis_fail_point::reached;
use trellis_store::BundleStore;

use super::{Book, Retention, retention::Progress};
use crate::{
    alarms::{self, Alarms},
    chain_view::Target,
    clock::Clock,
    log::Log,
    metrics::Metrics,
    shared::Shared,
};

/// Most time between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(60);

pub struct Keeper {
    /// Sees only what can never be taken back.
    pub chain: Chain,
    pub target: Target,
    pub clock: Clock,
    pub calendar: Calendar,
    pub shared: Arc<Shared>,
    pub log: Arc<dyn Log>,
    pub bundle_dir: PathBuf,
    pub book: Book,
    pub store: Option<BundleStore>,
    pub retention: Retention,
    pub alarms: Alarms,
    pub metrics: Metrics,
}

impl Keeper {
    /// Round after round. What fails raises an alarm and is tried again, less and less often.
    pub async fn run(self, poll: Duration, mut stop: watch::Receiver<bool>) {
        let mut pause = poll;
        if let Err(error) = self.forget_deleted().await {
            tracing::warn!(
                problem = in_words(error.as_ref()),
                "the log keeps attestations of bundles that were deleted"
            );
        }
        loop {
            let failed = tokio::select! {
                round = self.round() => self.tell(round),
                // What was cut off is done again at the next start.
                _ = stop.wait_for(|stop| *stop) => return,
            };
            pause = if failed { pause.saturating_mul(2).min(MAX_PAUSE.max(poll)) } else { poll };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // An error means that the sender is gone: the process is ending.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// True if the round failed.
    fn tell(&self, round: Result<()>) -> bool {
        let Err(error) = round else {
            self.alarms.set(alarms::BUNDLES_FAILING, None, self.clock.now_unix());
            return false;
        };
        tracing::warn!(problem = in_words(error.as_ref()), "will try again");
        // A chain that does not answer is said elsewhere.
        if !error.chain().any(|cause| cause.is::<ChainError>()) {
            self.metrics.bundles_failed();
            self.alarms.set(alarms::BUNDLES_FAILING, Some(in_words(error.as_ref())), self.clock.now_unix());
        }
        true
    }

    async fn round(&self) -> Result<()> {
        let next_to_close = self.shared.view().next_to_close;
        if let Some(store) = &self.store {
            self.copy_closed(store, next_to_close).await?;
        }
        if self.retention.keeps_all() || next_to_close.get() == 0 {
            return Ok(());
        }
        let vault: Vault = self.chain.fetch(&self.target.vault).await?;
        let progress = Progress {
            next_to_close,
            next_to_finalize: Epoch(vault.next_epoch),
            calendar: self.calendar,
            now_unix: self.clock.now_unix(),
        };
        self.delete_before(self.retention.kept_from(&progress)).await
    }

    async fn copy_closed(&self, store: &BundleStore, next_to_close: Epoch) -> Result<()> {
        while let Some(epoch) = self.book.next_to_copy() {
            self.metrics.next_to_copy(epoch.get());
            if epoch >= next_to_close {
                break;
            }
            let started = Instant::now();
            let bundle = self.bundle(epoch).await?;
            store.upload(&bundle).await.with_context(|| format!("copying the bundle of epoch {epoch}"))?;
            self.book.copied(epoch)?;
            reached("copy.booked");
            self.metrics.bundle_copied(started.elapsed());
            tracing::info!(epoch = epoch.get(), store = %store.location(), "bundle copied");
        }
        Ok(())
    }

    async fn delete_before(&self, kept_from: Epoch) -> Result<()> {
        while self.book.kept_from() < kept_from {
            let epoch = self.book.kept_from();
            if let Some(store) = &self.store {
                let bundle = self.bundle(epoch).await?;
                let context = || format!("the bundle of epoch {epoch} stays here, since its copy is not whole");
                // What is missing there is brought there again; what was changed is for the operator to look at.
                store.upload(&bundle).await.with_context(context)?;
                store.verify(&bundle).await.with_context(context)?;
            }
            reached("delete.verified");
            let (book, log) = (self.book.clone(), Arc::clone(&self.log));
            tokio::task::spawn_blocking(move || -> Result<()> {
                book.delete(epoch)?;
                Ok(log.forget(epoch)?)
            })
            .await??;
            reached("delete.forgotten");
            self.metrics.bundle_deleted();
            tracing::info!(epoch = epoch.get(), "bundle deleted here");
        }
        Ok(())
    }

    /// What the log still holds of deleted bundles: a crash came between.
    async fn forget_deleted(&self) -> Result<()> {
        let (log, kept_from) = (Arc::clone(&self.log), self.book.kept_from());
        let forget = move || (0..kept_from.get()).try_for_each(|epoch| log.forget(Epoch(epoch)));
        Ok(tokio::task::spawn_blocking(forget).await??)
    }

    async fn bundle(&self, epoch: Epoch) -> Result<Bundle> {
        let folder = self.bundle_dir.join(folder_name(epoch));
        let read = tokio::task::spawn_blocking(move || Bundle::open(&folder)).await?;
        read.with_context(|| format!("the bundle of epoch {epoch}"))
    }
}
