//! The log as a whole: all epochs, and who may write.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::JoinHandle,
};

use trellis_core::{DeviceKey, Epoch, Hash};

use super::{
    active::WriteFault,
    disk,
    epoch_log::{EpochLog, Place, SEGMENT_BYTES},
    folder,
    lookup::DeviceRecords,
    segment::{Next, SegmentReader, damaged},
    shared::Shared,
    state::{self, State},
};
use crate::log::{Appended, ClosedRow, Limit, Log, LogError, LogRecord, NewRecord, Visitor};

/// The log's files. Readers see what is on the disk and do not wait for what is being written.
pub struct LogStore {
    folder: PathBuf,
    vault: [u8; 32],
    segment_bytes: u32,
    /// Held by whoever changes anything on the disk. False once nobody knows what is there.
    usable: Mutex<bool>,
    shared: RwLock<Shared>,
    /// The last to go: until then, nobody else opens the log.
    _lock: folder::FolderLock,
}

impl LogStore {
    /// Opens or creates the log of `vault` in `folder`.
    pub fn open(folder: &Path, vault: &[u8; 32]) -> Result<Self, LogError> {
        Self::open_with(folder, vault, SEGMENT_BYTES)
    }

    /// Is there a log in `folder`?
    pub fn exists(folder: &Path) -> bool {
        folder.join(state::FILE).exists()
    }

    /// [`Self::open`], with segments of about `segment_bytes`.
    pub fn open_with(folder: &Path, vault: &[u8; 32], segment_bytes: u32) -> Result<Self, LogError> {
        disk::make_folder(folder)?;
        let lock = folder::lock(folder)?;
        let path = folder.display().to_string();
        if folder::is_old(folder) {
            return Err(LogError::OldFormat { path });
        }
        let epochs = folder::epochs_in(folder)?;
        let state = match State::read(folder)? {
            Some(state) if state.vault != *vault => {
                return Err(LogError::OtherVault { path, found: hex::encode(state.vault) });
            }
            Some(state) => state,
            None if epochs.is_empty() => {
                let state = State::new(*vault);
                state.write(folder)?;
                state
            }
            None => return Err(LogError::StateMissing { path }),
        };
        let shared = RwLock::new(Shared { state, epochs: BTreeMap::new() });
        let folder = folder.to_owned();
        let store = Self { folder, vault: *vault, segment_bytes, usable: Mutex::new(true), shared, _lock: lock };
        {
            let mut shared = store.write()?;
            for epoch in epochs {
                let log = EpochLog::open(store.place(epoch), shared.state.closed.contains_key(&epoch))?;
                shared.epochs.insert(epoch, log);
            }
        }
        Ok(store)
    }

    /// Appends all records and returns once they are on the disk. After an error, none of them was acknowledged; those that
    /// are on the disk all the same are found when they are sent again.
    pub fn append<'r>(&self, records: impl IntoIterator<Item = &'r NewRecord>) -> Result<Vec<Appended>, LogError> {
        let mut usable = self.begin()?;
        match self.stage_and_write(records) {
            Ok(appended) => Ok(appended),
            Err(WriteFault::NotSynced(error)) => {
                *usable = false;
                Err(error)
            }
            Err(WriteFault::NotWritten(error)) => {
                // A full disk, say. What was staged is taken back by reading the disk again.
                *usable = self.reopen_staged().is_ok();
                Err(error)
            }
        }
    }

    /// False after an error that left it unknown what is on the disk: then the log must be opened anew.
    pub fn is_usable(&self) -> bool {
        self.usable.lock().is_ok_and(|usable| *usable)
    }

    fn stage_and_write<'r>(
        &self,
        records: impl IntoIterator<Item = &'r NewRecord>,
    ) -> Result<Vec<Appended>, WriteFault> {
        let (appended, writes) = {
            let mut shared = self.write()?;
            let stage = |record| shared.stage(record, |epoch| self.place(epoch));
            let appended = records.into_iter().map(stage).collect::<Result<Vec<_>, LogError>>()?;
            (appended, shared.take_staged())
        };
        for (_, write) in &writes {
            write.run()?;
        }
        let mut shared = self.write()?;
        for (epoch, write) in writes {
            if let Some(log) = shared.epochs.get_mut(&epoch) {
                log.written(write);
            }
        }
        Ok(appended)
    }

    fn reopen_staged(&self) -> Result<(), LogError> {
        let mut shared = self.write()?;
        for log in shared.epochs.values_mut().filter(|log| log.is_staged()) {
            // An index that is being written is not to be written twice.
            log.settle();
            *log = EpochLog::open(log.place().clone(), false)?;
        }
        Ok(())
    }

    fn place(&self, epoch: Epoch) -> Place {
        let folder = folder::of_epoch(&self.folder, epoch);
        Place { folder, vault: self.vault, epoch, segment_bytes: self.segment_bytes }
    }

    /// To be held while something on the disk is changed.
    fn begin(&self) -> Result<MutexGuard<'_, bool>, LogError> {
        self.usable.lock().ok().filter(|usable| **usable).ok_or(LogError::Unusable)
    }

    /// Changes the state on the disk, then in memory.
    fn change_state(&self, change: impl FnOnce(&mut State)) -> Result<(), LogError> {
        let mut state = self.read()?.state.clone();
        change(&mut state);
        state.write(&self.folder)?;
        self.write()?.state = state;
        Ok(())
    }

    fn read(&self) -> Result<RwLockReadGuard<'_, Shared>, LogError> {
        // Whoever panicked while holding the lock may have left anything behind.
        self.shared.read().map_err(|_| LogError::Unusable)
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Shared>, LogError> {
        self.shared.write().map_err(|_| LogError::Unusable)
    }
}

impl Log for LogStore {
    fn seal(&self, epoch: Epoch) -> Result<(), LogError> {
        let _held = self.begin()?;
        let next = Epoch(epoch.get().saturating_add(1));
        if next <= self.read()?.state.open_from {
            return Ok(());
        }
        self.change_state(|state| state.open_from = next)
    }

    fn open_from(&self) -> Result<Epoch, LogError> {
        Ok(self.read()?.state.open_from)
    }

    fn set_closed(&self, epoch: Epoch, bundle_hash: &Hash) -> Result<(), LogError> {
        let held = self.begin()?;
        self.change_state(|state| {
            state.closed.insert(epoch, *bundle_hash);
        })?;
        let indexing = self.write()?.epochs.get_mut(&epoch).and_then(EpochLog::close);
        drop(held);
        // Nobody else waits for it.
        let written = indexing.map(JoinHandle::join);
        if let (Some(written), Some(log)) = (written, self.write()?.epochs.get_mut(&epoch)) {
            log.indexed(written);
        }
        Ok(())
    }

    fn closed(&self) -> Result<Vec<ClosedRow>, LogError> {
        Ok(self.read()?.state.closed.iter().map(|(epoch, hash)| (*epoch, *hash)).collect())
    }

    fn for_each_of_epoch(&self, epoch: Epoch, visit: &mut Visitor<'_>) -> anyhow::Result<()> {
        let parts = self.read()?.epochs.get(&epoch).map(EpochLog::parts).unwrap_or_default();
        for part in parts {
            let mut reader = SegmentReader::open(&part.path, &self.vault, epoch, Some(part.bytes))?;
            let mut position = part.first_position;
            loop {
                match reader.next_group()? {
                    Next::Group(frames) => {
                        for (_, frame) in frames {
                            let (received_unix, wire) = (frame.received_unix, frame.wire);
                            visit(LogRecord { epoch, position, received_unix, wire })?;
                            position += 1;
                        }
                    }
                    Next::End if position - part.first_position == u64::from(part.records) => break,
                    Next::End => return Err(damaged(&part.path, part.bytes).into()),
                    Next::Broken { offset } => return Err(damaged(&part.path, offset).into()),
                }
            }
        }
        Ok(())
    }

    fn of_device(
        &self,
        device: &DeviceKey,
        sequences: RangeInclusive<u64>,
        limit: Limit,
    ) -> Result<Vec<LogRecord>, LogError> {
        let mut records = DeviceRecords::new(device, sequences, limit);
        self.read()?.epochs.iter().for_each(|(epoch, log)| records.look_in(*epoch, log));
        records.read()
    }

    fn len(&self) -> Result<u64, LogError> {
        Ok(self.read()?.epochs.values().map(EpochLog::records).sum())
    }

    fn forget(&self, epoch: Epoch) -> Result<(), LogError> {
        let _held = self.begin()?;
        let mut shared = self.write()?;
        if !shared.state.closed.contains_key(&epoch) {
            return Err(LogError::NotClosed { epoch });
        }
        if shared.epochs.remove(&epoch).is_none() {
            return Ok(());
        }
        drop(shared);
        folder::remove_epoch(&self.folder, epoch)
    }
}
