//! The data folder: who holds it, and the epochs in it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use trellis_core::Epoch;

use super::disk;
use crate::log::LogError;

const LOCK: &str = "lock";
const EPOCH: &str = "epoch-";
/// What an epoch's folder is called while it is removed.
const FORGOTTEN: &str = "forgotten-";
/// What earlier versions kept the log in.
const OLD_LOG: &str = "log.redb";

/// Where an epoch's segments are.
pub fn of_epoch(folder: &Path, epoch: Epoch) -> PathBuf {
    folder.join(format!("{EPOCH}{:08}", epoch.get()))
}

/// Removes an epoch's folder. It has another name before it goes, so that half of it is never taken for an epoch.
pub fn remove_epoch(folder: &Path, epoch: Epoch) -> Result<(), LogError> {
    let (found, forgotten) = (of_epoch(folder, epoch), folder.join(format!("{FORGOTTEN}{:08}", epoch.get())));
    fs::rename(&found, &forgotten).map_err(disk::error("rename", &found))?;
    disk::sync(folder)?;
    fs::remove_dir_all(&forgotten).map_err(disk::error("remove", &forgotten))
}

/// Does an earlier version's log lie there?
pub fn is_old(folder: &Path) -> bool {
    folder.join(OLD_LOG).exists()
}

/// The log is one process's for as long as this lives.
pub struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started holds a copy of it until it runs its own program.
        let _ = self.0.unlock();
    }
}

pub fn lock(folder: &Path) -> Result<FolderLock, LogError> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(disk::error("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => Err(LogError::InUse { path: folder.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(disk::error("lock", &path)(error)),
    }
}

/// The epochs that have a folder. Removes what a crash left of forgotten ones.
pub fn epochs_in(folder: &Path) -> Result<Vec<Epoch>, LogError> {
    let mut epochs = Vec::new();
    for entry in fs::read_dir(folder).map_err(disk::error("read", folder))? {
        let path = entry.map_err(disk::error("read", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(FORGOTTEN) {
            fs::remove_dir_all(&path).map_err(disk::error("remove", &path))?;
        } else if let Some(number) = name.strip_prefix(EPOCH).and_then(|number| number.parse().ok()) {
            epochs.push(Epoch(number));
        }
    }
    Ok(epochs)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lock_that_is_dropped_is_free_though_a_copy_of_its_file_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(LogError::InUse { .. })));
        // As a child process has it between its start and its own program.
        let _copy = held.0.try_clone().unwrap();
        drop(held);
        assert!(lock(folder.path()).is_ok());
    }
}
