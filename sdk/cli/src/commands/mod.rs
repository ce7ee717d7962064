//! One file for each command.

pub mod advice;
pub mod agent;
pub mod amounts;
pub mod appeal;
pub mod arguments;
pub mod audit;
pub mod class;
pub mod cluster;
pub mod completions;
pub mod correction;
pub mod demo;
pub mod deploy;
pub mod device;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod localnet;
pub mod network;
mod operator;
pub mod oracle;
mod paying;
pub mod profile;
pub mod receipt;
pub mod rewards;
pub mod simulate;
mod solana_config;
pub mod stake;
mod stop_signal;
pub mod target;
pub mod up;
pub mod wallet;

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

/// The folder that `--dashboard` names, as the oracle is told of it.
pub fn dashboard_folder(dir: &std::path::Path) -> Result<std::path::PathBuf, Unusable> {
    let found = dir.canonicalize().and_then(|dir| dir.join("index.html").metadata().map(|_| dir));
    found.map_err(|error| {
        let dir = dir.display();
        Unusable(format!("{dir} is no built dashboard ({error}): --dashboard is to name what `make app` made"))
    })
}
