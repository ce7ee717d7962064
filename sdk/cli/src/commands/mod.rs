//! One file for each command.

pub mod audit;
pub mod demo;
pub mod localnet;

/// Something that was checked does not hold: exit code 1, without the word "error".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CheckFailed(pub String);
