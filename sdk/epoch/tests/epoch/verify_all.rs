//! A signature's verdict is its own: alone, in any batch, on any number of threads.

use curve25519_dalek::{
    constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
    edwards::EdwardsPoint,
    scalar::Scalar,
};
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use sha2::{Digest, Sha512};
use trellis_core::DeviceKey;
use trellis_epoch::signatures::{Item, is_small_order, verify, verify_all};

fn good(number: u64) -> Item {
    let mut seed = [3; 32];
    // A few signatures of each key, as a device's attestations come.
    seed[..8].copy_from_slice(&(number / 3).to_le_bytes());
    let key = SigningKey::from_bytes(&seed);
    let message = number.to_le_bytes().to_vec();
    let signature = key.sign(&message).to_bytes();
    Item { key: DeviceKey::Ed25519(key.verifying_key().to_bytes()), message, signature }
}

fn bad(number: u64) -> Item {
    Item { message: b"something else".to_vec(), ..good(number) }
}

/// RFC 6979, A.2.5: P-256 and SHA-256 over "sample". Its S is the higher of the two.
fn rfc_6979() -> Item {
    let key = hex::decode("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6").unwrap();
    let signature = hex::decode(concat!(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    ));
    let (key, signature) = (key.try_into().unwrap(), signature.unwrap().try_into().unwrap());
    Item { key: DeviceKey::P256(key), message: b"sample".to_vec(), signature }
}

fn p256(number: u8) -> Item {
    let key = p256::ecdsa::SigningKey::from_slice(&[number + 1; 32]).unwrap();
    let message = vec![number; 40];
    let signature: p256::ecdsa::Signature = key.sign(&message);
    let signature = signature.normalize_s().unwrap_or(signature);
    let public = key.verifying_key().to_encoded_point(true).as_bytes().try_into().unwrap();
    Item { key: DeviceKey::P256(public), message, signature: signature.to_bytes().into() }
}

/// All encodings of the points of small order: canonical ones, and those with a y of p or more or with a sign on x = 0.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut encodings: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    for first in [0xec, 0xed, 0xee] {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (first, 0x7f);
        let mut signed = bytes;
        signed[31] = 0xff;
        encodings.extend([bytes, signed]);
    }
    let mut one = [0; 32];
    (one[0], one[31]) = (1, 0x80);
    encodings.push(one);
    encodings.sort_unstable();
    encodings.dedup();
    encodings
}

/// A signature by a key with `key_torsion` added to it, and with `nonce_torsion` added to R: only the equation with the
/// cofactor holds.
fn mixed_order(seed: u64, key_torsion: usize, nonce_torsion: usize) -> Item {
    let (secret, nonce) = (Scalar::from(seed + 11), Scalar::from(seed * 7 + 5));
    let point =
        |scalar: Scalar, torsion: usize| -> EdwardsPoint { scalar * ED25519_BASEPOINT_POINT + EIGHT_TORSION[torsion] };
    let key = point(secret, key_torsion).compress().to_bytes();
    let r = point(nonce, nonce_torsion).compress().to_bytes();
    let message = seed.to_le_bytes().to_vec();
    let digest = Sha512::new().chain_update(r).chain_update(key).chain_update(&message);
    let s = nonce + Scalar::from_hash(digest) * secret;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(s.as_bytes());
    Item { key: DeviceKey::Ed25519(key), message, signature }
}

/// Verdicts one by one; and the same in one batch, in batches with good ones, and with bad ones.
fn verdicts(items: &[Item]) -> Vec<bool> {
    let alone: Vec<bool> = items.iter().map(verify).collect();
    assert_eq!(verify_all(items, 1), alone);
    let among = |other: fn(u64) -> Item| -> Vec<bool> {
        let mixed: Vec<Item> = (0..).zip(items).flat_map(|(number, item)| [item.clone(), other(number)]).collect();
        verify_all(&mixed, 2).into_iter().step_by(2).collect()
    };
    assert_eq!(among(good), alone, "among good ones");
    assert_eq!(among(bad), alone, "among bad ones");
    alone
}

#[test]
fn small_order_keys_and_nonces_in_every_encoding_are_valid_by_zip_215_in_every_batch() {
    let encodings = small_order_encodings();
    assert_eq!(encodings.len(), 14);
    let items: Vec<Item> = encodings
        .iter()
        .flat_map(|key| encodings.iter().map(move |r| (key, r)))
        .map(|(key, r)| {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(r);
            Item { key: DeviceKey::Ed25519(*key), message: b"Zcash".to_vec(), signature }
        })
        .collect();
    assert_eq!(items.len(), 196);
    assert_eq!(verdicts(&items), [true; 196]);
    assert!(items.iter().all(|item| is_small_order(&item.key)));
    assert!(!is_small_order(&good(1).key) && !is_small_order(&p256(1).key));
}

#[test]
fn mixed_order_keys_and_nonces_are_valid_by_zip_215_in_every_batch() {
    let pairs = (0..8).flat_map(|key| (0..8).map(move |nonce| (key, nonce)));
    let items: Vec<Item> = (0..).zip(pairs).map(|(seed, (key, nonce))| mixed_order(seed, key, nonce)).collect();
    assert_eq!(verdicts(&items), [true; 64]);
    let torsion_only = items.iter().filter(|item| {
        let DeviceKey::Ed25519(key) = item.key else { return false };
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
        key.verify_strict(&item.message, &ed25519_dalek::Signature::from_bytes(&item.signature)).is_err()
    });
    assert!(torsion_only.count() > 40, "the cases are those that other rules refuse");
    let wrong: Vec<Item> = items.into_iter().map(|item| Item { message: vec![1], ..item }).collect();
    assert_eq!(verdicts(&wrong), [false; 64]);
}

#[test]
fn scalars_and_points_that_are_none_are_refused_in_every_batch() {
    // The group order, little endian: S must be below it.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut large_s = good(1);
    large_s.signature[32..].copy_from_slice(&order);
    let mut high_bits = good(2);
    high_bits.signature[63] |= 0xe0;
    // y = 2 is on no point of the curve.
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    let mut bad_r = good(3);
    bad_r.signature[..32].copy_from_slice(&off_curve);
    let bad_key = Item { key: DeviceKey::Ed25519(off_curve), ..good(4) };
    assert_eq!(verdicts(&[large_s, high_bits, bad_r, bad_key]), [false; 4]);
}

#[test]
fn p256_takes_the_lower_s_alone() {
    let high = rfc_6979();
    let signature = p256::ecdsa::Signature::from_slice(&high.signature).unwrap();
    let low = Item { signature: signature.normalize_s().unwrap().to_bytes().into(), ..high.clone() };
    let other_message = Item { message: b"test".to_vec(), ..low.clone() };
    let other_key = Item { key: p256(1).key, ..low.clone() };
    let zero = Item { signature: [0; 64], ..low.clone() };
    let off_curve = Item { key: DeviceKey::P256([2; 33]), ..low.clone() };
    let of_another_kind = Item { key: good(1).key, ..low.clone() };
    let items = [low, high, other_message, other_key, zero, off_curve, of_another_kind];
    assert_eq!(verdicts(&items), [true, false, false, false, false, false, false]);
}

#[test]
fn no_items_have_no_verdicts() {
    assert_eq!(verify_all(&[], 0), Vec::<bool>::new());
    assert_eq!(verify_all(&[], 8), Vec::<bool>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn verdicts_are_those_of_each_alone_whatever_the_batch_and_threads(
        kinds in prop::collection::vec(0u8..100, 0..1_500), share_of_bad in prop_oneof![Just(0u8), Just(2), Just(50)], threads in 0usize..5,
    ) {
        let items: Vec<Item> = (0u64..).zip(&kinds).map(|(number, &kind)| match kind {
            kind if kind < share_of_bad => bad(number),
            99 => p256(number as u8 % 100),
            98 => rfc_6979(),
            97 => mixed_order(number, 3, 5),
            _ => good(number),
        }).collect();
        let wanted: Vec<bool> = kinds.iter().map(|&kind| kind >= share_of_bad && kind != 98).collect();
        prop_assert_eq!(verify_all(&items, threads), wanted);
    }
}
