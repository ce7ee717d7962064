//! What stands behind the command `trellis`.
//!
//! | module | what it does |
//! |---|---|
//! | [`commands`] | one file for each command |
//! | [`localnet`] | the embedded local chain |
//! | [`deploy`] | the programs on a cluster |
//! | [`doctor`] | is a cluster ready for the programs, and are they there? |
//! | [`network`] | a network on a cluster, from one file |
//! | [`demo`] | a whole network from readings to claimed tokens, on the local chain |
//! | [`output`] | lines to standard output and standard error |
#![forbid(unsafe_code)]

pub mod commands;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod localnet;
pub mod network;
pub mod output;
