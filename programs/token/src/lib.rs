//! token: a network's mint and its emission.
//!
//! The mint's authority is an address that only this program can sign for, and the only instruction that mints is
//! [`trellis_token::emit_epochs`]: every elapsed epoch's amount, once, split among fixed token accounts.

// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

pub mod constants;
pub mod error;
pub mod event;
pub mod instructions;
mod spl;
pub mod state;

use alloc::string::String;

use anchor_lang::prelude::*;
pub use instructions::*;

declare_id!(trellis_program_ids::TOKEN);

#[program]
pub mod trellis_token {
    use super::*;

    /// Creates the network's mint, of SPL Token or of Token-2022, without freeze authority.
    pub fn create_mint(ctx: &mut Context<CreateMint>, decimals: u8) -> Result<()> {
        ctx.accounts.create_mint(decimals)
    }

    /// Fixes how the mint emits, and into which token accounts. Once, for good.
    pub fn create_emission(ctx: &mut Context<CreateEmission>, args: CreateEmissionArgs) -> Result<()> {
        let destinations = ctx.remaining_accounts()?;
        ctx.accounts.create_emission(args, &destinations, &ctx.bumps)
    }

    /// Mints the emission of the next epochs, one or many. Anyone may call it, once they have elapsed.
    pub fn emit_epochs(ctx: &mut Context<EmitEpochs>, first_epoch: u64, count: u8) -> Result<()> {
        let destinations = ctx.remaining_accounts()?;
        ctx.accounts.emit_epochs(first_epoch, count, &destinations)
    }

    /// Burns the signer's tokens and counts them; a share of what was burned may be emitted again.
    pub fn burn(ctx: &mut Context<Burn>, amount: u64, memo: String) -> Result<()> {
        ctx.accounts.burn(amount, memo)
    }
}
