//! token: a network's mint and its emission.
//!
//! The mint's authority is an address that only this program can sign for, and the only instruction that mints is
//! [`trellis_token::emit_epoch`]: every elapsed epoch's amount, once, into the reward vault.
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

pub mod constants;
pub mod error;
pub mod event;
pub mod instructions;
pub mod state;

use anchor_lang::prelude::*;
pub use instructions::*;

declare_id!("9yezagWKSs1jTEy5asRd7fQpo2iAVvayAwDD66ob3s8K");

#[program]
pub mod trellis_token {
    use super::*;

    /// Creates the network's mint (SPL Token program), without freeze authority.
    pub fn create_mint(ctx: &mut Context<CreateMint>, decimals: u8) -> Result<()> {
        ctx.accounts.create_mint(decimals)
    }

    /// Fixes how the mint emits, and into which token account. Once, for good.
    pub fn create_emission(ctx: &mut Context<CreateEmission>, args: CreateEmissionArgs) -> Result<()> {
        ctx.accounts.create_emission(args, &ctx.bumps)
    }

    /// Mints the next epoch's emission into the reward vault. Anyone may call it, once the epoch has elapsed.
    pub fn emit_epoch(ctx: &mut Context<EmitEpoch>, epoch: u64) -> Result<()> {
        ctx.accounts.emit_epoch(epoch)
    }
}
