//! One event for every change of state.

use anchor_lang::prelude::*;

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct PoolCreated {
    pub network: Address,
    pub pool: Address,
    pub mint: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct PoolUpdated {
    pub pool: Address,
    pub guardian: Address,
    pub slash_destination: Address,
    pub unstake_cooldown_seconds: u32,
    pub slash_delay_seconds: u32,
    pub max_slash_bps_per_epoch: u16,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct OperatorStakeOpened {
    pub pool: Address,
    pub operator_stake: Address,
    pub operator: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct PositionOpened {
    pub operator_stake: Address,
    pub position: Address,
    pub wallet: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct Delegated {
    pub operator_stake: Address,
    pub wallet: Address,
    pub amount: u64,
    /// The operator's active stake after it.
    pub active_tokens: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct Unstaked {
    pub operator_stake: Address,
    pub wallet: Address,
    pub ticket: Address,
    /// The operator's stake that it goes to; all zero for the wallet.
    pub destination: Address,
    pub amount: u64,
    pub release_unix: i64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct RedelegationCancelled {
    pub ticket: Address,
    pub wallet: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct Withdrawn {
    pub operator_stake: Address,
    pub wallet: Address,
    pub ticket: Address,
    pub amount: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct Redelegated {
    pub source: Address,
    pub destination: Address,
    pub wallet: Address,
    pub ticket: Address,
    pub amount: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct RewardsDistributed {
    pub pool: Address,
    pub amount: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct RewardsClaimed {
    pub operator_stake: Address,
    pub wallet: Address,
    pub amount: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SlashProposed {
    pub operator_stake: Address,
    pub proposal: Address,
    pub evidence_hash: [u8; 32],
    pub bps: u16,
    pub effective_unix: i64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SlashVetoed {
    pub operator_stake: Address,
    pub proposal: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SlashExecuted {
    pub operator_stake: Address,
    pub proposal: Address,
    pub bps: u16,
    pub amount: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SlashClosed {
    pub operator_stake: Address,
    pub proposal: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct PositionClosed {
    pub operator_stake: Address,
    pub position: Address,
    pub wallet: Address,
}
