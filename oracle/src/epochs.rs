//! Closed epochs, read back from their bundles for the API.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use trellis_core::{Amount, Epoch, Hash, leaf::RewardLeaf, merkle::Tree};
use trellis_epoch::{
    admission::AttestationId,
    bundle::{self, Bundle, Manifest, OperatorLine, VerdictRow},
};

/// A closed epoch, ready to answer: the tree is built once.
pub struct EpochView {
    pub manifest: Manifest,
    pub bundle_hash: Hash,
    pub operators: Vec<OperatorLine>,
    verdicts: HashMap<AttestationId, VerdictRow>,
    tree: Tree,
}

impl EpochView {
    fn read(folder: &std::path::Path) -> Result<Self> {
        let bundle = Bundle::read(folder)?;
        let operators = bundle.operators()?;
        let leaves = operators.iter().map(|line| {
            let leaf = RewardLeaf {
                vault: bundle.manifest.vault,
                operator_index: line.index,
                payout_wallet: line.payout_wallet,
                cumulative: Amount(line.cumulative),
            };
            leaf.hash()
        });
        let tree = Tree::new(leaves.collect());
        let verdicts = bundle.verdicts()?.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { bundle_hash: bundle.hash, manifest: bundle.manifest, operators, verdicts, tree })
    }

    pub fn verdict(&self, id: &AttestationId) -> Option<&VerdictRow> {
        self.verdicts.get(id)
    }

    pub fn verdict_count(&self) -> usize {
        self.verdicts.len()
    }

    /// The operator's line and its inclusion proof.
    pub fn proof(&self, operator_index: u32) -> Option<(&OperatorLine, Vec<Hash>)> {
        let line = self.operators.get(operator_index as usize)?;
        Some((line, self.tree.proof(u64::from(operator_index))?))
    }
}

/// Views of closed epochs; the last used few stay in memory.
pub struct Epochs {
    bundle_dir: PathBuf,
    /// The last used at the back.
    cache: Mutex<VecDeque<(Epoch, Arc<EpochView>)>>,
}

/// Views kept in memory.
const CACHED: usize = 8;

impl Epochs {
    pub fn new(bundle_dir: PathBuf) -> Self {
        Self { bundle_dir, cache: Mutex::default() }
    }

    /// The view of `epoch`, which must be closed. Reads the disk unless it is cached: call it off the async threads.
    pub fn view(&self, epoch: Epoch) -> Result<Arc<EpochView>> {
        if let Some(view) = self.cached(epoch) {
            return Ok(view);
        }
        let folder = self.bundle_dir.join(bundle::folder_name(epoch));
        let view = Arc::new(EpochView::read(&folder).with_context(|| format!("the bundle of epoch {epoch}"))?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.push_back((epoch, Arc::clone(&view)));
        while cache.len() > CACHED {
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
