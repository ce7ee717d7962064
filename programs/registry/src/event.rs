//! One event for every change of state.

use anchor_lang::prelude::*;

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct NetworkCreated {
    pub network: Address,
    pub authority: Address,
    pub name: [u8; 32],
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    pub policy_hash: [u8; 32],
}

/// `proposed` is all zero if the authority took a proposal back.
#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct AuthorityProposed {
    pub network: Address,
    pub authority: Address,
    pub proposed: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct AuthorityAccepted {
    pub network: Address,
    pub previous: Address,
    pub authority: Address,
}

/// What stands after the change.
#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct NetworkUpdated {
    pub network: Address,
    pub guardian: Address,
    pub policy_hash: [u8; 32],
    pub suspension_vault: Address,
    pub paused: bool,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct ClassCreated {
    pub network: Address,
    pub class: Address,
    pub maker: Address,
    pub rated_power_watts: u64,
    pub bond: u64,
    pub weight: u32,
    pub index: u16,
    pub work_kind: u8,
    pub key_kind: u8,
    pub h3_resolution: u8,
}

/// What stands after the change.
#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct ClassUpdated {
    pub network: Address,
    pub class: Address,
    pub maker: Address,
    pub rated_power_watts: u64,
    pub bond: u64,
    pub weight: u32,
    pub active: bool,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct OperatorRegistered {
    pub network: Address,
    pub operator: Address,
    pub wallet: Address,
    pub payout_wallet: Address,
    pub index: u32,
}

/// The operator's rewards are paid to `payout_wallet` from `effective_epoch` on.
#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct PayoutWalletSet {
    pub network: Address,
    pub operator: Address,
    pub payout_wallet: Address,
    pub effective_epoch: u64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceRegistered {
    pub network: Address,
    pub device: Address,
    pub key_kind: u8,
    pub key: [u8; 33],
    pub operator_index: u32,
    pub class_index: u16,
    pub index: u32,
    pub bond: u64,
    pub rent_payer: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceMoved {
    pub device: Address,
    pub previous_cell: u64,
    pub cell: u64,
    pub move_count: u32,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceTransferred {
    pub network: Address,
    pub device: Address,
    pub from_operator_index: u32,
    pub to_operator_index: u32,
    pub bond: u64,
}

/// The device's account has moved to another address.
#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceKeyChanged {
    pub network: Address,
    pub previous_device: Address,
    pub device: Address,
    pub key_kind: u8,
    pub previous_key: [u8; 33],
    pub key: [u8; 33],
    pub index: u32,
    pub rent_payer: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct KeyRecoveryRequested {
    pub network: Address,
    pub device: Address,
    pub new_key: [u8; 33],
    pub effective_unix: i64,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct KeyRecoveryCancelled {
    pub device: Address,
    pub by: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceSuspended {
    pub network: Address,
    pub device: Address,
    /// The network's authority, or the vault whose oracles voted.
    pub by: Address,
    pub reason_code: u16,
    pub evidence_hash: [u8; 32],
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SuspensionAppealed {
    pub device: Address,
    pub operator_index: u32,
    pub statement_hash: [u8; 32],
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceReinstated {
    pub network: Address,
    pub device: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SuspensionCaseOpened {
    pub network: Address,
    pub vault: Address,
    pub case: Address,
    pub opener: Address,
    pub device: Address,
    pub device_index: u32,
    pub reason_code: u16,
    pub evidence_hash: [u8; 32],
    pub weight_for: u32,
    pub suspended: bool,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SuspensionVoted {
    pub case: Address,
    pub oracle: Address,
    pub weight_for: u32,
    pub suspended: bool,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct SuspensionCaseClosed {
    pub case: Address,
    pub opener: Address,
}

#[event]
#[cfg_attr(not(target_os = "solana"), derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize))]
pub struct DeviceRetired {
    pub network: Address,
    pub device: Address,
    pub operator_index: u32,
    pub index: u32,
    pub bond: u64,
    pub rent_payer: Address,
}
