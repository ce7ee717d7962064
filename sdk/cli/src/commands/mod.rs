//! One file for each command.

pub mod appeal;
pub mod audit;
pub mod cluster;
pub mod correction;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod localnet;
pub mod network;
pub mod receipt;
pub mod rewards;
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

/// What was checked does not hold, and the result said so already: exit code 1, without a further word.
#[derive(Debug, thiserror::Error)]
#[error("what was checked does not hold")]
pub struct Said;
