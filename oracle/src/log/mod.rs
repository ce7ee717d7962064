//! The durable log of attestations: acknowledged means on the disk.
//!
//! Ingest appends through [`Append`]; the closer and the API read through [`Log`]. Both are traits, so that the log in this
//! process's data folder can give way to one that several machines share.

mod error;
mod jetstream;
mod open;
mod segments;
mod writer;

use std::{future::Future, ops::RangeInclusive, pin::Pin};

pub use error::{AppendError, LogError};
pub use jetstream::{Fault, JetStreamLog};
pub use open::{Opened, open};
pub use segments::LogStore;
pub use writer::{Appender, start};

use trellis_core::{DeviceKey, Epoch, Hash};
use trellis_epoch::admission::{AttestationId, wire_id};

/// An admitted attestation on its way into the log.
#[derive(Clone, Debug)]
pub struct NewRecord {
    pub device: DeviceKey,
    pub sequence: u64,
    /// The epoch that its interval lies in.
    pub epoch: Epoch,
    /// The last epoch that may still take it, once its own is sealed.
    pub latest_epoch: Epoch,
    pub id: AttestationId,
    pub received_unix: i64,
    pub wire: Vec<u8>,
}

/// What the log did with one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// On the disk at this position, and will be judged when this epoch closes.
    Stored { epoch: Epoch, position: u64, received_unix: i64 },
    /// The very same attestation is in the log already, there.
    AlreadyStored { epoch: Epoch, position: u64, received_unix: i64 },
    /// The device has used the sequence number for another attestation.
    SequenceTaken,
    /// None of the epochs that may take it takes more attestations.
    EpochClosed,
}

/// How many of what was found are wanted, and from which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    First(usize),
    Last(usize),
}

impl Limit {
    /// What it leaves of `found`, in the same order.
    pub fn of<T>(self, mut found: Vec<T>) -> Vec<T> {
        match self {
            Self::First(count) => found.truncate(count),
            Self::Last(count) => {
                found.drain(..found.len().saturating_sub(count));
            }
        }
        found
    }
}

/// One attestation of the log. `W` holds its wire bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord<W = Vec<u8>> {
    /// The epoch that took it: the one its interval lies in, or a later one if it came late.
    pub epoch: Epoch,
    pub position: u64,
    pub received_unix: i64,
    pub wire: W,
}

impl<W: AsRef<[u8]>> LogRecord<W> {
    pub fn id(&self) -> AttestationId {
        wire_id(self.wire.as_ref())
    }
}

/// A closed epoch and its bundle's hash.
pub type ClosedRow = (Epoch, Hash);

/// Whose turn it is to close epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// This process's, always: nobody else has the log.
    Always,
    /// This process's now; what other nodes closed comes first.
    Ours,
    /// Another node's.
    Theirs,
}

/// What is given each record of an epoch.
pub type Visitor<'v> = dyn FnMut(LogRecord<&[u8]>) -> anyhow::Result<()> + 'v;

/// Reads the log and says what becomes of epochs. All methods may wait for the disk: call them off the async threads.
pub trait Log: Send + Sync {
    /// From here on, `epoch` and all before it take no more attestations. What was being appended meanwhile is in it, or
    /// was not acknowledged.
    fn seal(&self, epoch: Epoch) -> Result<(), LogError>;

    /// The first epoch that still takes attestations.
    fn open_from(&self) -> Result<Epoch, LogError>;

    /// Remembers that `epoch`'s bundle is on the disk.
    fn set_closed(&self, epoch: Epoch, bundle_hash: &Hash) -> Result<(), LogError>;

    /// All closed epochs in order.
    fn closed(&self) -> Result<Vec<ClosedRow>, LogError>;

    /// Shows `visit` everything that was acknowledged for `epoch`, in order of arrival. Errors are the log's, or the first
    /// that `visit` gives.
    fn for_each_of_epoch(&self, epoch: Epoch, visit: &mut Visitor<'_>) -> anyhow::Result<()>;

    /// A device's attestations with these sequence numbers, about as many as `limit` says, by sequence number.
    fn of_device(
        &self,
        device: &DeviceKey,
        sequences: RangeInclusive<u64>,
        limit: Limit,
    ) -> Result<Vec<LogRecord>, LogError>;

    /// Removes the attestations of `epoch`, which must be closed: its bundle holds them. Doing it again changes nothing.
    fn forget(&self, epoch: Epoch) -> Result<(), LogError>;

    /// Number of attestations in the log.
    fn len(&self) -> Result<u64, LogError>;

    /// Whose turn is it to close epochs?
    fn turn(&self) -> Turn {
        Turn::Always
    }

    /// Why attestations cannot be taken now, as far as it is known without asking.
    fn problem(&self) -> Option<String> {
        None
    }

    /// Is there nothing in the log?
    fn is_empty(&self) -> Result<bool, LogError> {
        Ok(self.len()? == 0)
    }
}

/// The answer to come of [`Append::append`].
pub type Appending<'a> = Pin<Box<dyn Future<Output = Result<Vec<Appended>, AppendError>> + Send + 'a>>;

/// Puts attestations into the log.
pub trait Append: Send + Sync {
    /// Ends once all records are on the disk, with one answer for each, in order. Never waits for room: a log that is busy
    /// says so at once.
    fn append(&self, records: Vec<NewRecord>) -> Appending<'_>;
}
