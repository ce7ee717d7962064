//! An epoch from raw attestations to a bundle and back: every refusal, every error, and what must always hold.
#![allow(clippy::unwrap_used)]

mod audit;
mod bundle_read;
mod bundle_write;
mod close_errors;
mod close_properties;
mod continuity;
mod corrections;
mod evidence;
mod fraud;
mod late;
mod payout;
mod proofs;
mod real_readings;
mod reasons;
mod receipt;
mod signatures;
mod sorting;
#[path = "../support/mod.rs"]
mod support;
mod verify;
mod verify_all;
