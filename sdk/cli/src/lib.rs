//! What stands behind the command `trellis`.
//!
//! | module | what it does |
//! |---|---|
//! | [`commands`] | one file for each command |
//! | [`localnet`] | the embedded local chain |
//! | [`deploy`] | the programs on a cluster |
//! | [`doctor`] | is a cluster ready for the programs, and are they there? |
//! | [`network`] | a network on a cluster, from one file |
//! | [`init`] | a new network's folder, from a few answers |
//! | [`explain`] | why a device's owner got what he got for an epoch |
//! | [`simulate`] | what another policy would have paid |
//! | [`demo`] | a whole network from readings to claimed tokens, on the local chain |
//! | [`output`] | lines to standard output and standard error |
#![forbid(unsafe_code)]

pub mod commands;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod localnet;
pub mod network;
pub mod output;
pub mod simulate;
