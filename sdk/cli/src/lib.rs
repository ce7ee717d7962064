//! What stands behind the command `trellis`.
//!
//! | module | what it does |
//! |---|---|
//! | [`commands`] | one file for each command |
//! | [`localnet`] | the embedded local chain |
//! | [`demo`] | a whole network from readings to claimed tokens, on the local chain |
//! | [`output`] | lines to standard output and standard error |
#![forbid(unsafe_code)]

pub mod commands;
pub mod demo;
pub mod localnet;
pub mod output;
