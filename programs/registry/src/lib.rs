//! registry: networks, their device classes, operators and devices.
//!
//! Every other account of Trellis hangs off a [`state::Network`]'s address. This file only delegates: one instruction
//! is one file under [`instructions`].
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

pub mod event;
pub mod instructions;

mod accusing;
mod clock;
mod proof;
mod registering;
mod rekeying;

use anchor_lang::prelude::*;
pub use instructions::*;
pub use trellis_registry_interface::{ID, constants, error, state};

#[program]
pub mod trellis_registry {
    use super::*;

    /// Starts a network. Its address is derived from creator and name.
    pub fn create_network(ctx: &mut Context<CreateNetwork>, args: CreateNetworkArgs) -> Result<()> {
        ctx.accounts.create_network(args)
    }

    /// First step of handing a network over: names who may accept. A later proposal replaces an earlier
    /// one; `None` takes it back.
    pub fn propose_authority(ctx: &mut Context<UpdateNetwork>, new_authority: Option<Address>) -> Result<()> {
        ctx.accounts.propose_authority(new_authority)
    }

    /// Second step: the named address takes the network over.
    pub fn accept_authority(ctx: &mut Context<AcceptAuthority>) -> Result<()> {
        ctx.accounts.accept_authority()
    }

    /// Changes guardian, policy or the vault whose oracles may suspend devices; stops or resumes registrations.
    pub fn update_network(ctx: &mut Context<UpdateNetwork>, args: UpdateNetworkArgs) -> Result<()> {
        ctx.accounts.update_network(args)
    }

    /// Adds a device class to a network.
    pub fn create_class(ctx: &mut Context<CreateClass>, args: CreateClassArgs) -> Result<()> {
        ctx.accounts.create_class(args)
    }

    /// Changes maker, rated power, bond or weight of a class; closes it to new devices, or opens it again.
    pub fn update_class(ctx: &mut Context<UpdateClass>, args: UpdateClassArgs) -> Result<()> {
        ctx.accounts.update_class(args)
    }

    /// Makes a wallet an operator of a network and gives it the next index.
    pub fn register_operator(ctx: &mut Context<RegisterOperator>, payout_wallet: Address) -> Result<()> {
        ctx.accounts.register_operator(payout_wallet)
    }

    /// Sets where an operator is paid, from the next epoch on.
    pub fn set_payout_wallet(ctx: &mut Context<SetPayoutWallet>, payout_wallet: Address) -> Result<()> {
        ctx.accounts.set_payout_wallet(payout_wallet)
    }

    /// Registers a device; its key signs the transaction, or a message that a signature precompile checks in the
    /// instruction before this one. If the class names a maker, it signs the transaction too.
    pub fn register_device(ctx: &mut Context<RegisterDevice>, args: RegisterDeviceArgs) -> Result<()> {
        ctx.accounts.register_device(args)
    }

    /// Places a device in an H3 cell of its class's resolution, or moves it there.
    pub fn set_location(ctx: &mut Context<SetLocation>, cell: u64) -> Result<()> {
        ctx.accounts.set_location(cell)
    }

    /// Hands a device over to another operator of the network; both sign.
    pub fn transfer_device(ctx: &mut Context<TransferDevice>) -> Result<()> {
        ctx.accounts.transfer_device()
    }

    /// Replaces a device's key; old key, new key and operator sign. The device's account moves to the new key's address.
    pub fn rotate_key(ctx: &mut Context<RotateKey>, args: RotateKeyArgs) -> Result<()> {
        ctx.accounts.rotate_key(args)
    }

    /// Asks for a new key in place of a lost one; new key, operator and maker sign.
    pub fn request_key_recovery(ctx: &mut Context<RequestKeyRecovery>, args: RequestKeyRecoveryArgs) -> Result<()> {
        ctx.accounts.request_key_recovery(args)
    }

    /// Takes the request back: by the operator, or by the key that was said to be lost.
    pub fn cancel_key_recovery(ctx: &mut Context<CancelKeyRecovery>) -> Result<()> {
        ctx.accounts.cancel_key_recovery()
    }

    /// Three days after the request, the new key takes over. Anybody may send this.
    pub fn complete_key_recovery(ctx: &mut Context<CompleteKeyRecovery>) -> Result<()> {
        ctx.accounts.complete_key_recovery()
    }

    /// Takes a device out of rewards, with a reason and the hash of the evidence; `None` puts a suspended one back.
    pub fn set_suspension(ctx: &mut Context<SetSuspension>, accusation: Option<SuspendDeviceArgs>) -> Result<()> {
        ctx.accounts.set_suspension(accusation)
    }

    /// Puts down the hash of the operator's statement against a suspension, once.
    pub fn appeal_suspension(ctx: &mut Context<AppealSuspension>, statement_hash: [u8; 32]) -> Result<()> {
        ctx.accounts.appeal_suspension(statement_hash)
    }

    /// An oracle accuses a device, which counts as its vote.
    pub fn open_suspension_case(ctx: &mut Context<OpenSuspensionCase>, args: SuspendDeviceArgs) -> Result<()> {
        ctx.accounts.open_suspension_case(args)
    }

    /// Another oracle votes for the suspension. At the vault's threshold the device is suspended.
    pub fn vote_suspension(ctx: &mut Context<VoteSuspension>) -> Result<()> {
        ctx.accounts.vote_suspension()
    }

    /// Closes a case that is executed, void or a week old. Anybody may send this; the opener gets the rent.
    pub fn close_suspension_case(ctx: &mut Context<CloseSuspensionCase>) -> Result<()> {
        ctx.accounts.close_suspension_case()
    }

    /// Takes a device out of the network for good.
    pub fn retire_device(ctx: &mut Context<RetireDevice>) -> Result<()> {
        ctx.accounts.retire_device()
    }
}
