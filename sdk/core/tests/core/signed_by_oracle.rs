//! Receipts: their leaf, what is signed over them, and that nothing else verifies.

use proptest::prelude::*;
use trellis_core::{
    Epoch, attestation,
    hash::sha256,
    merkle::leaf_hash,
    receipt::{self, Receipt, ReceiptError, ReceiptRoot, ReceiptTree, SignedReceipt},
};

const ORACLE: [u8; 32] = [0x77; 32];

/// Stands in for a signature: SHA-256 of key and message, twice.
fn sign(key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let hash = sha256(&[key, message]);
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&hash);
    signature[32..].copy_from_slice(&hash);
    signature
}

fn verify(signed: &SignedReceipt) -> Result<(), ReceiptError> {
    signed.verify(|key, message, signature| sign(key, message) == *signature)
}

fn receipt(number: u64) -> Receipt {
    Receipt {
        network: [0x11; 32],
        attestation_id: sha256(&[&number.to_le_bytes()]),
        epoch: Epoch(3),
        position: 1_000 + number,
        received_unix: 1_700_000_000,
    }
}

fn signed(receipts: &[Receipt]) -> Vec<SignedReceipt> {
    let tree = ReceiptTree::new(receipts).unwrap();
    let signature = sign(&ORACLE, &tree.root().signing_bytes());
    let all = receipts.iter().zip(0..);
    all.map(|(receipt, index)| tree.signed(index, *receipt, ORACLE, signature).unwrap()).collect()
}

#[test]
fn receipt_by_hand_has_this_leaf_and_its_answer_signs_this_layout() {
    let receipt = Receipt {
        network: [0x11; 32],
        attestation_id: [0x22; 32],
        epoch: Epoch(5),
        position: 0x0102,
        received_unix: -2,
    };
    let mut leaf = vec![0];
    leaf.extend(b"trellis:receipt:v2\0");
    leaf.extend([0x11; 32]);
    leaf.extend([0x22; 32]);
    leaf.extend([5, 0, 0, 0, 0, 0, 0, 0]);
    leaf.extend([2, 1, 0, 0, 0, 0, 0, 0]);
    leaf.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(receipt.leaf_hash(), sha256(&[&leaf]));
    let tree = ReceiptTree::new(&[receipt]).unwrap();
    let mut bytes = b"trellis:receipts:v2\0".to_vec();
    bytes.extend([0x11; 32]);
    bytes.extend([1, 0, 0, 0]);
    bytes.extend(receipt.leaf_hash());
    assert_eq!(tree.root().signing_bytes().as_slice(), bytes);
}

#[test]
fn domains_of_what_keys_sign_are_no_prefix_of_each_other() {
    let domains = [receipt::DOMAIN.as_slice(), receipt::LEAF_DOMAIN, attestation::DOMAIN];
    for (left, right) in domains.iter().flat_map(|left| domains.iter().map(move |right| (left, right))) {
        assert!(left == right || !left.starts_with(right), "{left:?} {right:?}");
    }
}

#[test]
fn tree_of_no_receipts_or_of_several_networks_is_none() {
    assert!(ReceiptTree::new(&[]).is_none());
    assert!(ReceiptTree::new(&[receipt(0), Receipt { network: [0x12; 32], ..receipt(1) }]).is_none());
    let tree = ReceiptTree::new(&[receipt(0)]).unwrap();
    assert_eq!(tree.signed(1, receipt(1), ORACLE, [0; 64]), None);
}

#[test]
fn receipt_under_a_leaf_of_no_domain_is_not_under_the_root() {
    let mut forged = signed(&[receipt(0)]).remove(0);
    forged.root = leaf_hash(&[&[0x11; 32]]);
    forged.signature = sign(&ORACLE, &ReceiptRoot { network: [0x11; 32], count: 1, root: forged.root }.signing_bytes());
    assert_eq!(verify(&forged), Err(ReceiptError::NotUnderRoot));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every receipt of an answer stands alone, and no other value of any field does.
    #[test]
    fn receipts_of_an_answer_verify_each_and_nothing_else_does(
        count in 1u64..40, which in any::<prop::sample::Index>(), field in 0usize..10, flip in 1u8..=255,
    ) {
        let receipts: Vec<Receipt> = (0..count).map(receipt).collect();
        let all = signed(&receipts);
        for (signed, receipt) in all.iter().zip(&receipts) {
            prop_assert_eq!(verify(signed), Ok(()));
            prop_assert_eq!(&signed.receipt, receipt);
        }
        let mut other = which.get(&all).clone();
        let wide = u64::from(flip);
        match field {
            0 => other.receipt.network[0] ^= flip,
            1 => other.receipt.attestation_id[31] ^= flip,
            2 => other.receipt.epoch.0 ^= wide,
            3 => other.receipt.position ^= wide,
            4 => other.receipt.received_unix ^= i64::from(flip),
            5 => other.index ^= u32::from(flip),
            6 => other.count ^= u32::from(flip),
            7 => other.root[0] ^= flip,
            8 => other.oracle[0] ^= flip,
            _ => other.path.push([flip; 32]),
        }
        match field {
            // A path may lead to the same root from another number of leaves; the number is signed.
            6 => prop_assert!(verify(&other).is_err()),
            8 => prop_assert_eq!(verify(&other), Err(ReceiptError::WrongSignature)),
            _ => prop_assert_eq!(verify(&other), Err(ReceiptError::NotUnderRoot)),
        }
        let mut unsigned = which.get(&all).clone();
        unsigned.signature[0] ^= flip;
        prop_assert_eq!(verify(&unsigned), Err(ReceiptError::WrongSignature));
    }
}
