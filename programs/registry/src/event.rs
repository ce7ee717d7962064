//! One event for every change of state.

use anchor_lang::prelude::*;

#[event]
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
pub struct AuthorityProposed {
    pub network: Address,
    pub authority: Address,
    pub proposed: Address,
}

#[event]
pub struct AuthorityAccepted {
    pub network: Address,
    pub previous: Address,
    pub authority: Address,
}

/// What stands after the change.
#[event]
pub struct NetworkUpdated {
    pub network: Address,
    pub guardian: Address,
    pub policy_hash: [u8; 32],
    pub suspension_vault: Address,
    pub paused: bool,
}

#[event]
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
pub struct OperatorRegistered {
    pub network: Address,
    pub operator: Address,
    pub wallet: Address,
    pub payout_wallet: Address,
    pub index: u32,
}

/// The operator's rewards are paid to `payout_wallet` from `effective_epoch` on.
#[event]
pub struct PayoutWalletSet {
    pub network: Address,
    pub operator: Address,
    pub payout_wallet: Address,
    pub effective_epoch: u64,
}

#[event]
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
pub struct DeviceMoved {
    pub device: Address,
    pub previous_cell: u64,
    pub cell: u64,
    pub move_count: u32,
}

#[event]
pub struct DeviceTransferred {
    pub network: Address,
    pub device: Address,
    pub from_operator_index: u32,
    pub to_operator_index: u32,
    pub bond: u64,
}

/// The device's account has moved to another address.
#[event]
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
pub struct KeyRecoveryRequested {
    pub network: Address,
    pub device: Address,
    pub new_key: [u8; 33],
    pub effective_unix: i64,
}

#[event]
pub struct KeyRecoveryCancelled {
    pub device: Address,
    pub by: Address,
}

#[event]
pub struct DeviceSuspended {
    pub network: Address,
    pub device: Address,
    /// The network's authority, or the vault whose oracles voted.
    pub by: Address,
    pub reason_code: u16,
    pub evidence_hash: [u8; 32],
}

#[event]
pub struct SuspensionAppealed {
    pub device: Address,
    pub operator_index: u32,
    pub statement_hash: [u8; 32],
}

#[event]
pub struct DeviceReinstated {
    pub network: Address,
    pub device: Address,
}

#[event]
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
pub struct SuspensionVoted {
    pub case: Address,
    pub oracle: Address,
    pub weight_for: u32,
    pub suspended: bool,
}

#[event]
pub struct SuspensionCaseClosed {
    pub case: Address,
    pub opener: Address,
}

#[event]
pub struct DeviceRetired {
    pub network: Address,
    pub device: Address,
    pub operator_index: u32,
    pub index: u32,
    pub bond: u64,
    pub rent_payer: Address,
}
