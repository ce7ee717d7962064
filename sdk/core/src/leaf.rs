//! What the leaves of the two trees of an epoch hold.

use crate::{
    AddressBytes, Amount, DeviceKey, Epoch, Hash, Points,
    merkle::{self, Leaf},
};

/// A leaf of the rewards tree, at position `operator_index`.
///
/// Vault and payout wallet are part of the leaf, so that no leaf of one vault verifies in another and a claim can pay
/// nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewardLeaf {
    pub vault: AddressBytes,
    pub operator_index: u32,
    pub payout_wallet: AddressBytes,
    /// All that the operator has ever earned from this vault.
    pub cumulative: Amount,
}

impl RewardLeaf {
    /// H(0x00 ‖ vault ‖ operator index u32 LE ‖ payout wallet ‖ cumulative u64 LE).
    pub fn hash(&self) -> Hash {
        self.with_parts(merkle::leaf_hash)
    }
}

impl Leaf for RewardLeaf {
    #[inline]
    fn with_parts<T>(&self, take: impl FnOnce(&[&[u8]]) -> T) -> T {
        take(&[
            &self.vault,
            &self.operator_index.to_le_bytes(),
            &self.payout_wallet,
            &self.cumulative.get().to_le_bytes(),
        ])
    }
}

/// A leaf of the devices tree: one device's points in one epoch. The tree is sorted by device key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceLeaf {
    pub network: AddressBytes,
    pub epoch: Epoch,
    pub device: DeviceKey,
    pub operator_index: u32,
    pub points: Points,
}

impl DeviceLeaf {
    /// H(0x00 ‖ network ‖ epoch u64 LE ‖ key kind u8 ‖ key ‖ operator index u32 LE ‖ points u64 LE).
    pub fn hash(&self) -> Hash {
        self.with_parts(merkle::leaf_hash)
    }
}

impl Leaf for DeviceLeaf {
    #[inline]
    fn with_parts<T>(&self, take: impl FnOnce(&[&[u8]]) -> T) -> T {
        take(&[
            &self.network,
            &self.epoch.get().to_le_bytes(),
            &[self.device.kind() as u8],
            self.device.bytes(),
            &self.operator_index.to_le_bytes(),
            &self.points.get().to_le_bytes(),
        ])
    }
}
