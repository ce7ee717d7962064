//! What the programs ask of other programs: new accounts of their own, token accounts, transfers.
//!
//! By hand, where Anchor's constraints and wrapped types would be written out anew in every instruction: they cost a
//! multiple in bytes of program, and in compute.
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

mod creation;
pub mod record;
pub mod token;

pub use creation::Place;
