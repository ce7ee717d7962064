//! The programs' addresses, from `program-ids.toml` at the root of the workspace.
//!
//! They stand in that one file: programs declare them, and client, tests and `trellis` follow at the next build.
//! `cargo xtask ids` writes one's own into it. A build with `$TRELLIS_PROGRAM_IDS` set reads that file instead.
#![no_std]
#![forbid(unsafe_code)]

/// One of Trellis's programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Such as `registry`.
    pub name: &'static str,
    /// Its address, in base58.
    pub id: &'static str,
    /// The built program's file, such as `trellis_registry.so`.
    pub file: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/ids.rs"));
