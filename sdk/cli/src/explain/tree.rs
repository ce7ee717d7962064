//! The two leaves that an epoch has for a device: its own points, and its operator's rewards.

use std::thread;

use serde::Serialize;
use trellis_core::{
    Amount, DeviceKey, Epoch, Hash, Points,
    leaf::{DeviceLeaf, RewardLeaf},
    merkle,
};
use trellis_epoch::{
    bundle::{DeviceRow, Manifest, OperatorLine},
    tree,
};

use crate::commands::CheckFailed;

/// A leaf, and the way from it to the root.
#[derive(Clone, Debug, Serialize)]
pub struct LeafProof {
    pub leaf: String,
    pub position: u64,
    pub leaf_count: u64,
    /// From the leaf's sibling upwards.
    pub proof: Vec<String>,
    pub root: String,
}

/// The leaf of the devices tree.
///
/// # Errors
/// The rows do not lead to the manifest's root.
pub fn device_leaf(manifest: &Manifest, devices: &[DeviceRow], key: &DeviceKey) -> Result<LeafProof, CheckFailed> {
    let network = manifest.network;
    let epoch = Epoch(manifest.epoch);
    let leaf = |row: &DeviceRow| {
        let DeviceRow { device, operator_index, points } = *row;
        DeviceLeaf { network, epoch, device, operator_index, points: Points(points) }
    };
    let tree = tree::build(devices, threads(), leaf);
    let position = devices.iter().position(|row| row.device == *key);
    prove(&tree, position.map(|position| position as u64), manifest.devices_root, "devices")
}

/// The leaf of the rewards tree, which claims are made against.
///
/// # Errors
/// The rows do not lead to the manifest's root.
pub fn reward_leaf(manifest: &Manifest, operators: &[OperatorLine], index: u32) -> Result<LeafProof, CheckFailed> {
    let vault = manifest.vault;
    let leaf = |line: &OperatorLine| {
        let OperatorLine { index, payout_wallet, cumulative, .. } = *line;
        RewardLeaf { vault, operator_index: index, payout_wallet, cumulative: Amount(cumulative) }
    };
    prove(&tree::build(operators, threads(), leaf), Some(u64::from(index)), manifest.root, "rewards")
}

fn prove(tree: &merkle::Tree, position: Option<u64>, root: Hash, what: &str) -> Result<LeafProof, CheckFailed> {
    let found = position.and_then(|position| Some((position, tree.leaf(position)?, tree.proof(position)?)));
    let (position, leaf, proof) = found.ok_or_else(|| CheckFailed(format!("the {what} tree lacks the leaf")))?;
    if !merkle::verify(&root, tree.leaf_count(), position, &leaf, &proof) {
        let (actual, wanted) = (hex::encode(tree.root()), hex::encode(root));
        return Err(CheckFailed(format!("the {what} tree has root {actual}, the manifest says {wanted}")));
    }
    Ok(LeafProof {
        leaf: hex::encode(leaf),
        position,
        leaf_count: tree.leaf_count(),
        proof: proof.iter().map(hex::encode).collect(),
        root: hex::encode(root),
    })
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
