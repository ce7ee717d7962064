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

#[event]
pub struct ClassCreated {
    pub network: Address,
    pub class: Address,
    pub index: u16,
    pub work_kind: u8,
}

#[event]
pub struct OperatorRegistered {
    pub network: Address,
    pub operator: Address,
    pub wallet: Address,
    pub payout_wallet: Address,
    pub index: u32,
}

#[event]
pub struct DeviceRegistered {
    pub network: Address,
    pub device: Address,
    pub key: [u8; 32],
    pub operator_index: u32,
    pub class_index: u16,
    pub index: u32,
}

#[event]
pub struct DeviceSuspended {
    pub network: Address,
    pub device: Address,
    pub reason_code: u16,
    pub evidence_hash: [u8; 32],
}

#[event]
pub struct DeviceReinstated {
    pub network: Address,
    pub device: Address,
}
