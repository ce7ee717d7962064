//! One event for every change of state.

use alloc::{string::String, vec::Vec};

use anchor_lang::prelude::*;

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct MintCreated {
    pub network: Address,
    pub mint: Address,
    pub token_program: Address,
    pub decimals: u8,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct EmissionCreated {
    pub network: Address,
    pub mint: Address,
    pub treasury: Address,
    pub destinations: Vec<Address>,
    pub shares_bps: Vec<u16>,
    pub first_amount: u64,
    pub cap: u64,
    pub recycle_bps: u16,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct EpochsEmitted {
    pub network: Address,
    pub first_epoch: u64,
    /// What each epoch minted in all, from `first_epoch` on.
    pub amounts: Vec<u64>,
    /// All that was ever emitted by the schedule.
    pub emitted: u64,
    /// All that was ever recycled.
    pub recycled: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct TokensBurned {
    pub network: Address,
    /// Signed for the burn.
    pub owner: Address,
    pub amount: u64,
    /// All that was ever burned.
    pub burned: u64,
    pub memo: String,
}
