//! Tables of the log.

use std::path::Path;

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use trellis_core::{DeviceKey, Epoch, Hash};
use trellis_epoch::admission::AttestationId;
use trellis_fail_point::reached;

use super::{Appended, NewRecord};

/// position → (received unix, id, wire bytes).
const RECORDS: TableDefinition<u64, (i64, &[u8; 32], &[u8])> = TableDefinition::new("records");
/// (device, sequence) → position.
const BY_DEVICE: TableDefinition<(&[u8; 34], u64), u64> = TableDefinition::new("by_device");
/// (epoch, position).
const BY_EPOCH: TableDefinition<(u64, u64), ()> = TableDefinition::new("by_epoch");
/// epoch → hash of its bundle; present once the bundle is on the disk.
const CLOSED: TableDefinition<u64, &[u8; 32]> = TableDefinition::new("closed");
/// Single values.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// First epoch that still takes attestations, u64 LE.
const OPEN_FROM: &str = "open_from";
/// The vault that this log belongs to.
const VAULT: &str = "vault";

/// A closed epoch and its bundle.
pub type ClosedRow = (Epoch, Hash);

/// One attestation of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    pub position: u64,
    pub received_unix: i64,
    pub id: AttestationId,
    pub wire: Vec<u8>,
}

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("another process has the log {path} open: one oracle, one data folder")]
    InUse { path: String },
    #[error("the log {path} belongs to another vault ({found}): give this oracle a data folder of its own")]
    OtherVault { path: String, found: String },
    #[error("the log on the disk: {0}")]
    Storage(Box<redb::Error>),
}

impl<E: Into<redb::Error>> From<E> for LogError {
    fn from(error: E) -> Self {
        Self::Storage(Box::new(error.into()))
    }
}

/// The log's database. Readers see the last committed state and never block the writer.
pub struct LogStore {
    db: Database,
}

impl LogStore {
    /// Opens or creates the log of `vault` at `path`.
    pub fn open(path: &Path, vault: &[u8; 32]) -> Result<Self, LogError> {
        let shown = path.display().to_string();
        let db = match Database::create(path) {
            Err(DatabaseError::DatabaseAlreadyOpen) => return Err(LogError::InUse { path: shown }),
            other => other?,
        };
        let transaction = db.begin_write()?;
        {
            transaction.open_table(RECORDS)?;
            transaction.open_table(BY_DEVICE)?;
            transaction.open_table(BY_EPOCH)?;
            transaction.open_table(CLOSED)?;
            let mut meta = transaction.open_table(META)?;
            let found = meta.get(VAULT)?.map(|value| value.value().to_vec());
            match found {
                Some(found) if found != vault => {
                    return Err(LogError::OtherVault { path: shown, found: hex::encode(found) });
                }
                Some(_) => {}
                None => {
                    meta.insert(VAULT, vault.as_slice())?;
                }
            }
        }
        transaction.commit()?;
        Ok(Self { db })
    }

    /// Appends all records in one transaction and returns once it is on the disk.
    pub fn append(&self, records: &[NewRecord]) -> Result<Vec<Appended>, LogError> {
        let transaction = self.db.begin_write()?;
        let appended = append_all(&transaction, records)?;
        reached("log.written");
        transaction.commit()?;
        Ok(appended)
    }

    /// From here on, `epoch` and all before it take no more attestations.
    pub fn seal(&self, epoch: Epoch) -> Result<(), LogError> {
        let transaction = self.db.begin_write()?;
        {
            let mut meta = transaction.open_table(META)?;
            let open_from = epoch.get().saturating_add(1).max(open_from(&meta)?);
            meta.insert(OPEN_FROM, open_from.to_le_bytes().as_slice())?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Remembers that `epoch`'s bundle is on the disk.
    pub fn set_closed(&self, epoch: Epoch, bundle_hash: &Hash) -> Result<(), LogError> {
        let transaction = self.db.begin_write()?;
        transaction.open_table(CLOSED)?.insert(epoch.get(), bundle_hash)?;
        transaction.commit()?;
        Ok(())
    }

    /// All closed epochs in order.
    pub fn closed(&self) -> Result<Vec<ClosedRow>, LogError> {
        let transaction = self.db.begin_read()?;
        let table = transaction.open_table(CLOSED)?;
        let rows = table.iter()?.map(|row| row.map(|(epoch, hash)| (Epoch(epoch.value()), *hash.value())));
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Shows `visit` everything that was acknowledged for `epoch`, in order of arrival. Errors are the log's, or the first
    /// that `visit` gives.
    pub fn for_each_of_epoch<E: From<LogError>>(
        &self,
        epoch: Epoch,
        visit: &mut dyn FnMut(LogRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let transaction = self.db.begin_read().map_err(LogError::from)?;
        let index = transaction.open_table(BY_EPOCH).map_err(LogError::from)?;
        let records = transaction.open_table(RECORDS).map_err(LogError::from)?;
        for entry in index.range((epoch.get(), 0)..=(epoch.get(), u64::MAX)).map_err(LogError::from)? {
            let (_, position) = entry.map_err(LogError::from)?.0.value();
            if let Some(record) = record_at(&records, position)? {
                visit(record)?;
            }
        }
        Ok(())
    }

    /// A device's attestations by sequence number, at most `limit`, from `from_sequence` on.
    pub fn of_device(&self, device: &DeviceKey, from_sequence: u64, limit: usize) -> Result<Vec<LogRecord>, LogError> {
        let transaction = self.db.begin_read()?;
        let index = transaction.open_table(BY_DEVICE)?;
        let records = transaction.open_table(RECORDS)?;
        let key = device.to_bytes();
        let mut found = Vec::new();
        for entry in index.range((&key, from_sequence)..=(&key, u64::MAX))?.take(limit) {
            found.extend(record_at(&records, entry?.1.value())?);
        }
        Ok(found)
    }

    /// Number of attestations in the log.
    pub fn len(&self) -> Result<u64, LogError> {
        let transaction = self.db.begin_read()?;
        next_position(&transaction.open_table(RECORDS)?)
    }

    /// Is there nothing in the log?
    pub fn is_empty(&self) -> Result<bool, LogError> {
        Ok(self.len()? == 0)
    }
}

fn append_all(transaction: &WriteTransaction, new: &[NewRecord]) -> Result<Vec<Appended>, LogError> {
    let mut records = transaction.open_table(RECORDS)?;
    let mut by_device = transaction.open_table(BY_DEVICE)?;
    let mut by_epoch = transaction.open_table(BY_EPOCH)?;
    let open_from = open_from(&transaction.open_table(META)?)?;
    let mut next = next_position(&records)?;
    let mut appended = Vec::with_capacity(new.len());
    for record in new {
        let device = record.device.to_bytes();
        let taken = by_device.get((&device, record.sequence))?.map(|position| position.value());
        if let Some(position) = taken {
            let stored = record_at(&records, position)?.filter(|stored| stored.id == record.id);
            appended.push(match stored {
                Some(stored) => Appended::AlreadyStored { position, received_unix: stored.received_unix },
                None => Appended::SequenceTaken,
            });
            continue;
        }
        if record.epoch.get() < open_from {
            appended.push(Appended::EpochClosed);
            continue;
        }
        records.insert(next, (record.received_unix, &record.id, record.wire.as_slice()))?;
        by_device.insert((&device, record.sequence), next)?;
        by_epoch.insert((record.epoch.get(), next), ())?;
        appended.push(Appended::Stored { position: next, received_unix: record.received_unix });
        next += 1;
    }
    Ok(appended)
}

fn record_at(
    records: &impl ReadableTable<u64, (i64, &'static [u8; 32], &'static [u8])>,
    position: u64,
) -> Result<Option<LogRecord>, LogError> {
    Ok(records.get(position)?.map(|row| {
        let (received_unix, id, wire) = row.value();
        LogRecord { position, received_unix, id: *id, wire: wire.to_vec() }
    }))
}

fn next_position(records: &impl ReadableTable<u64, (i64, &'static [u8; 32], &'static [u8])>) -> Result<u64, LogError> {
    Ok(records.last()?.map_or(0, |(position, _)| position.value() + 1))
}

fn open_from(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<u64, LogError> {
    let stored = meta.get(OPEN_FROM)?;
    Ok(stored.and_then(|value| value.value().try_into().ok()).map_or(0, u64::from_le_bytes))
}
