//! What can go wrong with the log.

use std::io;

use trellis_core::Epoch;

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("another process has the log in {path} open: one oracle, one data folder")]
    InUse { path: String },
    #[error("{path} belongs to another vault ({found}): give this oracle a data folder of its own")]
    OtherVault { path: String, found: String },
    #[error("the log on JetStream: {0}")]
    JetStream(super::Fault),
    #[error("{path} is a segment of epoch {found}, not of the epoch whose folder it is in: put it back where it was")]
    OtherEpoch { path: String, found: Epoch },
    #[error(
        "{path} holds a log of an earlier version (log.redb): close its epochs with that version, then give this one a new \
         data folder"
    )]
    OldFormat { path: String },
    #[error("{path} holds attestations but no state.json, which says what is sealed: restore it from a backup")]
    StateMissing { path: String },
    #[error("{path} is not as this program wrote it ({detail}): restore it from a backup")]
    StateUnreadable { path: String, detail: String },
    #[error(
        "{path} is damaged at byte {offset}, where acknowledged attestations were: restore the data folder from a backup"
    )]
    Damaged { path: String, offset: u64 },
    #[error(
        "in {folder} the segment that begins with position {position} is gone: restore the data folder from a backup"
    )]
    SegmentMissing { folder: String, position: u64 },
    #[error("{path} is damaged: remove it and start the oracle again, which makes it anew")]
    IndexDamaged { path: String },
    #[error("epoch {epoch} is not closed: its attestations are still needed")]
    NotClosed { epoch: Epoch },
    #[error("{bytes} bytes are more than any attestation has")]
    TooLong { bytes: usize },
    #[error("the log failed before, and what is on the disk is not known: start the oracle again")]
    Unusable,
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: String, source: io::Error },
}

/// Why records were not appended. None of them is in the log then, or all are and were not acknowledged: sending them
/// again is safe.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    #[error("too many attestations are waiting for the disk; send this again in a second")]
    Busy,
    #[error("the log could not be written: {0}")]
    Storage(String),
    /// Some may be in the log; none was acknowledged.
    #[error("the log cannot be reached, and nothing was acknowledged; send this again in a second")]
    Unavailable(super::Fault),
    #[error("the oracle is stopping; send this again when it is back")]
    Stopping,
    /// It is in the log: sending it again gets the receipt, once the key can be asked again.
    #[error("stored, but the receipt cannot be signed now; send this again: {0}")]
    NoReceipt(String),
}
