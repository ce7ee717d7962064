//! What other programs need of the staking program: its address, accounts and errors, and whether a bond is met.
//!
//! A crate of its own because a program is linked as a shared object, and so cannot be another program's dependency.
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![forbid(unsafe_code)]

mod bond;
pub mod constants;
pub mod error;
pub mod state;

use anchor_lang::prelude::*;

pub use bond::{bond_met, self_stake_of};

declare_id!(trellis_program_ids::STAKING);
