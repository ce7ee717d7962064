//! Payments against a root: `claim` and `claim_range`, and what other instructions share with them.
//!
//! A crate of its own because these two are compiled for speed and everything else of the programs for size: see
//! `[profile.release.package]` in the workspace's Cargo.toml.
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

pub mod claim;
pub mod claim_range;
pub mod event;
pub mod source;
pub mod spl;

pub use trellis_rewards_interface::{ID, constants, error, state};
