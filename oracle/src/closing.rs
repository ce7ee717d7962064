//! Closes elapsed epochs, in order, each exactly once.
//!
//! Steps, and what a crash after each leaves: (1) the log is sealed for the epoch: no attestation joins it any more;
//! (2) the epoch is computed from the sealed log: nothing is stored; (3) the bundle is on the disk, under its final
//! name; (4) the log names the epoch closed. After a restart the first step that is not done is done: a bundle of this
//! very epoch that is on the disk is taken as it is and never computed again, since the registry may have moved on.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result, ensure};
use trellis_core::{Calendar, Epoch, Hash, attestation::SignedAttestation};
use trellis_epoch::{
    EpochInput, LedgerState, Policy, Snapshot,
    bundle::{self, Bundle},
    close_epoch,
    verify::canonical_order,
};

use crate::log::LogStore;

/// Closes epochs of one vault.
pub struct Closer {
    log: Arc<LogStore>,
    policy: Arc<Policy>,
    bundle_dir: PathBuf,
    grace_seconds: u32,
    next: Epoch,
    /// What the last closed epoch left.
    opening: LedgerState,
    previous_bundle: Option<Hash>,
}

impl Closer {
    /// Continues where the log and the bundles on the disk end.
    pub fn resume(log: Arc<LogStore>, policy: Arc<Policy>, bundle_dir: PathBuf, grace_seconds: u32) -> Result<Self> {
        std::fs::create_dir_all(&bundle_dir)
            .with_context(|| format!("cannot create the bundle folder {}", bundle_dir.display()))?;
        let mut closer = Self {
            log,
            policy,
            bundle_dir,
            grace_seconds,
            next: Epoch(0),
            opening: LedgerState::default(),
            previous_bundle: None,
        };
        for (epoch, hash) in closer.log.closed()? {
            let bundle = Bundle::read(&closer.folder(epoch))?;
            ensure!(
                epoch == closer.next && bundle.hash == hash,
                "{} is not the bundle that was closed (hash {}, wanted {}): restore it from a copy",
                closer.folder(epoch).display(),
                hex::encode(bundle.hash),
                hex::encode(hash)
            );
            closer.advance(&bundle)?;
        }
        Ok(closer)
    }

    /// The epoch to close next.
    pub fn next(&self) -> Epoch {
        self.next
    }

    /// Is the next epoch over, with its grace, at `now_unix`?
    pub fn is_due(&self, calendar: &Calendar, now_unix: i64) -> Result<bool> {
        let end = calendar.end_of(self.next).context("the calendar has no such epoch")?;
        Ok(now_unix >= end.saturating_add(i64::from(self.grace_seconds)))
    }

    /// Is there a bundle of `epoch` on the disk? It is taken as it is, and what it was computed from is not needed.
    pub fn has_bundle(&self, epoch: Epoch) -> bool {
        self.folder(epoch).exists()
    }

    /// Closes the next epoch if it is over, with its grace, at `now_unix`.
    pub fn close_next(&mut self, snapshot: &Snapshot, now_unix: i64) -> Result<Option<Bundle>> {
        let epoch = self.next;
        if !self.is_due(&snapshot.calendar(), now_unix)? {
            return Ok(None);
        }
        self.log.seal(epoch)?;
        let folder = self.folder(epoch);
        let found = self.has_bundle(epoch);
        if !found {
            self.write_bundle(epoch, snapshot)?;
        }
        let bundle = Bundle::read(&folder)?;
        if found {
            self.check_found(epoch, snapshot, &bundle)?;
        }
        self.log.set_closed(epoch, &bundle.hash)?;
        self.advance(&bundle)?;
        Ok(Some(bundle))
    }

    fn acknowledged(&self, epoch: Epoch) -> Result<Vec<SignedAttestation>> {
        let records = self.log.of_epoch(epoch)?;
        let attestations = records.iter().map(|record| SignedAttestation::from_bytes(&record.wire));
        attestations.collect::<Result<_, _>>().context("the log holds bytes that are no attestation")
    }

    /// A bundle that stands where ours belongs must be the one that a crash left: of this vault and epoch, after our
    /// last one, with all that was acknowledged. Any other would pay out another's epoch, or lose work without a word.
    fn check_found(&self, epoch: Epoch, snapshot: &Snapshot, bundle: &Bundle) -> Result<()> {
        let (manifest, shown) = (&bundle.manifest, bundle.folder().display());
        ensure!(
            manifest.vault == snapshot.vault,
            "{shown} belongs to another vault: give it a bundle folder of its own"
        );
        ensure!(manifest.epoch == epoch.get(), "{shown} holds the bundle of epoch {}, not of {epoch}", manifest.epoch);
        ensure!(
            manifest.previous_bundle == self.previous_bundle.map(hex::encode),
            "{shown} continues another bundle than the one that was closed before it"
        );
        let mut acknowledged = self.acknowledged(epoch)?;
        canonical_order(&mut acknowledged);
        ensure!(
            bundle.attestations()? == acknowledged,
            "{shown} does not hold exactly the attestations that were acknowledged: was the data folder replaced?"
        );
        Ok(())
    }

    fn write_bundle(&self, epoch: Epoch, snapshot: &Snapshot) -> Result<()> {
        let attestations = self.acknowledged(epoch)?;
        let closed = close_epoch(EpochInput {
            epoch,
            snapshot: snapshot.clone(),
            policy: Policy::clone(&self.policy),
            opening: self.opening.clone(),
            attestations,
        })?;
        let encoded = bundle::encode(epoch, snapshot, &self.policy, &self.opening, &closed, self.previous_bundle);
        bundle::write(&self.bundle_dir, &encoded)?;
        Ok(())
    }

    fn advance(&mut self, bundle: &Bundle) -> Result<()> {
        self.opening = bundle.closing()?;
        self.previous_bundle = Some(bundle.hash);
        self.next = Epoch(bundle.manifest.epoch).next().context("the last epoch that can be numbered is closed")?;
        Ok(())
    }

    fn folder(&self, epoch: Epoch) -> PathBuf {
        self.bundle_dir.join(bundle::folder_name(epoch))
    }
}
