//! One file for each command.

pub mod audit;
pub mod demo;
pub mod localnet;
mod stop_signal;

pub use stop_signal::StopSignal;

/// Something that was checked does not hold: exit code 1, without the word "error".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CheckFailed(pub String);

/// The arguments or files cannot be used: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);
