//! The rules that the chain and everything off it share, each written once.
//!
//! `no_std`, no floats, no clock, no I/O: every function is a pure function of its arguments, so that programs, oracle,
//! devices and auditors reach the same bytes.
//!
//! | module | rule |
//! |---|---|
//! | [`units`] | [`Amount`], [`Points`], [`WattHours`], [`Epoch`]: numbers that do not mix |
//! | [`calendar`] | which moment belongs to which epoch |
//! | [`device_key`] | [`DeviceKey`]: a device's public key with its kind |
//! | [`attestation`] | what a device signs, byte for byte |
//! | [`ed25519`] | which ed25519 keys speak for nobody |
//! | [`registration`] | what a device's key signs to be registered, rotated or recovered |
//! | [`precompile`] | the data of Solana's signature precompiles |
//! | [`h3`] | which numbers are H3 cells |
//! | [`energy`] | the energy work kind: payload, and the meter that a device keeps |
//! | [`merkle`] | the RFC 9162 tree: root, proofs of one leaf and of a run of leaves, verification |
//! | [`leaf`] | what a leaf of the rewards tree and of the devices tree holds |
//! | [`share_out`] | an amount split in proportion, to the last unit |
//! | [`breaker`] | the circuit breaker of a vault: how much may be promised how fast |
//! | [`shares`] | parts of an amount in basis points, rounded down, and the rest |
//! | [`emission`] | how many tokens an epoch emits |
//! | [`net_emission`] | how much of what was burned comes back on top |
//! | [`root_content`] | what oracles vote on |
//! | [`receipt`] | what an oracle signs when it has taken attestations in |
//! | [`exchange`] | the compact form in which attestations are handed in and answered |
//! | [`correction`] | what the network signs to correct what was earned in closed epochs |
//! | [`appeal`] | what an operator signs against a finding |
//! | [`staking`] | what stake is worth, how a slash changes it, how rewards reach it |
//! | [`spl`] | which mints are trusted with money, and whose a token account is |
//! | [`pda`] | seeds of every program-derived address |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod appeal;
pub mod attestation;
pub mod breaker;
pub mod calendar;
pub mod correction;
pub mod device_key;
pub mod ed25519;
pub mod emission;
pub mod energy;
#[cfg(not(target_os = "solana"))]
pub mod exchange;
pub mod h3;
pub mod hash;
pub mod leaf;
pub mod merkle;
pub mod net_emission;
pub mod pda;
pub mod precompile;
#[cfg(not(target_os = "solana"))]
pub mod receipt;
pub mod registration;
pub mod root_content;
pub mod share_out;
pub mod shares;
pub mod spl;
pub mod staking;
pub mod units;

pub use calendar::Calendar;
pub use device_key::DeviceKey;
pub use hash::Hash;
pub use units::{Amount, Epoch, Points, WattHours};

/// The README's example runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// An account's address on the chain. Kept as bytes so that firmware needs no Solana crate.
pub type AddressBytes = [u8; 32];

/// Basis points in a whole: 10,000 bps = 100 %.
pub const BPS: u64 = 10_000;
