//! rewards: vaults that pay operators against Merkle roots.
//!
//! A set of oracles proposes and votes on one root an epoch; after a challenge window in which the guardian may veto,
//! anyone can finalize it. Claims are cumulative, anyone may submit them, and they pay only the wallet in the leaf.
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

pub mod event;
pub mod instructions;

use anchor_lang::prelude::*;
pub use instructions::*;
pub use trellis_rewards_claims::spl;
pub use trellis_rewards_interface::{ID, constants, error, state};

/// Instructions have one byte of discriminator, so that a claim has room for a longer proof.
#[program]
pub mod trellis_rewards {
    use super::*;

    /// Pays an operator what it has earned and not yet claimed. Anyone may call it.
    #[discrim = 0]
    pub fn claim(ctx: &mut Context<Claim>, args: ClaimArgs) -> Result<()> {
        ctx.accounts.claim(args)
    }

    /// Pays a run of neighbouring operators under one proof; those who have claimed already are passed over. Anyone may
    /// call it.
    #[discrim = 1]
    pub fn claim_range(ctx: &mut Context<ClaimRange>, args: ClaimRangeArgs) -> Result<()> {
        let receivers = ctx.remaining_accounts()?;
        ctx.accounts.claim_range(args, &receivers)
    }

    /// Opens the page that holds the claim counters of 1,024 operators. Anyone may call it.
    #[discrim = 2]
    pub fn open_page(ctx: &mut Context<OpenPage>, page: u32) -> Result<()> {
        ctx.accounts.open_page(page)
    }

    /// Opens a network's vault for a mint and a pool, with a token account of its own. It has no oracles yet.
    #[discrim = 10]
    pub fn create_vault(ctx: &mut Context<CreateVault>, args: CreateVaultArgs) -> Result<()> {
        ctx.accounts.create_vault(args)
    }

    /// Changes the settings that the network's authority chooses.
    #[discrim = 11]
    pub fn update_vault(ctx: &mut Context<UpdateVault>, args: UpdateVaultArgs) -> Result<()> {
        ctx.accounts.update_vault(args)
    }

    /// Sets who votes on roots, with which weights and threshold. Voids every open proposal and vote.
    #[discrim = 12]
    pub fn set_oracles(ctx: &mut Context<SetOracles>, args: SetOraclesArgs) -> Result<()> {
        ctx.accounts.set_oracles(args)
    }

    /// The guardian stops claims and finalizations for at most three days; nothing is lost by it. It may do so again a
    /// week after the pause ended.
    #[discrim = 13]
    pub fn pause_vault(ctx: &mut Context<PauseVault>, seconds: u32) -> Result<()> {
        ctx.accounts.pause_vault(seconds)
    }

    /// Ends a pause early: by the guardian or the network's authority.
    #[discrim = 14]
    pub fn unpause_vault(ctx: &mut Context<UnpauseVault>) -> Result<()> {
        ctx.accounts.unpause_vault()
    }

    /// Announces, for good, the last epoch whose root the vault takes: at least one whole epoch ahead.
    #[discrim = 15]
    pub fn retire_vault(ctx: &mut Context<RetireVault>, last_epoch: u64) -> Result<()> {
        ctx.accounts.retire_vault(last_epoch)
    }

    /// Moves what a retired vault holds beyond what it owes, once its last root is final. What it owes stays claimable.
    #[discrim = 16]
    pub fn sweep_vault(ctx: &mut Context<SweepVault>) -> Result<()> {
        ctx.accounts.sweep_vault()
    }

    /// An oracle proposes the next epoch's root. Proposing is not voting.
    #[discrim = 20]
    pub fn propose_root(ctx: &mut Context<ProposeRoot>, args: ProposeRootArgs) -> Result<()> {
        ctx.accounts.propose_root(args)
    }

    /// An oracle votes for a proposal, naming the hash of the content that it recomputed. Its vote for another proposal
    /// of the epoch moves to this one.
    #[discrim = 21]
    pub fn vote_root(ctx: &mut Context<VoteRoot>, content_hash: [u8; 32]) -> Result<()> {
        ctx.accounts.vote_root(content_hash)
    }

    /// An oracle takes its vote back, while no proposal is approved.
    #[discrim = 22]
    pub fn withdraw_vote(ctx: &mut Context<WithdrawVote>) -> Result<()> {
        ctx.accounts.withdraw_vote()
    }

    /// A proposer takes its proposal back, while none is approved, and its rent with it. Those who voted for it have
    /// their votes back.
    #[discrim = 23]
    pub fn withdraw_proposal(ctx: &mut Context<WithdrawProposal>) -> Result<()> {
        ctx.accounts.withdraw_proposal()
    }

    /// The guardian stops a proposal that is not final yet. The same content proposed again needs votes and a challenge
    /// window again.
    #[discrim = 24]
    pub fn veto_root(ctx: &mut Context<VetoRoot>) -> Result<()> {
        ctx.accounts.veto_root()
    }

    /// Makes an approved root final once its challenge window is over. Anyone may call it.
    #[discrim = 25]
    pub fn finalize_root(ctx: &mut Context<FinalizeRoot>) -> Result<()> {
        ctx.accounts.finalize_root()
    }

    /// Returns the rent of a proposal that can no longer become final to its proposer. Anyone may call it.
    #[discrim = 26]
    pub fn close_proposal(ctx: &mut Context<CloseProposal>) -> Result<()> {
        ctx.accounts.close_proposal()
    }
}
