//! What a vote names.

use solana_sha256_hasher::hash;
use trellis_core::{Amount, Epoch, root_content::RootContent};

const CONTENT: RootContent = RootContent {
    vault: [0x11; 32],
    epoch: Epoch(7),
    root: [0x22; 32],
    devices_root: [0x33; 32],
    bundle_hash: [0x44; 32],
    leaf_count: 0x0102,
    cumulative_total: Amount(0x0304),
};

#[test]
fn root_content_by_hand_hashes_this_layout() {
    let mut bytes = b"trellis:root:v1".to_vec();
    bytes.extend([0x11; 32]);
    bytes.extend([7, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0x22; 32]);
    bytes.extend([0x33; 32]);
    bytes.extend([0x44; 32]);
    bytes.extend([2, 1, 0, 0]);
    bytes.extend([4, 3, 0, 0, 0, 0, 0, 0]);
    assert_eq!(CONTENT.hash(), hash(&bytes).to_bytes());
}

#[test]
fn root_content_with_any_field_changed_differs() {
    let changed = [
        RootContent { vault: [0x12; 32], ..CONTENT },
        RootContent { epoch: Epoch(8), ..CONTENT },
        RootContent { root: [0x23; 32], ..CONTENT },
        RootContent { devices_root: [0x34; 32], ..CONTENT },
        RootContent { bundle_hash: [0x45; 32], ..CONTENT },
        RootContent { leaf_count: 0x0103, ..CONTENT },
        RootContent { cumulative_total: Amount(0x0305), ..CONTENT },
        // Two neighbouring fields that trade places.
        RootContent { root: CONTENT.devices_root, devices_root: CONTENT.root, ..CONTENT },
    ];
    for content in changed {
        assert_ne!(content.hash(), CONTENT.hash(), "{content:?}");
    }
}
