//! What the chain said when an epoch was closed: everything about registry, vault and emission that an epoch's outcome
//! depends on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trellis_core::{Calendar, DeviceKey, Hash, attestation::WorkKind};

use crate::encoding::base58;

/// A snapshot without its long tables: what a bundle holds as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotHeader {
    slot: u64,
    #[serde(with = "base58")]
    network: [u8; 32],
    #[serde(with = "base58")]
    vault: [u8; 32],
    #[serde(with = "base58")]
    mint: [u8; 32],
    #[serde(with = "hex")]
    policy_hash: Hash,
    genesis_unix: i64,
    epoch_seconds: u32,
    epoch_cap: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emission: Option<u64>,
    classes: Vec<Class>,
}

impl From<&Snapshot> for SnapshotHeader {
    fn from(snapshot: &Snapshot) -> Self {
        let Snapshot { slot, network, vault, mint, policy_hash, genesis_unix, epoch_seconds, .. } = *snapshot;
        let Snapshot { epoch_cap, emission, ref classes, .. } = *snapshot;
        let classes = classes.clone();
        Self { slot, network, vault, mint, policy_hash, genesis_unix, epoch_seconds, epoch_cap, emission, classes }
    }
}

impl SnapshotHeader {
    /// The whole snapshot again.
    pub fn with(self, operators: Vec<Operator>, devices: Vec<Device>) -> Snapshot {
        let Self { slot, network, vault, mint, policy_hash, .. } = self;
        let Self { genesis_unix, epoch_seconds, epoch_cap, emission, classes, .. } = self;
        Snapshot {
            slot,
            network,
            vault,
            mint,
            policy_hash,
            genesis_unix,
            epoch_seconds,
            epoch_cap,
            emission,
            classes,
            operators,
            devices,
        }
    }
}

/// Sorted and self-consistent once [`Snapshot::validate`] has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Everything here is at least as new as this slot.
    pub slot: u64,
    pub network: [u8; 32],
    pub vault: [u8; 32],
    pub mint: [u8; 32],
    pub policy_hash: Hash,
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    /// Most that one epoch's root may add.
    pub epoch_cap: u64,
    /// What the vault received for the epoch that is closed with this snapshot; absent where none is. It never changes
    /// once the epoch is emitted, so it may be read at any time after.
    pub emission: Option<u64>,
    /// By index.
    pub classes: Vec<Class>,
    /// By index: 0, 1, 2, …
    pub operators: Vec<Operator>,
    /// By key.
    pub devices: Vec<Device>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    pub index: u16,
    /// A [`WorkKind`].
    pub work_kind: u8,
    pub rated_power_watts: u64,
    /// Points for a unit of verified work.
    pub weight: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub index: u32,
    pub wallet: [u8; 32],
    pub payout_wallet: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    pub key: DeviceKey,
    pub operator_index: u32,
    pub class_index: u16,
    /// Work from before counts for nobody.
    pub registered_unix: i64,
    pub suspended: bool,
    /// The registry's number for it, which rises with every registration and never changes.
    pub index: u32,
    /// The H3 cell that it stands in; `None`: nowhere yet, or its class has no places.
    pub cell: Option<u64>,
    /// When it came to stand there; 0 without a cell.
    pub cell_set_unix: i64,
}

/// Why a snapshot contradicts itself.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SnapshotError {
    #[error("operator indices do not run 0, 1, 2, …: position {position} holds {index}")]
    OperatorsNotContiguous { position: usize, index: u32 },
    #[error("devices are not sorted by key, or one stands twice, at position {position}")]
    DevicesNotSorted { position: usize },
    #[error("device {device} names operator {index}, who does not exist")]
    UnknownOperator { device: String, index: u32 },
    #[error("device {device} names class {index}, which does not exist")]
    UnknownClass { device: String, index: u16 },
    #[error("class {index} is of work kind {work_kind}, which this version does not know")]
    UnknownWorkKind { index: u16, work_kind: u8 },
    #[error("class {index} stands twice")]
    DuplicateClass { index: u16 },
}

impl Snapshot {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    /// The device with `key`, by binary search.
    pub fn device(&self, key: &DeviceKey) -> Option<&Device> {
        let found = self.devices.binary_search_by(|device| device.key.cmp(key)).ok()?;
        self.devices.get(found)
    }

    pub fn class(&self, index: u16) -> Option<&Class> {
        self.classes.iter().find(|class| class.index == index)
    }

    pub fn validate(&self) -> Result<(), SnapshotError> {
        let mut classes = BTreeMap::new();
        for class in &self.classes {
            let (index, work_kind) = (class.index, class.work_kind);
            WorkKind::from_u8(work_kind).ok_or(SnapshotError::UnknownWorkKind { index, work_kind })?;
            if classes.insert(index, class).is_some() {
                return Err(SnapshotError::DuplicateClass { index });
            }
        }
        for (position, operator) in self.operators.iter().enumerate() {
            if operator.index as usize != position {
                return Err(SnapshotError::OperatorsNotContiguous { position, index: operator.index });
            }
        }
        for (position, device) in self.devices.iter().enumerate() {
            if position > 0 && self.devices[position - 1].key >= device.key {
                return Err(SnapshotError::DevicesNotSorted { position });
            }
            let name = || base58::encode(device.key.bytes());
            if device.operator_index as usize >= self.operators.len() {
                return Err(SnapshotError::UnknownOperator { device: name(), index: device.operator_index });
            }
            if !classes.contains_key(&device.class_index) {
                return Err(SnapshotError::UnknownClass { device: name(), index: device.class_index });
            }
        }
        Ok(())
    }
}
