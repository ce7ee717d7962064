//! The two banks as files in a folder.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{Bank, ERASED, Storage, WRITE_BYTES};

/// Why the files cannot be used.
#[derive(Debug)]
pub enum FileStorageError {
    /// Reading or writing failed: `doing` and the file say what.
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// Another process has the folder open.
    InUse { path: PathBuf },
    /// A bank must have room for something, and its size be a multiple of [`WRITE_BYTES`].
    BankSize { bytes: u32 },
}

impl core::fmt::Display for FileStorageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
            Self::InUse { path } => {
                let folder = path.parent().unwrap_or(path).display();
                write!(f, "another process uses the queue in {folder}: one device runs once")
            }
            Self::BankSize { bytes } => {
                write!(f, "a bank of {bytes} bytes: a multiple of {WRITE_BYTES} from {MIN_BANK_BYTES} on is wanted")
            }
        }
    }
}

impl core::error::Error for FileStorageError {}

/// Room for a few of the longest attestations.
const MIN_BANK_BYTES: u32 = 8_192;

/// Two files, `a.bank` and `b.bank`, and a lock that one process holds.
#[derive(Debug)]
pub struct FileStorage {
    bank_bytes: u32,
    banks: [(PathBuf, File); 2],
    lock: File,
}

impl Drop for FileStorage {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started holds a copy of it until it runs its own program.
        let _ = self.lock.unlock();
    }
}

impl FileStorage {
    /// Opens the files in `folder`, which is created if it is not there.
    pub fn open(folder: &Path, bank_bytes: u32) -> Result<Self, FileStorageError> {
        if bank_bytes < MIN_BANK_BYTES || !(bank_bytes as usize).is_multiple_of(WRITE_BYTES) {
            return Err(FileStorageError::BankSize { bytes: bank_bytes });
        }
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        let lock = open(&folder.join("lock"))?;
        match lock.1.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FileStorageError::InUse { path: lock.0 }),
            Err(TryLockError::Error(source)) => {
                return Err(FileStorageError::Io { doing: "lock", path: lock.0, source });
            }
        }
        let banks = [open(&folder.join("a.bank"))?, open(&folder.join("b.bank"))?];
        // The files' names are there after a power loss too.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync", folder))?;
        Ok(Self { bank_bytes, banks, lock: lock.1 })
    }

    fn bank(&self, bank: Bank) -> &(PathBuf, File) {
        let [a, b] = &self.banks;
        match bank {
            Bank::A => a,
            Bank::B => b,
        }
    }
}

fn open(path: &Path) -> Result<(PathBuf, File), FileStorageError> {
    let mut options = File::options();
    // What lies there is the device's own business.
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    Ok((path.to_owned(), options.open(path).map_err(failed("open", path))?))
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> FileStorageError {
    move |source| FileStorageError::Io { doing, path: path.to_owned(), source }
}

impl Storage for FileStorage {
    type Error = FileStorageError;

    fn bank_bytes(&self) -> u32 {
        self.bank_bytes
    }

    fn written_bytes(&mut self, bank: Bank) -> Result<u32, FileStorageError> {
        let (path, file) = self.bank(bank);
        let bytes = file.metadata().map_err(failed("look at", path))?.len();
        // A power loss can leave a file that does not end where a record does.
        let bytes = bytes.next_multiple_of(WRITE_BYTES as u64);
        Ok(u32::try_from(bytes).unwrap_or(u32::MAX).min(self.bank_bytes))
    }

    fn read(&mut self, bank: Bank, offset: u32, into: &mut [u8]) -> Result<(), FileStorageError> {
        let (path, file) = self.bank(bank);
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, u64::from(offset) + filled as u64) {
                Ok(0) => {
                    rest.fill(ERASED);
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("read", path)(error)),
            }
        }
        Ok(())
    }

    fn append(&mut self, bank: Bank, offset: u32, bytes: &[u8]) -> Result<(), FileStorageError> {
        let (path, file) = self.bank(bank);
        file.write_all_at(bytes, offset.into()).map_err(failed("write to", path))
    }

    fn sync(&mut self, bank: Bank) -> Result<(), FileStorageError> {
        let (path, file) = self.bank(bank);
        file.sync_data().map_err(failed("sync", path))
    }

    fn erase(&mut self, bank: Bank) -> Result<(), FileStorageError> {
        let (path, file) = self.bank(bank);
        file.set_len(0).and_then(|()| file.sync_all()).map_err(failed("erase", path))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn folder_of_a_dropped_queue_is_free_though_a_copy_of_its_lock_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let first = FileStorage::open(folder.path(), MIN_BANK_BYTES).unwrap();
        assert!(matches!(FileStorage::open(folder.path(), MIN_BANK_BYTES), Err(FileStorageError::InUse { .. })));
        // As a child process has it between its start and its own program.
        let _copy = first.lock.try_clone().unwrap();
        drop(first);
        assert!(FileStorage::open(folder.path(), MIN_BANK_BYTES).is_ok());
    }
}
