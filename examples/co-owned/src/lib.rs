//! An example of a dApp's program: two people own an operator's devices, one who hosts them and one who paid for them.
//!
//! The host opens a [`CoOwned`] account and makes its address the operator's payout wallet (`set_payout_wallet` of Trellis's
//! registry). From then on rewards are paid to that address, which only this program signs for. [`collect`] claims them
//! from Trellis by CPI and shares them out; anyone may call it. What somebody else claimed is there too, and [`share`] does
//! the second half alone.
//!
//! [`collect`]: co_owned::collect
//! [`share`]: co_owned::share
// The tests that print the IDL need std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[cfg(trellis_sbf_builtins)]
use sbf_builtins as _;

mod collect;
mod open;
mod share;
mod state;

use anchor_lang::prelude::*;

pub use collect::*;
pub use open::*;
pub use share::*;
pub use state::*;

// The address is this example's alone: deploy your own under a key of yours.
declare_id!("7PPLjCwx4pGTNPx1xhkEgY8ivPhSVWCxGy9RHyFSRZ3r");

#[error_code]
pub enum CoOwnedError {
    #[msg("The signer is not the operator's wallet")]
    NotHost,
    #[msg("A part is 1 to 9,999 basis points")]
    InvalidPart,
    #[msg("The token account is not that of this owner")]
    WrongOwner,
    #[msg("There is nothing to share")]
    NothingToShare,
}

#[program]
pub mod co_owned {
    use super::*;

    /// Opens the account of an operator: `investor_bps` of what it earns is the investor's, the rest the host's.
    pub fn open(ctx: &mut Context<Open>, investor_bps: u16) -> Result<()> {
        let bump = ctx.bumps.co_owned;
        ctx.accounts.open(investor_bps, bump)
    }

    /// Claims what the operator has earned, with a proof from an oracle, and shares out all that is there.
    pub fn collect(ctx: &mut Context<Collect>, claim: trellis_rewards::ClaimArgs) -> Result<()> {
        ctx.accounts.collect(claim)
    }

    /// Shares out what is there.
    pub fn share(ctx: &mut Context<Share>) -> Result<()> {
        ctx.accounts.share()
    }
}
