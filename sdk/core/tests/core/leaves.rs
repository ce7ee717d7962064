//! What the leaves of the two trees hash, and where an operator's claim counter is.

use solana_sha256_hasher::hash;
use trellis_core::{
    Amount, DeviceKey, Epoch, Points,
    leaf::{DeviceLeaf, RewardLeaf},
    pda::{OPERATORS_PER_PAGE, claim_slot},
};

const REWARD: RewardLeaf = RewardLeaf {
    vault: [0x11; 32],
    operator_index: 0x0102_0304,
    payout_wallet: [0x22; 32],
    cumulative: Amount(0x0506),
};

const DEVICE: DeviceLeaf = DeviceLeaf {
    network: [0x33; 32],
    epoch: Epoch(9),
    device: DeviceKey::Ed25519([0x44; 32]),
    operator_index: 0x0708,
    points: Points(0x0a0b),
};

#[test]
fn reward_leaf_by_hand_hashes_this_layout() {
    let mut bytes = vec![0x00];
    bytes.extend([0x11; 32]);
    bytes.extend([4, 3, 2, 1]);
    bytes.extend([0x22; 32]);
    bytes.extend([6, 5, 0, 0, 0, 0, 0, 0]);
    assert_eq!(REWARD.hash(), hash(&bytes).to_bytes());
}

#[test]
fn reward_leaf_with_any_field_changed_differs() {
    let changed = [
        RewardLeaf { vault: [0x12; 32], ..REWARD },
        RewardLeaf { operator_index: REWARD.operator_index + 1, ..REWARD },
        RewardLeaf { payout_wallet: [0x23; 32], ..REWARD },
        RewardLeaf { cumulative: Amount(0x0507), ..REWARD },
    ];
    for leaf in changed {
        assert_ne!(leaf.hash(), REWARD.hash(), "{leaf:?}");
    }
}

#[test]
fn device_leaf_by_hand_hashes_this_layout() {
    let mut bytes = vec![0x00];
    bytes.extend([0x33; 32]);
    bytes.extend([9, 0, 0, 0, 0, 0, 0, 0]);
    bytes.push(0);
    bytes.extend([0x44; 32]);
    bytes.extend([8, 7, 0, 0]);
    bytes.extend([0x0b, 0x0a, 0, 0, 0, 0, 0, 0]);
    assert_eq!(DEVICE.hash(), hash(&bytes).to_bytes());
}

#[test]
fn device_leaf_with_any_field_changed_differs() {
    let changed = [
        DeviceLeaf { network: [0x34; 32], ..DEVICE },
        DeviceLeaf { epoch: Epoch(10), ..DEVICE },
        DeviceLeaf { device: DeviceKey::Ed25519([0x45; 32]), ..DEVICE },
        DeviceLeaf { device: DeviceKey::P256([0x44; 33]), ..DEVICE },
        DeviceLeaf { operator_index: 0x0709, ..DEVICE },
        DeviceLeaf { points: Points(0x0a0c), ..DEVICE },
    ];
    for leaf in changed {
        assert_ne!(leaf.hash(), DEVICE.hash(), "{leaf:?}");
    }
}

#[test]
fn claim_slot_at_the_edges_of_pages_is_page_and_place() {
    assert_eq!(OPERATORS_PER_PAGE, 1_024);
    assert_eq!(claim_slot(0), (0, 0));
    assert_eq!(claim_slot(1_023), (0, 1_023));
    assert_eq!(claim_slot(1_024), (1, 0));
    assert_eq!(claim_slot(u32::MAX), (4_194_303, 1_023));
}
