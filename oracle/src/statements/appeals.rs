//! Appeals that operators handed in against findings: kept, and shown to everybody. The network's authority decides; an
//! upheld one is a credit that names the finding.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use trellis_core::{DeviceKey, Epoch, Hash};
use trellis_epoch::encoding::device_key;

use super::files::{FilesError, NumberedFiles};

/// What an operator hands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAppeal {
    /// The epoch and the device that the finding is about.
    pub epoch: u64,
    #[serde(with = "device_key")]
    pub device: DeviceKey,
    /// The finding's hash.
    #[serde(with = "hex")]
    pub finding: Hash,
    /// Hash of the statement.
    #[serde(with = "hex")]
    pub statement: Hash,
    /// The operator's wallet's ed25519, over [`Appeal`](trellis_core::appeal::Appeal)'s signing bytes.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// An appeal that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredAppeal {
    pub appeal: NewAppeal,
    /// The operator that the finding meets.
    pub operator_index: u32,
    pub received_unix: i64,
}

/// All appeals that this oracle keeps, in order of arrival: one for a finding. Only findings' own operators can hand one
/// in, so there are never more than findings.
#[derive(Debug)]
pub struct Appeals {
    files: NumberedFiles,
    kept: Mutex<Vec<StoredAppeal>>,
}

impl Appeals {
    /// Reads what is kept in `data_dir`.
    pub fn open(data_dir: &Path) -> Result<Self, FilesError> {
        let files = NumberedFiles::open(data_dir.join("appeals"))?;
        let kept = files.read()?.into_iter().map(|(_, appeal)| appeal).collect();
        Ok(Self { files, kept: Mutex::new(kept) })
    }

    /// Keeps an appeal that was checked: on the disk, when this returns. `None` if it is kept; else the one that stands
    /// against the same finding already. Waits for the disk.
    pub fn keep(&self, appeal: StoredAppeal) -> Result<Option<StoredAppeal>, FilesError> {
        let mut kept = self.kept();
        if let Some(before) = kept.iter().find(|before| before.appeal.finding == appeal.appeal.finding) {
            return Ok(Some(before.clone()));
        }
        self.files.write(kept.len() as u64, &appeal)?;
        kept.push(appeal);
        Ok(None)
    }

    /// The appeal against `finding`.
    pub fn against(&self, finding: &Hash) -> Option<StoredAppeal> {
        self.kept().iter().find(|kept| kept.appeal.finding == *finding).cloned()
    }

    /// At most `limit`, from the `from`th on, in order of arrival.
    pub fn list(&self, from: usize, limit: usize) -> Vec<StoredAppeal> {
        self.kept().iter().skip(from).take(limit).cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<StoredAppeal>> {
        // Whatever panicked while holding the lock, what it holds is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
