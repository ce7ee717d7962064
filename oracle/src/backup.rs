//! A copy of everything that an oracle cannot get back from elsewhere: its log, and its bundles. To restore it, start an
//! oracle on the copy.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use trellis_core::Epoch;
use trellis_epoch::bundle::folder_name;

use crate::{
    bundles::book,
    chain_view::Target,
    log::{Log, LogError, LogStore},
    settings::{LogKind, Settings},
};

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub attestations: u64,
    pub epochs: usize,
}

/// Copies the log and the bundles of all closed epochs, but for those that were deleted here, into `to`, which must not be there yet: it appears under its name
/// when everything in it is on the disk. The oracle must be stopped; the log is held meanwhile, so that none can start.
pub fn backup(settings: &Settings, to: &Path) -> Result<Copied> {
    ensure!(!to.exists(), "{} is there already: name a folder that is not", to.display());
    ensure!(
        settings.log == LogKind::Embedded,
        "the log is on JetStream: copy it with `nats account backup`, and then the bundle folder {}",
        settings.bundle_dir.display()
    );
    let target = Target::new(settings.network_address()?, settings.vault_address()?);
    ensure!(
        LogStore::exists(&settings.data_dir),
        "there is no log in {}: is this the right settings file?",
        settings.data_dir.display()
    );
    let store = match LogStore::open(&settings.data_dir, &target.vault.to_bytes()) {
        Err(LogError::InUse { .. }) => bail!("the oracle is running: stop it, copy, and start it again"),
        opened => opened?,
    };
    let unfinished = to.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(|| format!("cannot remove {}", unfinished.display()))?;
    }
    // The log before the bundles: what it names closed has its bundle on the disk. A bundle that it does not name yet is
    // left out: it might hold more than this copy of the log, and would then not be taken.
    let kept_from = book::read(&settings.data_dir)?.kept_from;
    let closed = store.closed()?.into_iter().map(|(epoch, _)| epoch);
    let epochs: Vec<Epoch> = closed.filter(|epoch| epoch.get() >= kept_from).collect();
    copy_folder(&settings.data_dir, &unfinished.join("data"))?;
    let bundles = unfinished.join("bundles");
    make_folder(&bundles)?;
    for epoch in &epochs {
        let name = folder_name(*epoch);
        copy_folder(&settings.bundle_dir.join(&name), &bundles.join(&name))?;
    }
    sync(&bundles)?;
    sync(&unfinished)?;
    fs::rename(&unfinished, to).with_context(|| format!("cannot rename {}", unfinished.display()))?;
    sync(to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    Ok(Copied { attestations: store.len()?, epochs: epochs.len() })
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    make_folder(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name() else { continue };
        let copy = to.join(name);
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).with_context(|| format!("cannot copy {} to {}", path.display(), copy.display()))?;
            sync(&copy)?;
        }
    }
    sync(to)
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))
}

fn sync(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.with_context(|| format!("cannot bring {} to the disk", path.display()))
}
