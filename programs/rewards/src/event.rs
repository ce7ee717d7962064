//! One event for every change of state.

use anchor_lang::prelude::*;

#[event]
pub struct VaultCreated {
    pub network: Address,
    pub vault: Address,
    pub mint: Address,
    pub token_account: Address,
}

#[event]
pub struct OraclesSet {
    pub vault: Address,
    pub set_version: u32,
    pub count: u8,
    pub threshold: u32,
}

#[event]
pub struct RootProposed {
    pub vault: Address,
    pub proposal: Address,
    pub proposer: Address,
    pub epoch: u64,
    pub root: [u8; 32],
    pub bundle_hash: [u8; 32],
    pub cumulative_total: u64,
}

#[event]
pub struct RootVoted {
    pub vault: Address,
    pub proposal: Address,
    pub oracle: Address,
    pub epoch: u64,
    pub weight_for: u32,
    pub approved: bool,
}

#[event]
pub struct RootVetoed {
    pub vault: Address,
    pub proposal: Address,
    pub epoch: u64,
}

#[event]
pub struct RootFinalized {
    pub vault: Address,
    pub epoch: u64,
    pub root: [u8; 32],
    pub devices_root: [u8; 32],
    pub bundle_hash: [u8; 32],
    pub leaf_count: u32,
    pub cumulative_total: u64,
}

#[event]
pub struct ProposalClosed {
    pub vault: Address,
    pub proposal: Address,
    pub proposer: Address,
}

#[event]
pub struct PageOpened {
    pub vault: Address,
    pub page: u32,
}

/// Fixed layout: the cheapest to emit, since it stands on the hot path.
#[event(bytemuck)]
pub struct Claimed {
    pub vault: Address,
    pub payout_wallet: Address,
    pub epoch: u64,
    pub amount: u64,
    pub cumulative: u64,
    pub operator_index: u64,
}
