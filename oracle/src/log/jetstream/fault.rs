//! What can go wrong with the brokers.

use std::fmt::Display;

use trellis_core::Epoch;

/// Why the streams could not be read or written. Nothing is lost: what was not acknowledged can be sent again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error("the brokers did not do what was asked of them: {0}")]
    Broker(String),
    #[error("the brokers cannot be reached; is any of {servers} up, and do the credentials hold?")]
    Away { servers: String },
    #[error("a broker knows {stream} up to message {through} only, but {sequence} was acknowledged: asked again later")]
    Behind { stream: String, sequence: u64, through: u64 },
    #[error("a broker sent nothing for 30 s while a stream was read")]
    Silent,
    #[error("message {sequence} is none that an oracle wrote: what else publishes below this prefix?")]
    Foreign { sequence: u64 },
    #[error("epoch {epoch} is not sealed, so what it holds is not settled")]
    NotSealed { epoch: Epoch },
    #[error(
        "epoch {epoch} was closed by another node with bundle {theirs}, not with {ours}: remove this node's bundle of \
         that epoch, and copy the other's"
    )]
    ClosedOtherwise { epoch: Epoch, ours: String, theirs: String },
    #[error("the streams of this vault have {found} partitions, the settings say {wanted}: all nodes need the same")]
    OtherPartitions { found: String, wanted: u16 },
    #[error("cannot read the credentials {path}: {error}")]
    Credentials { path: String, error: String },
}

impl Fault {
    /// The client's many errors come to the same: it did not work, and may later.
    pub fn of(error: impl Display) -> Self {
        Self::Broker(error.to_string())
    }
}
