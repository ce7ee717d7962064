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
pub mod spl;

use anchor_lang::prelude::*;
pub use instructions::*;
pub use trellis_rewards_interface::{ID, constants, error, state};

#[program]
pub mod trellis_rewards {
    use super::*;

    /// Opens a network's vault for a mint, with a token account of its own. It has no oracles yet.
    pub fn create_vault(ctx: &mut Context<CreateVault>, args: CreateVaultArgs) -> Result<()> {
        ctx.accounts.create_vault(args, &ctx.bumps)
    }

    /// Sets who votes on roots, with which weights and threshold. Voids every open proposal.
    pub fn set_oracles(ctx: &mut Context<SetOracles>, args: SetOraclesArgs) -> Result<()> {
        ctx.accounts.set_oracles(args)
    }

    /// An oracle proposes the next epoch's root. Proposing is not voting.
    pub fn propose_root(ctx: &mut Context<ProposeRoot>, args: ProposeRootArgs) -> Result<()> {
        ctx.accounts.propose_root(args, &ctx.bumps)
    }

    /// An oracle votes for a proposal, naming the hash of the content that it recomputed.
    pub fn vote_root(ctx: &mut Context<VoteRoot>, content_hash: [u8; 32]) -> Result<()> {
        ctx.accounts.vote_root(content_hash)
    }

    /// The guardian stops a proposal that is not final yet. It can do nothing else. The same content proposed again
    /// needs votes and a challenge window again.
    pub fn veto_root(ctx: &mut Context<VetoRoot>) -> Result<()> {
        ctx.accounts.veto_root()
    }

    /// Makes an approved root final once its challenge window is over. Anyone may call it.
    pub fn finalize_root(ctx: &mut Context<FinalizeRoot>) -> Result<()> {
        ctx.accounts.finalize_root()
    }

    /// Returns the rent of a proposal that can no longer become final to its proposer. Anyone may call it.
    pub fn close_proposal(ctx: &mut Context<CloseProposal>) -> Result<()> {
        ctx.accounts.close_proposal()
    }

    /// Opens the page that holds the claim counters of 1,024 operators. Anyone may call it.
    pub fn open_page(ctx: &mut Context<OpenPage>, page: u32) -> Result<()> {
        ctx.accounts.open_page(page, &ctx.bumps)
    }

    /// Pays an operator what it has earned and not yet claimed. Anyone may call it.
    pub fn claim(ctx: &mut Context<Claim>, args: ClaimArgs) -> Result<()> {
        ctx.accounts.claim(args)
    }
}
