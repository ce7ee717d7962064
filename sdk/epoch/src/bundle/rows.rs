//! The manifest, and the rows of the tables that are recomputed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trellis_core::{Amount, DeviceKey, Epoch, Hash, root_content::RootContent};

use crate::{
    encoding::{base58, device_key},
    fraud::{Finding, devices::DeviceFinding},
    payout::OperatorRow,
    reason::Reason,
    score::DevicePoints,
    verify::Verdict,
};

/// The only version there is. (1 were files of JSON lines; 2 knew no corrections and findings. Neither was released.)
pub const VERSION: u32 = 3;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the bundle's format: [`VERSION`].
    pub version: u32,
    #[serde(with = "base58")]
    pub network: [u8; 32],
    #[serde(with = "base58")]
    pub vault: [u8; 32],
    pub epoch: u64,
    #[serde(with = "hex")]
    pub root: Hash,
    #[serde(with = "hex")]
    pub devices_root: Hash,
    pub leaf_count: u32,
    pub cumulative_total: u64,
    /// Attestations in the bundle, and how many of them count.
    pub attestations: u64,
    pub accepted: u64,
    /// What the epoch emitted into the vault.
    pub emission: u64,
    /// What the epoch before left for this one.
    pub opening_carry: u64,
    /// What was added to what operators may ever claim: shares − withheld + credited.
    pub distributed: u64,
    /// What of the shares paid debts; it is carried on.
    pub withheld: u64,
    /// What was paid of credits, out of `opening_carry`.
    pub credited: u64,
    /// What is left for the next epoch.
    pub carry: u64,
    /// Corrections that were taken before this epoch, and up to its end.
    pub opening_corrections: u64,
    pub corrections: u64,
    /// Hash of the epoch before's bundle, in hex; absent for epoch 0.
    pub previous_bundle: Option<String>,
    /// Size and BLAKE3 (hex) of every other file.
    pub files: BTreeMap<String, FileEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    pub bytes: u64,
    pub blake3: String,
}

impl Manifest {
    /// What the oracles vote on, given the bundle's hash.
    pub fn root_content(&self, bundle_hash: Hash) -> RootContent {
        RootContent {
            vault: self.vault,
            epoch: Epoch(self.epoch),
            root: self.root,
            devices_root: self.devices_root,
            bundle_hash,
            leaf_count: self.leaf_count,
            cumulative_total: Amount(self.cumulative_total),
        }
    }
}

/// A row of `verdicts.parquet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRow {
    #[serde(with = "device_key")]
    pub device: DeviceKey,
    pub sequence: u64,
    /// BLAKE3 of the attestation, as in its receipt.
    #[serde(with = "hex")]
    pub id: [u8; 32],
    pub interval_start_unix: i64,
    /// Verified work, in watt-hours; absent if refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted_wh: Option<u64>,
    /// Why it was refused; absent if accepted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

impl From<Verdict> for VerdictRow {
    fn from(verdict: Verdict) -> Self {
        let (accepted_wh, refused, detail) = match verdict.outcome {
            Ok(work) => (Some(work.get()), None, None),
            Err(refusal) => (None, Some(refusal.reason), Some(refusal.detail)),
        };
        Self {
            device: verdict.device,
            sequence: verdict.sequence,
            id: verdict.id,
            interval_start_unix: verdict.interval_start_unix,
            accepted_wh,
            refused,
            detail,
        }
    }
}

impl VerdictRow {
    /// The finding that this verdict is, if it is one. `epoch` is the bundle's.
    pub fn finding(&self, epoch: Epoch) -> Option<Finding> {
        let reason = self.refused.filter(|reason| reason.is_finding())?;
        let evidence = self.detail.clone().unwrap_or_default();
        Some(Finding { epoch, device: self.device, reason, attestation: Some(self.id), evidence })
    }
}

/// A row of `findings.parquet`: a device whose epoch earns nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRow {
    #[serde(with = "device_key")]
    pub device: DeviceKey,
    pub operator_index: u32,
    pub reason: Reason,
    pub evidence: String,
    /// What the device would have had.
    pub points_withheld: u64,
}

impl FindingRow {
    /// `epoch` is the bundle's.
    pub fn finding(&self, epoch: Epoch) -> Finding {
        let (device, reason, evidence) = (self.device, self.reason, self.evidence.clone());
        Finding { epoch, device, reason, attestation: None, evidence }
    }
}

impl From<&DeviceFinding> for FindingRow {
    fn from(found: &DeviceFinding) -> Self {
        let DeviceFinding { device, operator_index, reason, ref evidence, points_withheld } = *found;
        Self { device, operator_index, reason, evidence: evidence.clone(), points_withheld }
    }
}

/// A row of `devices.parquet`, which is a leaf of the devices tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRow {
    #[serde(with = "device_key")]
    pub device: DeviceKey,
    pub operator_index: u32,
    pub points: u64,
}

impl From<&DevicePoints> for DeviceRow {
    fn from(row: &DevicePoints) -> Self {
        Self { device: row.device, operator_index: row.operator_index, points: row.points.get() }
    }
}

/// A row of `operators.parquet`, which is a leaf of the rewards tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorLine {
    pub index: u32,
    #[serde(with = "base58")]
    pub payout_wallet: [u8; 32],
    pub points: u64,
    /// Its share of the epoch's tokens.
    pub earned: u64,
    /// What of it pays a debt.
    pub withheld: u64,
    /// What was paid of what it was owed.
    pub credited: u64,
    /// What it still owes.
    pub debt: u64,
    /// What it is still owed.
    pub credit: u64,
    pub cumulative: u64,
}

impl From<&OperatorRow> for OperatorLine {
    fn from(row: &OperatorRow) -> Self {
        Self {
            index: row.index,
            payout_wallet: row.payout_wallet,
            points: row.points.get(),
            earned: row.earned.get(),
            withheld: row.withheld.get(),
            credited: row.credited.get(),
            debt: row.debt.get(),
            credit: row.credit.get(),
            cumulative: row.cumulative.get(),
        }
    }
}
