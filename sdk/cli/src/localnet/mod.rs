//! A Solana chain inside this process: JSON-RPC and websocket on the loopback interface, offline,
//! with Trellis's programs in place and a clock that can start in the past and be moved forward.
//!
//! | module | what is in it |
//! |---|---|
//! | [`chain`] | [`LocalChain`]: start and stop |
//! | [`config`] | [`LocalChainConfig`] and the checks on it |
//! | [`error`] | [`LocalChainError`] |
//! | [`ports`] | choosing and holding TCP ports |
//! | [`programs`] | [`ProgramFile`], the deploy folder, placing programs at their ids |
//! | [`rpc`] | one JSON-RPC call to a node on this machine |
//! | [`thread`] | the thread on which the chain runs |
//! | [`time`] | the chain's clock: reading it, moving it forward |
//!
//! What it deliberately is not: a validator. There is one node, no vote and no fork; reads ignore
//! the commitment asked for, and block hashes are the same on every fresh chain. Its RPC lets
//! anyone who reaches it set any account, so it listens on 127.0.0.1 and nowhere else.

mod chain;
mod config;
mod error;
mod ports;
mod programs;
mod rpc;
mod thread;
mod time;

#[cfg(test)]
mod tests;

pub use chain::LocalChain;
pub use config::{DEFAULT_SLOT_MS, LATEST_UNIX_SECONDS, LocalChainConfig};
pub use error::LocalChainError;
pub use programs::{ProgramFile, TRELLIS_PROGRAMS, deploy_dir, trellis_programs};
pub use rpc::RpcError;
pub use time::{TimeTravelError, clock_unix_seconds, time_travel};
