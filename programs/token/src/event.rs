//! One event for every change of state.

use anchor_lang::prelude::*;

#[event]
pub struct MintCreated {
    pub network: Address,
    pub mint: Address,
    pub decimals: u8,
}

#[event]
pub struct EmissionCreated {
    pub network: Address,
    pub mint: Address,
    pub reward_account: Address,
    pub first_amount: u64,
    pub cap: u64,
}

#[event]
pub struct EpochEmitted {
    pub network: Address,
    pub epoch: u64,
    pub amount: u64,
    pub emitted: u64,
}
