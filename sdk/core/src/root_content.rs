//! What oracles vote on.

use crate::{AddressBytes, Amount, Epoch, Hash, hash::sha256};

const DOMAIN: &[u8] = b"trellis:root:v1";

/// Everything that an epoch's root promises. A vote names its [`hash`](Self::hash), so that no vote can be counted for
/// another content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootContent {
    pub vault: AddressBytes,
    pub epoch: Epoch,
    /// Root of the rewards tree.
    pub root: Hash,
    /// Root of the devices tree.
    pub devices_root: Hash,
    /// Content address of the bundle (BLAKE3) that anyone can recompute the roots from.
    pub bundle_hash: Hash,
    /// Leaves of the rewards tree: the number of operators.
    pub leaf_count: u32,
    /// Sum of the leaves: all that was ever earned from the vault.
    pub cumulative_total: Amount,
}

impl RootContent {
    pub fn hash(&self) -> Hash {
        sha256(&[
            DOMAIN,
            &self.vault,
            &self.epoch.get().to_le_bytes(),
            &self.root,
            &self.devices_root,
            &self.bundle_hash,
            &self.leaf_count.to_le_bytes(),
            &self.cumulative_total.get().to_le_bytes(),
        ])
    }
}
