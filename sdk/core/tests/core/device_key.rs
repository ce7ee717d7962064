//! Device keys of both kinds: their padded form, seeds and names.

use proptest::prelude::*;
use trellis_core::{
    DeviceKey,
    device_key::{KeyKind, PaddedKey},
    hash::sha256,
};

#[test]
fn key_kinds_have_these_numbers_and_lengths() {
    assert_eq!((KeyKind::from_u8(0), KeyKind::from_u8(1)), (Some(KeyKind::Ed25519), Some(KeyKind::P256)));
    assert_eq!((KeyKind::Ed25519 as u8, KeyKind::P256 as u8), (0, 1));
    assert_eq!((KeyKind::Ed25519.key_bytes(), KeyKind::P256.key_bytes()), (32, 33));
    assert!((2..=u8::MAX).all(|number| KeyKind::from_u8(number).is_none()));
}

#[test]
fn seed_of_an_ed25519_key_is_the_key_and_of_a_p256_key_its_hash() {
    assert_eq!(DeviceKey::Ed25519([7; 32]).seed(), [7; 32]);
    let key = [2; 33];
    assert_eq!(DeviceKey::P256(key).seed(), sha256(&[b"trellis:p256-seed:v1\0", &key]));
    // The two points with one x coordinate are two keys.
    let mut other = key;
    other[0] = 3;
    assert_ne!(DeviceKey::P256(key).seed(), DeviceKey::P256(other).seed());
}

#[test]
fn to_bytes_is_the_kind_then_the_padded_key() {
    let mut wanted = [5; 34];
    (wanted[0], wanted[33]) = (0, 0);
    assert_eq!(DeviceKey::Ed25519([5; 32]).to_bytes(), wanted);
    let mut wanted = [2; 34];
    wanted[0] = 1;
    assert_eq!(DeviceKey::P256([2; 33]).to_bytes(), wanted);
}

proptest! {
    #[test]
    fn from_padded_of_any_bytes_takes_exactly_what_padded_gives(bytes in prop::collection::vec(any::<u8>(), 33), last in 0..2u8) {
        let mut padded: PaddedKey = bytes.try_into().unwrap();
        padded[32] *= last;
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            padded[0] %= 5;
            let sound = match kind {
                KeyKind::Ed25519 => padded[32] == 0,
                KeyKind::P256 => padded[0] == 2 || padded[0] == 3,
            };
            let key = DeviceKey::from_padded(kind, &padded);
            prop_assert_eq!(key.is_some(), sound);
            if let Some(key) = key {
                prop_assert_eq!((key.kind(), key.padded()), (kind, padded));
                prop_assert_eq!(key.bytes(), &padded[..kind.key_bytes()]);
            }
        }
    }
}
