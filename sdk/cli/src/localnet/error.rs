//! Why a local chain did not start.

use std::path::PathBuf;

use solana_address::Address;

use super::config::LATEST_UNIX_SECONDS;

/// Why [`LocalChain::start`](super::LocalChain::start) failed. Each message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum LocalChainError {
    /// Something listens on the port already, or this process may not bind it.
    #[error(
        "the {purpose} port {port} of 127.0.0.1 can't be used ({reason}): stop what listens there, \
         or choose another port (0 picks a free one)"
    )]
    PortBusy {
        /// `RPC` or `websocket`.
        purpose: &'static str,
        port: u16,
        /// What the operating system said.
        reason: String,
    },
    /// No port was asked for by number, and none of those tried is free.
    #[error("none of the {tried} ports tried from {first} on is free: give a port by number")]
    NoFreePort { first: u16, tried: u16 },
    /// A program's file can't be read.
    #[error(
        "the program file {} can't be read ({error}): build the programs with \
         `cargo xtask build-sbf`, or correct the path", path.display()
    )]
    ProgramUnreadable {
        path: PathBuf,
        /// Shown in the message, hence not given as its source.
        error: std::io::Error,
    },
    /// A program's file has no byte in it.
    #[error(
        "the program file {} is empty: build the programs again with `cargo xtask build-sbf`",
        path.display()
    )]
    ProgramEmpty { path: PathBuf },
    /// A program's file doesn't begin as an ELF file does.
    #[error(
        "the program file {} is not an ELF file (it begins with the bytes {head:02x?}): give the \
         .so file that `cargo xtask build-sbf` writes", path.display()
    )]
    ProgramNotElf {
        path: PathBuf,
        /// The first four bytes, or fewer if the file is shorter.
        head: Vec<u8>,
    },
    /// The chain's virtual machine doesn't load the file as a program at this id.
    #[error(
        "the chain refused the program file {} at {id} ({reason}): build it again with \
         `cargo xtask build-sbf`", path.display()
    )]
    ProgramRefused { id: Address, path: PathBuf, reason: String },
    /// A starting balance could not be given.
    #[error(
        "the airdrop of {lamports} lamports to {address} was refused ({reason}): an airdrop must \
         be enough for an account to be kept, and all of them together less than 1,000,000 SOL"
    )]
    AirdropRefused { address: Address, lamports: u64, reason: String },
    /// The start time is before 1970 or after the year 9999.
    #[error(
        "the start time {unix_seconds} is out of range: give Unix seconds from 0 to \
         {LATEST_UNIX_SECONDS}"
    )]
    BadStartTime { unix_seconds: i64 },
    /// The slot time is zero, or longer than a minute.
    #[error("a slot of {slot_ms} ms is out of range: give 1 to {longest_ms} ms (400 is Solana's)")]
    BadSlotTime { slot_ms: u64, longest_ms: u64 },
    /// The chain's thread ended before the chain was ready.
    #[error(
        "the local chain's thread ended while starting ({reason}): start it again, on other ports \
         if the message names one"
    )]
    ThreadDied { reason: String },
    /// The chain did not become ready in time.
    #[error(
        "the local chain was not ready on {rpc_url} after {waited_seconds} s: the machine may be \
         overloaded; start it again"
    )]
    StartTimedOut { rpc_url: String, waited_seconds: u64 },
}
