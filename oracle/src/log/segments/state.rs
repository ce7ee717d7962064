//! What the log knows beside attestations: whose it is, and which epochs are sealed and closed. A small file that is
//! replaced as a whole.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};
use trellis_core::{Epoch, Hash};

use super::disk;
use crate::log::LogError;

pub const FILE: &str = "state.json";
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub vault: [u8; 32],
    /// The first epoch that still takes attestations.
    pub open_from: Epoch,
    /// Closed epochs, with their bundles' hashes.
    pub closed: BTreeMap<Epoch, Hash>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    version: u32,
    #[serde(with = "hex")]
    vault: [u8; 32],
    open_from: u64,
    closed: Vec<ClosedFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedFile {
    epoch: u64,
    #[serde(with = "hex")]
    bundle: Hash,
}

impl State {
    pub fn new(vault: [u8; 32]) -> Self {
        Self { vault, open_from: Epoch(0), closed: BTreeMap::new() }
    }

    /// Reads the state in `folder`; `None` if there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, LogError> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(disk::error("read", &path))?,
        };
        let unreadable = |detail: String| LogError::StateUnreadable { path: path.display().to_string(), detail };
        let file: StateFile = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if file.version != VERSION {
            return Err(unreadable(format!("its version is {}, this program knows {VERSION}", file.version)));
        }
        let closed = file.closed.into_iter().map(|row| (Epoch(row.epoch), row.bundle)).collect();
        Ok(Some(Self { vault: file.vault, open_from: Epoch(file.open_from), closed }))
    }

    /// Replaces the state in `folder`.
    pub fn write(&self, folder: &Path) -> Result<(), LogError> {
        let closed = self.closed.iter().map(|(epoch, bundle)| ClosedFile { epoch: epoch.get(), bundle: *bundle });
        let file = StateFile {
            version: VERSION,
            vault: self.vault,
            open_from: self.open_from.get(),
            closed: closed.collect(),
        };
        let path = folder.join(FILE);
        let mut text =
            serde_json::to_vec_pretty(&file).map_err(|error| disk::error("write", &path)(io::Error::other(error)))?;
        text.push(b'\n');
        disk::replace(&path, &text)
    }
}
