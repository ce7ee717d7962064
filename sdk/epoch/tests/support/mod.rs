//! A small network to test with: three operators, five devices, two classes, epochs of six intervals.
//!
//! | device | operator | class | |
//! |---|---|---|---|
//! | 1, 2 | 0 | 0 | |
//! | 3 | 1 | 1 (weight 3) | |
//! | 4 | 2 | 0 | suspended |
//! | 5 | 2 | 0 | |
//! | any other | | | not registered |
#![allow(dead_code)] // Shared by the test targets of two crates, each of which uses its part.

use ed25519_dalek::{Signer, SigningKey};
use trellis_core::{
    DeviceKey, Epoch, WattHours,
    attestation::{Attestation, SignedAttestation, VERSION, WorkKind},
    energy::EnergyReading,
};
use trellis_epoch::{
    EpochInput, LedgerState, Policy, Snapshot,
    policy::EnergyPolicy,
    snapshot::{Class, Device, Operator},
};

pub const GENESIS: i64 = 1_391_472_000;
pub const INTERVAL: i64 = 600;
pub const INTERVALS_PER_EPOCH: i64 = 6;
pub const EPOCH_SECONDS: i64 = INTERVAL * INTERVALS_PER_EPOCH;
/// What an epoch emits into the vault.
pub const EMISSION: u64 = 1_000_003;
/// 6 kW for ten minutes, with 5 % on top.
pub const MOST_WH: u64 = 1_050;
pub const NETWORK: [u8; 32] = [0xa1; 32];
pub const VAULT: [u8; 32] = [0xa2; 32];
pub const SUSPENDED: u8 = 4;
pub const UNREGISTERED: u8 = 9;

pub fn signing_key(device: u8) -> SigningKey {
    SigningKey::from_bytes(&[device; 32])
}

pub fn device_key(device: u8) -> DeviceKey {
    DeviceKey::Ed25519(signing_key(device).verifying_key().to_bytes())
}

pub fn policy() -> Policy {
    let energy = EnergyPolicy { interval_seconds: INTERVAL as u32, tolerance_bps: 500 };
    Policy::new(energy)
}

pub fn snapshot() -> Snapshot {
    let operator =
        |index: u8| Operator { index: u32::from(index), wallet: [0xb0 + index; 32], payout_wallet: [0xc0 + index; 32] };
    let class = |index, weight| Class { index, work_kind: 1, rated_power_watts: 6_000, weight };
    let mut devices: Vec<Device> = [(1, 0, 0), (2, 0, 0), (3, 1, 1), (SUSPENDED, 2, 0), (5, 2, 0)]
        .into_iter()
        .map(|(device, operator_index, class_index)| Device {
            key: device_key(device),
            operator_index,
            class_index,
            registered_unix: 0,
            suspended: device == SUSPENDED,
            index: u32::from(device) - 1,
            cell: None,
            cell_set_unix: 0,
        })
        .collect();
    devices.sort_by_key(|device| device.key);
    Snapshot {
        slot: 77,
        network: NETWORK,
        vault: VAULT,
        mint: [0xa3; 32],
        policy_hash: policy().hash(),
        genesis_unix: GENESIS,
        epoch_seconds: EPOCH_SECONDS as u32,
        epoch_cap: u64::MAX,
        emission: Some(EMISSION),
        classes: vec![class(0, 1), class(1, 3)],
        operators: (0..3).map(operator).collect(),
        devices,
    }
}

/// An energy reading to attest.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub device: u8,
    pub sequence: u64,
    /// Number of the interval since genesis.
    pub interval: i64,
    pub energy: u64,
    pub counter: u64,
}

impl Reading {
    /// Unsigned.
    pub fn attestation(&self) -> Attestation {
        let reading = EnergyReading { energy: WattHours(self.energy), counter: WattHours(self.counter) };
        Attestation {
            version: VERSION,
            network: NETWORK,
            device: device_key(self.device),
            sequence: self.sequence,
            interval_start_unix: GENESIS + self.interval * INTERVAL,
            interval_seconds: INTERVAL as u32,
            work_kind: WorkKind::Energy,
            payload: reading.to_bytes().to_vec(),
        }
    }

    pub fn signed(&self) -> SignedAttestation {
        sign(self.device, self.attestation())
    }

    /// Signed, after `change`.
    pub fn signed_with(&self, change: impl FnOnce(&mut Attestation)) -> SignedAttestation {
        let mut attestation = self.attestation();
        change(&mut attestation);
        sign(self.device, attestation)
    }
}

pub fn sign(device: u8, attestation: Attestation) -> SignedAttestation {
    let signature = signing_key(device).sign(&attestation.signing_bytes()).to_bytes();
    SignedAttestation { attestation, signature }
}

/// Shorthand: `device`'s reading for `interval`, with the sequence number of the interval.
pub fn reading(device: u8, interval: i64, energy: u64, counter: u64) -> Reading {
    Reading { device, sequence: (interval + 1) as u64, interval, energy, counter }
}

/// Six readings of 100 Wh each, that continue each other from epoch to epoch.
pub fn honest_epoch(device: u8, epoch: i64) -> Vec<SignedAttestation> {
    let intervals = epoch * INTERVALS_PER_EPOCH..(epoch + 1) * INTERVALS_PER_EPOCH;
    intervals.map(|interval| reading(device, interval, 100, (interval as u64 + 1) * 100).signed()).collect()
}

pub fn input(epoch: u64, opening: LedgerState, attestations: Vec<SignedAttestation>) -> EpochInput {
    EpochInput {
        epoch: Epoch(epoch),
        snapshot: snapshot(),
        policy: policy(),
        opening,
        corrections: vec![],
        attestations,
    }
}
