//! One event for every change of state.

use anchor_lang::prelude::*;
pub use trellis_rewards_claims::event::*;

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VaultCreated {
    pub network: Address,
    pub vault: Address,
    pub mint: Address,
    pub token_account: Address,
    pub pool: u16,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VaultUpdated {
    pub vault: Address,
    pub guardian: Address,
    pub epoch_cap: u64,
    pub challenge_seconds: u32,
    pub breaker_capacity: u64,
    pub breaker_window_seconds: u32,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VaultPaused {
    pub vault: Address,
    pub until_unix: i64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VaultUnpaused {
    pub vault: Address,
    pub by: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VaultRetired {
    pub vault: Address,
    pub last_epoch: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VaultSwept {
    pub vault: Address,
    pub receiving_tokens: Address,
    pub amount: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct OraclesSet {
    pub vault: Address,
    pub set_version: u32,
    pub count: u8,
    pub threshold: u32,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
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
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct RootVoted {
    pub vault: Address,
    pub proposal: Address,
    pub oracle: Address,
    pub epoch: u64,
    pub weight_for: u32,
    pub approved: bool,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct VoteWithdrawn {
    pub vault: Address,
    pub oracle: Address,
    pub epoch: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct RootVetoed {
    pub vault: Address,
    pub proposal: Address,
    pub epoch: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
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
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct ProposalClosed {
    pub vault: Address,
    pub proposal: Address,
    pub proposer: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct PageOpened {
    pub vault: Address,
    pub page: u32,
}
