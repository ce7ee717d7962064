//! The durable log of attestations, on redb: acknowledged means fsynced.

mod store;
mod writer;

pub use store::{ClosedRow, LogError, LogRecord, LogStore};
pub use writer::{AppendError, Appender, start};

use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::admission::AttestationId;

/// An admitted attestation on its way into the log.
#[derive(Clone, Debug)]
pub struct NewRecord {
    pub device: DeviceKey,
    pub sequence: u64,
    pub epoch: Epoch,
    pub id: AttestationId,
    pub received_unix: i64,
    pub wire: Vec<u8>,
}

/// What the log did with one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// On the disk, at this position.
    Stored { position: u64, received_unix: i64 },
    /// The very same attestation is in the log already, at this position.
    AlreadyStored { position: u64, received_unix: i64 },
    /// The device has used the sequence number for another attestation.
    SequenceTaken,
    /// The epoch takes no more attestations.
    EpochClosed,
}
