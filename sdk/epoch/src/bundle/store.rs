//! Writing a bundle so that it is either wholly there or not at all.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use trellis_core::{Epoch, Hash};
use trellis_fail_point::reached;

use super::{
    Bundle, BundleError, FILES, MANIFEST,
    produce::{BlockSource, EpochBasis, Output, ProduceError, produce},
};

const WRITE_BUFFER_BYTES: usize = 1 << 20;

/// Why a bundle could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot write {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} holds another bundle ({existing}) than this epoch's ({computed}); it is left as it is")]
    Conflict { path: PathBuf, existing: String, computed: String },
    #[error(transparent)]
    Produce(#[from] ProduceError),
    #[error(transparent)]
    Existing(#[from] BundleError),
}

/// Name of an epoch's folder.
pub fn folder_name(epoch: Epoch) -> String {
    format!("epoch-{:08}", epoch.get())
}

/// Closes the epoch of `basis` over `attestations` (see [`produce`]), writes its bundle below `root`, and returns its
/// folder. What is in memory does not grow with the number of attestations.
///
/// Every file is synced, then the folder is renamed into place and its parent synced. A bundle that is there already
/// must be the same one: then it stays.
pub fn write(root: &Path, basis: &EpochBasis<'_>, attestations: &mut BlockSource<'_>) -> Result<PathBuf, StoreError> {
    let name = folder_name(basis.context.epoch);
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
    let folder = root.join(&name);
    let produced = produce(basis, attestations, &mut Folder(partial.clone()))?;
    reached("bundle.written");
    if folder.exists() {
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
        require_same(&folder, produced.hash)?;
        return Ok(folder);
    }
    for file in FILES.into_iter().chain([MANIFEST]) {
        let path = partial.join(file);
        sync(&path).map_err(at(&path))?;
    }
    sync(&partial).map_err(at(&partial))?;
    reached("bundle.synced");
    fs::rename(&partial, &folder).map_err(at(&folder))?;
    reached("bundle.renamed");
    sync(root).map_err(at(root))?;
    reached("bundle.placed");
    Ok(folder)
}

/// Files in a folder.
struct Folder(PathBuf);

impl Output for Folder {
    fn create(&mut self, name: &'static str) -> io::Result<Box<dyn Write + Send>> {
        reached("bundle.file");
        Ok(Box::new(BufWriter::with_capacity(WRITE_BUFFER_BYTES, File::create(self.0.join(name))?)))
    }
}

fn require_same(folder: &Path, computed: Hash) -> Result<(), StoreError> {
    let existing = Bundle::read(folder)?.hash;
    if existing == computed {
        return Ok(());
    }
    let (existing, computed) = (hex::encode(existing), hex::encode(computed));
    Err(StoreError::Conflict { path: folder.to_owned(), existing, computed })
}

/// Waits until a file or a folder is on the disk.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
