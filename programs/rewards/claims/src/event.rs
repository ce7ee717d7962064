//! One event for every payment.

use alloc::vec::Vec;

use anchor_lang::prelude::*;

/// Fixed layout: the cheapest to emit, since it stands on the hot path.
#[event(bytemuck)]
#[cfg_attr(not(target_os = "solana"), derive(Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct Claimed {
    pub vault: Address,
    pub payout_wallet: Address,
    pub epoch: u64,
    pub amount: u64,
    pub cumulative: u64,
    pub operator_index: u64,
}

/// A run of operators was paid: the one at `first_index` + n got `amounts[n]`, in the n-th receiving account of the
/// instruction; 0 where nothing was left to claim.
#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct RangeClaimed {
    pub vault: Address,
    pub epoch: u64,
    pub first_index: u32,
    pub amounts: Vec<u64>,
}
