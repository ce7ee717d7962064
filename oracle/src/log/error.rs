//! What can go wrong with the log.

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

/// Why records were not appended. None of them is in the log then, or all are and were not acknowledged: sending them
/// again is safe.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    #[error("too many attestations are waiting for the disk; send this again in a second")]
    Busy,
    #[error("the log could not be written: {0}")]
    Storage(String),
    #[error("the oracle is stopping; send this again when it is back")]
    Stopping,
    /// It is in the log: sending it again gets the receipt, once the key can be asked again.
    #[error("stored, but the receipt cannot be signed now; send this again: {0}")]
    NoReceipt(String),
}
