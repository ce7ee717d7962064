//! Closed epochs, read back from their bundles for the API: only as much of a bundle as an answer needs.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::{
    bundle::{self, Bundle, OperatorLine, Proofs, VerdictRow},
    fraud::Finding,
};

use crate::bundles::Book;

/// A closed epoch's manifest and proofs.
pub struct EpochView {
    pub bundle: Bundle,
    pub proofs: Proofs,
}

/// A closed epoch in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub attestations: u64,
    pub accepted: u64,
    /// Of all operators.
    pub points: u128,
    pub emission: u64,
    pub distributed: u64,
    pub carry: u64,
}

/// Closed epochs; the proofs of the last used few stay in memory.
pub struct Epochs {
    bundle_dir: PathBuf,
    /// Which bundles were deleted; `None`: none were.
    book: Option<Book>,
    /// The last used at the back.
    cache: Mutex<VecDeque<(Epoch, Arc<EpochView>)>>,
    summaries: Mutex<BTreeMap<Epoch, Summary>>,
}

/// Epochs whose proofs are kept in memory, and operators in all of them: 160 bytes each.
const CACHED: usize = 8;
const CACHED_OPERATORS: usize = 2_000_000;
/// Epochs whose summaries are kept in memory: 100 bytes each.
const CACHED_SUMMARIES: usize = 10_000;

impl Epochs {
    pub fn new(bundle_dir: PathBuf) -> Self {
        Self { bundle_dir, book: None, cache: Mutex::default(), summaries: Mutex::default() }
    }

    /// Asks `book` for what is not here.
    pub fn with_book(self, book: Book) -> Self {
        Self { book: Some(book), ..self }
    }

    /// Which bundles are copied and deleted, if anybody keeps a book of it.
    pub fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// The bundle of `epoch`, which must be closed; reads its manifest alone. The error is [`Gone`](crate::bundles::Gone) if
    /// it was deleted here.
    pub fn bundle(&self, epoch: Epoch) -> Result<Bundle> {
        let folder = self.bundle_dir.join(bundle::folder_name(epoch));
        Bundle::open(&folder).map_err(|error| self.gone(epoch, error.into()))
    }

    /// Why something of the bundle of `epoch` could not be read: it was deleted, or else `error`.
    fn gone(&self, epoch: Epoch, error: anyhow::Error) -> anyhow::Error {
        match self.book.as_ref().and_then(|book| book.gone(epoch)) {
            Some(gone) => gone.into(),
            None => error.context(format!("the bundle of epoch {epoch}")),
        }
    }

    /// What became of `device`'s attestations in `epoch`, which must be closed. Reads the part of the bundle that may
    /// hold them.
    pub fn verdicts_of(&self, epoch: Epoch, device: &DeviceKey) -> Result<Vec<VerdictRow>> {
        // It may be deleted while it is read.
        self.bundle(epoch)?.verdicts_of(device).map_err(|error| self.gone(epoch, error.into()))
    }

    /// Findings about `device` in `epoch`, which must be closed, and the device's operator then, if it was registered.
    pub fn findings_of(&self, epoch: Epoch, device: &DeviceKey) -> Result<(Vec<Finding>, Option<u32>)> {
        self.bundle(epoch)?.findings_of(device).map_err(|error| self.gone(epoch, error.into()))
    }

    /// The numbers of `epoch`, which must be closed. Reads the bundle's operators the first time.
    pub fn summary(&self, epoch: Epoch) -> Result<Summary> {
        let known = self.summaries.lock().unwrap_or_else(PoisonError::into_inner).get(&epoch).copied();
        if let Some(summary) = known {
            return Ok(summary);
        }
        let bundle = self.bundle(epoch)?;
        let mut points = 0;
        self.each_line(epoch, &bundle, |lines| {
            points += lines.iter().map(|line| u128::from(line.points)).sum::<u128>();
            true
        })?;
        let manifest = &bundle.manifest;
        let summary = Summary {
            attestations: manifest.attestations,
            accepted: manifest.accepted,
            points,
            emission: manifest.emission,
            distributed: manifest.distributed,
            carry: manifest.carry,
        };
        let mut summaries = self.summaries.lock().unwrap_or_else(PoisonError::into_inner);
        summaries.insert(epoch, summary);
        if summaries.len() > CACHED_SUMMARIES {
            summaries.pop_first();
        }
        Ok(summary)
    }

    /// The operator's row of `epoch`, which must be closed; `None` if the epoch has no such operator.
    pub fn line(&self, epoch: Epoch, operator_index: u32) -> Result<Option<OperatorLine>> {
        if let Some(view) = self.cached(epoch) {
            return Ok(view.proofs.line(operator_index).cloned());
        }
        let bundle = self.bundle(epoch)?;
        let (mut rest, mut found) = (operator_index as usize, None);
        self.each_line(epoch, &bundle, |lines| {
            found = lines.get(rest).cloned();
            rest = rest.saturating_sub(lines.len());
            found.is_none()
        })?;
        Ok(found)
    }

    /// Gives the bundle's operators, some thousands at a time, to `take` for as long as it wants more.
    fn each_line(&self, epoch: Epoch, bundle: &Bundle, mut take: impl FnMut(&[OperatorLine]) -> bool) -> Result<()> {
        // It may be deleted while it is read.
        let gone = |error: bundle::BundleError| self.gone(epoch, error.into());
        let mut rows = bundle.operators().map_err(gone)?;
        while let Some(lines) = rows.next_rows().map_err(gone)? {
            if !take(&lines) {
                break;
            }
        }
        Ok(())
    }

    /// The proofs of `epoch`, which must be closed. Reads the bundle's operators unless they are cached: call it off the
    /// async threads.
    pub fn view(&self, epoch: Epoch) -> Result<Arc<EpochView>> {
        if let Some(view) = self.cached(epoch) {
            return Ok(view);
        }
        let bundle = self.bundle(epoch)?;
        let proofs = Proofs::read(&bundle).map_err(|error| self.gone(epoch, error.into()))?;
        let view = Arc::new(EpochView { bundle, proofs });
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request may have read it meanwhile.
        cache.retain(|(cached, _)| *cached != epoch);
        cache.push_back((epoch, Arc::clone(&view)));
        let operators = |cache: &VecDeque<(Epoch, Arc<EpochView>)>| -> usize {
            cache.iter().map(|(_, view)| view.proofs.len()).sum()
        };
        while cache.len() > 1 && (cache.len() > CACHED || operators(&cache) > CACHED_OPERATORS) {
            cache.pop_front();
        }
        Ok(view)
    }

    fn cached(&self, epoch: Epoch) -> Option<Arc<EpochView>> {
        // Whatever panicked while holding the lock, the queue holds whole views only.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let found = cache.iter().position(|(cached, _)| *cached == epoch)?;
        let used = cache.remove(found)?;
        let view = Arc::clone(&used.1);
        cache.push_back(used);
        Some(view)
    }
}
