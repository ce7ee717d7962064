//! Writing a bundle so that it is either wholly there or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use trellis_core::{Epoch, Hash};

use super::{Bundle, BundleError, encode::EncodedBundle};

/// Why a bundle could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot write {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} holds another bundle ({existing}) than this epoch's ({computed}); it is left as it is")]
    Conflict { path: PathBuf, existing: String, computed: String },
    #[error(transparent)]
    Existing(#[from] BundleError),
}

/// Name of an epoch's folder.
pub fn folder_name(epoch: Epoch) -> String {
    format!("epoch-{:08}", epoch.get())
}

/// Writes the bundle below `root` and returns its folder.
///
/// Every file is synced, then the folder is renamed into place and its parent synced. A bundle that is there already
/// must be the same one: then nothing is written.
pub fn write(root: &Path, bundle: &EncodedBundle) -> Result<PathBuf, StoreError> {
    let name = folder_name(Epoch(bundle.manifest.epoch));
    let folder = root.join(&name);
    if folder.exists() {
        require_same(&folder, bundle.hash)?;
        return Ok(folder);
    }
    let partial = root.join(format!(".{name}.partial"));
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    };
    if partial.exists() {
        // Left by a process that died while writing.
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    fs::create_dir_all(&partial).map_err(at(&partial))?;
    for (file_name, bytes) in &bundle.files {
        let path = partial.join(file_name);
        write_synced(&path, bytes).map_err(at(&path))?;
    }
    sync_folder(&partial).map_err(at(&partial))?;
    fs::rename(&partial, &folder).map_err(at(&folder))?;
    sync_folder(root).map_err(at(root))?;
    Ok(folder)
}

fn require_same(folder: &Path, computed: Hash) -> Result<(), StoreError> {
    let existing = Bundle::read(folder)?.hash;
    if existing == computed {
        return Ok(());
    }
    let (existing, computed) = (hex::encode(existing), hex::encode(computed));
    Err(StoreError::Conflict { path: folder.to_owned(), existing, computed })
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
