//! staking: a network's stake pool.
//!
//! Operators bond, others delegate to them; rewards that come into the pool's reward account are shared out over active
//! stake; stake leaves after a cooldown, in which it can still be slashed. The arithmetic is in `trellis_core::staking`,
//! the bookkeeping over the accounts in [`books`]. This file only delegates: one instruction is one file under
//! [`instructions`].
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

pub mod books;
pub mod event;
pub mod instructions;
pub mod spl;

use anchor_lang::prelude::*;
pub use instructions::*;
pub use trellis_staking_interface::{ID, bond_met, constants, error, self_stake_of, state};

#[program]
pub mod trellis_staking {
    use super::*;

    /// Opens the network's stake pool for a mint, with token accounts for stake and for rewards. Once for each network.
    pub fn create_pool(ctx: &mut Context<CreatePool>, settings: PoolSettings) -> Result<()> {
        ctx.accounts.create_pool(settings)
    }

    /// Changes what may change of a pool. Tickets that are open keep their release, open slashes their delay.
    pub fn update_pool(ctx: &mut Context<UpdatePool>, args: UpdatePoolArgs) -> Result<()> {
        ctx.accounts.update_pool(args)
    }

    /// Lets an operator take stake. Anyone may call it.
    pub fn open_operator_stake(ctx: &mut Context<OpenOperatorStake>) -> Result<()> {
        ctx.accounts.open_operator_stake()
    }

    /// Opens a wallet's position with an operator. Anyone may call it; the rent goes to the wallet in the end.
    pub fn open_position(ctx: &mut Context<OpenPosition>) -> Result<()> {
        ctx.accounts.open_position()
    }

    /// Stakes with an operator; an operator that stakes with itself bonds.
    pub fn delegate(ctx: &mut Context<Delegate>, amount: u64) -> Result<()> {
        ctx.accounts.delegate(amount)
    }

    /// Takes stake out of a position, into a ticket that is released after the cooldown: to the wallet, or to another
    /// operator if a destination is named.
    pub fn unstake(ctx: &mut Context<Unstake>, amount: u64) -> Result<()> {
        ctx.accounts.unstake(amount)
    }

    /// Turns a ticket to another operator into one that is paid out; its release stays.
    pub fn cancel_redelegation(ctx: &mut Context<CancelRedelegation>) -> Result<()> {
        ctx.accounts.cancel_redelegation()
    }

    /// Pays a released ticket out, to its wallet alone. Anyone may call it.
    pub fn withdraw(ctx: &mut Context<Withdraw>) -> Result<()> {
        ctx.accounts.withdraw()
    }

    /// Moves a released ticket's stake to the operator that it names. Anyone may call it.
    pub fn complete_redelegation(ctx: &mut Context<CompleteRedelegation>) -> Result<()> {
        ctx.accounts.complete_redelegation()
    }

    /// Pays a position's rewards, to its wallet alone. Anyone may call it.
    pub fn claim_stake_rewards(ctx: &mut Context<ClaimStakeRewards>) -> Result<()> {
        ctx.accounts.claim_stake_rewards()
    }

    /// Shares out the rewards that have come in. Anyone may call it; whatever changes shares does the same first.
    pub fn distribute_rewards(ctx: &mut Context<DistributeRewards>) -> Result<()> {
        ctx.accounts.distribute_rewards()
    }

    /// Proposes to slash an operator's stake, active and unbonding, naming the hash of the evidence.
    pub fn propose_slash(ctx: &mut Context<ProposeSlash>, args: ProposeSlashArgs) -> Result<()> {
        ctx.accounts.propose_slash(args)
    }

    /// The guardian stops a slash that is not executed yet. It can do nothing else.
    pub fn veto_slash(ctx: &mut Context<VetoSlash>) -> Result<()> {
        ctx.accounts.veto_slash()
    }

    /// Carries a slash out once its delay is over. Anyone may call it.
    pub fn execute_slash(ctx: &mut Context<ExecuteSlash>) -> Result<()> {
        ctx.accounts.execute_slash()
    }

    /// Returns the rent of a slash that is vetoed, executed or expired to who paid it. Anyone may call it.
    pub fn close_slash(ctx: &mut Context<CloseSlash>) -> Result<()> {
        ctx.accounts.close_slash()
    }

    /// Closes a position without stake, rewards and open tickets; its wallet gets the rent. What is below one unit is
    /// given up.
    pub fn close_position(ctx: &mut Context<ClosePosition>) -> Result<()> {
        ctx.accounts.close_position()
    }

    /// Fails unless the operator's own stake covers the bond that its devices ask for. Returns both, 8 bytes LE each:
    /// own stake, required bond.
    pub fn require_bond(ctx: &mut Context<RequireBond>) -> Result<()> {
        ctx.accounts.require_bond()
    }

    /// Fails unless a position reaches a tier. Returns what it is worth, 8 bytes LE, and its wallet, 32 bytes.
    pub fn require_tier(ctx: &mut Context<RequireTier>, tier: u8) -> Result<()> {
        ctx.accounts.require_tier(tier)
    }
}
