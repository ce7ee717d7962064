//! Closes elapsed epochs, in order, each exactly once.
//!
//! Steps, and what a crash after each leaves: (1) the log is sealed for the epoch: no attestation joins it any more;
//! (2) the epoch is computed from the sealed log: nothing is stored; (3) the bundle is on the disk, under its final
//! name; (4) the log names the epoch closed. After a restart the first step that is not done is done: a bundle of this
//! very epoch that is on the disk is taken as it is and never computed again, since the registry may have moved on.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, ensure};
use trellis_core::{Calendar, Epoch, Hash};
use trellis_epoch::{
    LedgerState, Policy, Snapshot,
    bundle::{self, Bundle, EpochBasis, ManifestSignature},
    sorting::{Sorted, Sorter},
    verify::EpochContext,
};
use trellis_fail_point::reached;

use crate::{
    key::SignError,
    log::{Log, Turn},
    node_folder::NodeFolder,
    statements::Corrections,
};

/// Closes epochs of one vault.
pub struct Closer {
    log: Arc<dyn Log>,
    policy: Arc<Policy>,
    bundle_dir: PathBuf,
    grace_seconds: u32,
    next: Epoch,
    /// What the last closed epoch left.
    opening: LedgerState,
    previous_bundle: Option<Hash>,
    sign: Option<Box<Signer>>,
    node_folder: NodeFolder,
    corrections: Option<Arc<Corrections>>,
}

const REPAIR: &str = "restore it from a copy";

/// Signs a bundle's hash.
type Signer = dyn Fn(&Hash) -> Result<ManifestSignature, SignError> + Send + Sync;

impl Closer {
    /// Continues where the log and the bundles on the disk end.
    pub fn resume(log: Arc<dyn Log>, policy: Arc<Policy>, bundle_dir: PathBuf, grace_seconds: u32) -> Result<Self> {
        Self::resume_from(log, policy, bundle_dir, grace_seconds, Epoch(0))
    }

    /// The same without the bundles of the epochs before `kept_from`, which were deleted.
    pub fn resume_from(
        log: Arc<dyn Log>,
        policy: Arc<Policy>,
        bundle_dir: PathBuf,
        grace_seconds: u32,
        kept_from: Epoch,
    ) -> Result<Self> {
        std::fs::create_dir_all(&bundle_dir)
            .with_context(|| format!("cannot create the bundle folder {}", bundle_dir.display()))?;
        let mut closer = Self {
            log,
            policy,
            node_folder: NodeFolder::new(&bundle_dir),
            bundle_dir,
            grace_seconds,
            next: Epoch(0),
            opening: LedgerState::default(),
            previous_bundle: None,
            sign: None,
            corrections: None,
        };
        let mut closed = closer.log.closed()?;
        if closer.log.turn() != Turn::Always {
            // What other nodes closed and is not here yet is taken over later, before this one closes anything.
            let here = |epoch: Epoch| epoch < kept_from || closer.has_bundle(epoch);
            let here = closed.iter().take_while(|(epoch, _)| here(*epoch)).count();
            closed.truncate(here);
        }
        for (number, (epoch, hash)) in closed.iter().enumerate() {
            if *epoch < kept_from && number + 1 < closed.len() {
                ensure!(*epoch == closer.next, "the log does not say that epoch {} was closed: {REPAIR}", closer.next);
                closer.pass(*epoch, *hash)?;
                continue;
            }
            // The manifest alone; of the last one, also what the next epoch opens with.
            let bundle = Bundle::open(&closer.folder(*epoch))?;
            ensure!(
                *epoch == closer.next && bundle.hash == *hash,
                "{} is not the bundle that was closed (hash {}, wanted {}): {REPAIR}",
                closer.folder(*epoch).display(),
                hex::encode(bundle.hash),
                hex::encode(hash)
            );
            let closing = if number + 1 == closed.len() { bundle.closing()? } else { LedgerState::default() };
            closer.advance(&bundle, closing)?;
        }
        Ok(closer)
    }

    /// Every bundle that is closed from now on gets `sign`'s signature beside its manifest.
    pub fn signing(
        mut self,
        sign: impl Fn(&Hash) -> Result<ManifestSignature, SignError> + Send + Sync + 'static,
    ) -> Self {
        self.sign = Some(Box::new(sign));
        self
    }

    /// Every epoch that is closed from now on takes the corrections that wait then.
    pub fn correcting(mut self, corrections: Arc<Corrections>) -> Self {
        corrections.set_taken(self.opening.books.next);
        self.corrections = Some(corrections);
        self
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

    /// Is it this node's turn to close? What other nodes closed meanwhile is taken over first.
    pub fn take_turn(&mut self) -> Result<bool> {
        let turn = self.log.turn();
        if turn == Turn::Always {
            return Ok(true);
        }
        let first = self.next;
        for (epoch, hash) in self.log.closed()?.into_iter().filter(|(epoch, _)| *epoch >= first) {
            let (folder, wanted) = (self.folder(epoch), hex::encode(hash));
            ensure!(
                folder.exists(),
                "another node closed epoch {epoch} with bundle {wanted}, which is not at {}: copy it from there",
                folder.display()
            );
            let bundle = Bundle::read(&folder)?;
            ensure!(
                bundle.hash == hash,
                "{} is another bundle ({}) than the one that epoch {epoch} was closed with ({wanted}): replace it by a \
                 copy from the node that closed it",
                folder.display(),
                hex::encode(bundle.hash)
            );
            let closing = bundle.closing()?;
            self.advance(&bundle, closing)?;
        }
        Ok(turn == Turn::Ours)
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
        reached("close.due");
        tracing::debug_span!("seal").in_scope(|| self.log.seal(epoch))?;
        reached("close.sealed");
        let folder = self.folder(epoch);
        let found = self.has_bundle(epoch);
        if !found {
            self.put_bundle(epoch, snapshot)?;
        }
        let bundle = if found { Bundle::read(&folder)? } else { Bundle::open(&folder)? };
        if found {
            self.check_found(epoch, snapshot, &bundle)?;
        }
        self.adopt(&bundle, true)?;
        Ok(Some(bundle))
    }

    /// Computes the bundle of `epoch`, which is not on the disk yet, into its place.
    fn put_bundle(&self, epoch: Epoch, snapshot: &Snapshot) -> Result<()> {
        let mut acknowledged = self.acknowledged(epoch)?;
        reached("close.sorted");
        if self.log.turn() == Turn::Always {
            self.write_bundle(&self.bundle_dir, snapshot, &mut acknowledged)?;
            return Ok(());
        }
        let context = || format!("cannot write in {}, which nodes share", self.bundle_dir.display());
        let root = self.node_folder.take().with_context(context)?;
        let written = self.write_bundle(&root, snapshot, &mut acknowledged)?;
        self.node_folder.publish(&written, &self.folder(epoch)).with_context(context)
    }

    /// Sorts what an epoch is to be closed over.
    pub fn sorter(&self) -> Sorter {
        Sorter::new(&self.bundle_dir)
    }

    /// The bundle of `epoch`, which lies under its final name.
    pub fn bundle(&self, epoch: Epoch) -> Result<Bundle> {
        Ok(Bundle::open(&self.folder(epoch))?)
    }

    /// The bundle of the last closed epoch.
    pub fn previous(&self) -> Result<Option<Bundle>> {
        let last = self.next.get().checked_sub(1);
        last.map(|last| self.bundle(Epoch(last))).transpose()
    }

    /// Computes a bundle of the next epoch below `root`. Nothing is closed by that.
    pub fn compute(&self, root: &Path, snapshot: &Snapshot, mut attestations: Sorted) -> Result<Bundle> {
        std::fs::create_dir_all(root).with_context(|| format!("cannot create {}", root.display()))?;
        Ok(Bundle::open(&self.write_bundle(root, snapshot, &mut attestations)?)?)
    }

    /// Closes the next epoch with `bundle`, which lies under its final name, whoever computed it.
    pub fn adopt(&mut self, bundle: &Bundle, signed: bool) -> Result<()> {
        if signed {
            self.sign(bundle)?;
        }
        reached("close.signed");
        let closing = bundle.closing()?;
        tracing::debug_span!("set_closed").in_scope(|| self.log.set_closed(self.next, &bundle.hash))?;
        reached("close.named");
        self.advance(bundle, closing)
    }

    fn sign(&self, bundle: &Bundle) -> Result<()> {
        let Some(sign) = &self.sign else { return Ok(()) };
        let folder = bundle.folder();
        sign(&bundle.hash)?.write(folder).with_context(|| format!("cannot sign {}", folder.display()))
    }

    /// Everything that was acknowledged for `epoch`, in canonical order, each identical attestation once.
    fn acknowledged(&self, epoch: Epoch) -> Result<Sorted> {
        let mut sorter = self.sorter();
        self.log.for_each_of_epoch(epoch, &mut |record| Ok(sorter.push(record.wire)?))?;
        Ok(sorter.finish()?)
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
        let (mut acknowledged, mut found) = (self.acknowledged(epoch)?, bundle.attestations()?);
        let mut ours = Vec::new().into_iter();
        while let Some(theirs) = found.next_rows()? {
            for signed in theirs {
                if ours.len() == 0 {
                    ours = acknowledged.next_block()?.unwrap_or_default().into_iter();
                }
                ensure!(ours.next() == Some(signed), "{}", not_ours(&shown));
            }
        }
        ensure!(ours.len() == 0 && acknowledged.next_block()?.is_none(), "{}", not_ours(&shown));
        Ok(())
    }

    /// The folder of the next epoch's bundle below `root`.
    #[tracing::instrument(level = "debug", name = "bundle", skip_all)]
    fn write_bundle(&self, root: &Path, snapshot: &Snapshot, attestations: &mut Sorted) -> Result<PathBuf> {
        let epoch = self.next;
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // Read after sealing. What comes later, or while the epoch is computed anew after a crash, the next epoch takes: only
        // the bundle on the disk says which were taken.
        let taken = self.opening.books.next;
        let waiting = |corrections: &Arc<Corrections>| corrections.waiting(taken, snapshot, &self.policy);
        let corrections = self.corrections.as_ref().map(waiting).unwrap_or_default();
        let (policy, opening, corrections) = (&*self.policy, &self.opening, corrections.as_slice());
        let context = EpochContext { epoch, snapshot, policy, opening, corrections, threads };
        let basis = EpochBasis { context, previous_bundle: self.previous_bundle };
        Ok(bundle::write(root, &basis, &mut || Ok(attestations.next_block()?))?)
    }

    /// Goes on after `bundle`, which closes with `closing`.
    fn advance(&mut self, bundle: &Bundle, closing: LedgerState) -> Result<()> {
        self.opening = closing;
        if let Some(corrections) = &self.corrections {
            corrections.set_taken(self.opening.books.next);
        }
        self.pass(Epoch(bundle.manifest.epoch), bundle.hash)
    }

    /// Goes on after `epoch`, whose bundle has this hash.
    fn pass(&mut self, epoch: Epoch, hash: Hash) -> Result<()> {
        self.previous_bundle = Some(hash);
        self.next = epoch.next().context("the last epoch that can be numbered is closed")?;
        Ok(())
    }

    fn folder(&self, epoch: Epoch) -> PathBuf {
        self.bundle_dir.join(bundle::folder_name(epoch))
    }
}

fn not_ours(folder: &impl Display) -> String {
    format!("{folder} does not hold exactly the attestations that were acknowledged: was the data folder replaced?")
}
