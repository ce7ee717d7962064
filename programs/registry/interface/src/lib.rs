//! What other programs need of the registry: its address, accounts and errors.
//!
//! A crate of its own because a program is linked as a shared object, and so cannot be another program's dependency.
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![forbid(unsafe_code)]

pub mod constants;
pub mod error;
pub mod state;

use anchor_lang::prelude::*;

declare_id!(trellis_program_ids::REGISTRY);
