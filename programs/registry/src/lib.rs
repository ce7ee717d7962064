//! registry: networks, their device classes, operators and devices.
//!
//! Every other account of Trellis hangs off a [`state::Network`]'s address. This file only delegates: one instruction
//! is one file under [`instructions`].
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

pub mod event;
pub mod instructions;

use anchor_lang::prelude::*;
pub use instructions::*;
pub use trellis_registry_interface::{ID, constants, error, state};

#[program]
pub mod trellis_registry {
    use super::*;

    /// Starts a network. Its address is derived from creator and name.
    pub fn create_network(ctx: &mut Context<CreateNetwork>, args: CreateNetworkArgs) -> Result<()> {
        ctx.accounts.create_network(args, &ctx.bumps)
    }

    /// First step of handing a network over: names who may accept. A later proposal replaces an earlier one.
    pub fn propose_authority(ctx: &mut Context<ProposeAuthority>, new_authority: Address) -> Result<()> {
        ctx.accounts.propose_authority(new_authority)
    }

    /// Second step: the named address takes the network over.
    pub fn accept_authority(ctx: &mut Context<AcceptAuthority>) -> Result<()> {
        ctx.accounts.accept_authority()
    }

    /// Adds a device class to a network.
    pub fn create_class(ctx: &mut Context<CreateClass>, args: CreateClassArgs) -> Result<()> {
        ctx.accounts.create_class(args, &ctx.bumps)
    }

    /// Makes a wallet an operator of a network and gives it the next index.
    pub fn register_operator(ctx: &mut Context<RegisterOperator>, payout_wallet: Address) -> Result<()> {
        ctx.accounts.register_operator(payout_wallet, &ctx.bumps)
    }

    /// Registers a device; its key signs the transaction, and so does the maker if the class names one.
    pub fn register_device(ctx: &mut Context<RegisterDevice>) -> Result<()> {
        ctx.accounts.register_device(&ctx.bumps)
    }

    /// Takes a device out of rewards, with a reason and the hash of the evidence.
    pub fn suspend_device(ctx: &mut Context<SetDeviceStatus>, args: SuspendDeviceArgs) -> Result<()> {
        ctx.accounts.suspend_device(args)
    }

    /// Puts a suspended device back.
    pub fn reinstate_device(ctx: &mut Context<SetDeviceStatus>) -> Result<()> {
        ctx.accounts.reinstate_device()
    }
}
