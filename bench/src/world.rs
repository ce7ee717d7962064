//! A network to measure with: devices that read a meter every ten minutes.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ed25519_dalek::{Signer, SigningKey};
use tempfile::TempDir;
use trellis_core::{
    DeviceKey, WattHours,
    attestation::{Attestation, SignedAttestation, VERSION, WorkKind},
    energy::EnergyReading,
};
use trellis_epoch::{
    Policy, Snapshot,
    policy::EnergyPolicy,
    snapshot::{Class, Device, Operator},
};

const GENESIS: i64 = 1_391_472_000;
/// After every interval of every reading.
pub const FAR_FUTURE_UNIX: i64 = GENESIS + 10 * 365 * 86_400;
/// Intervals of ten minutes in an epoch of a day.
pub const INTERVALS_PER_EPOCH: u32 = 144;
const INTERVAL_SECONDS: u32 = 600;
const NETWORK: [u8; 32] = [0xa1; 32];

pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How long `work` takes, and what it gives.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let outcome = work();
    (start.elapsed(), outcome)
}

/// A folder that goes when dropped, on the disk that the target folder is on: the system's own folder for temporary files
/// may be memory.
pub fn disk_folder() -> Result<TempDir> {
    let program = std::env::current_exe()?;
    Ok(tempfile::tempdir_in(program.parent().context("the program's folder")?)?)
}

pub fn policy() -> Policy {
    Policy::new(EnergyPolicy { interval_seconds: INTERVAL_SECONDS, tolerance_bps: 500 })
}

/// `operators` operators who share `keys`' devices among them; epochs of a day.
pub fn snapshot(operators: u32, mut keys: Vec<[u8; 32]>) -> Snapshot {
    keys.sort_unstable();
    let wallet = |index: u32, kind: u8| {
        let mut wallet = [kind; 32];
        wallet[..4].copy_from_slice(&index.to_le_bytes());
        wallet
    };
    let device = |(number, key): (usize, [u8; 32])| Device {
        key: DeviceKey::Ed25519(key),
        operator_index: (number % operators.max(1) as usize) as u32,
        class_index: 0,
        registered_unix: 0,
        suspended: false,
        index: number as u32,
        cell: None,
        cell_set_unix: 0,
    };
    Snapshot {
        slot: 1,
        network: NETWORK,
        vault: [0xa2; 32],
        mint: [0xa3; 32],
        policy_hash: policy().hash(),
        genesis_unix: GENESIS,
        epoch_seconds: 86_400,
        epoch_cap: u64::MAX,
        emission: Some(1_000_000_000_000),
        classes: vec![Class { index: 0, work_kind: 1, rated_power_watts: 6_000, weight: 1 }],
        operators: (0..operators)
            .map(|index| Operator { index, wallet: wallet(index, 0xb0), payout_wallet: wallet(index, 0xc0) })
            .collect(),
        devices: keys.into_iter().enumerate().map(device).collect(),
    }
}

pub fn signing_key(device: u32) -> SigningKey {
    let mut secret = [7; 32];
    secret[..4].copy_from_slice(&device.to_le_bytes());
    SigningKey::from_bytes(&secret)
}

/// The device's reading for the `interval`th ten minutes of epoch 0.
pub fn reading(key: &SigningKey, interval: u32) -> SignedAttestation {
    let counter = WattHours(u64::from(interval + 1) * 100);
    let attestation = Attestation {
        version: VERSION,
        network: NETWORK,
        device: DeviceKey::Ed25519(key.verifying_key().to_bytes()),
        sequence: u64::from(interval),
        interval_start_unix: GENESIS + i64::from(interval) * i64::from(INTERVAL_SECONDS),
        interval_seconds: INTERVAL_SECONDS,
        work_kind: WorkKind::Energy,
        payload: EnergyReading { energy: WattHours(100), counter }.to_bytes().to_vec(),
    };
    let signature = key.sign(&attestation.signing_bytes()).to_bytes();
    SignedAttestation { attestation, signature }
}
