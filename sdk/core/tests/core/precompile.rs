//! The data of signature precompiles: what is read back, and what is not taken for a proof.

use proptest::prelude::*;
use trellis_core::{
    DeviceKey,
    device_key::KeyKind,
    precompile::{data, parse, program_of, with_low_s},
};

const ED25519: DeviceKey = DeviceKey::Ed25519([0x11; 32]);
const P256: DeviceKey = DeviceKey::P256([0x02; 33]);
const SIGNATURE: [u8; 64] = [0x33; 64];

fn sound(key: &DeviceKey) -> Vec<u8> {
    data(key, &SIGNATURE, b"message").unwrap()
}

/// `data` with offset field number `field` set to `value`.
fn with_field(mut data: Vec<u8>, field: usize, value: u16) -> Vec<u8> {
    data[2 + 2 * field..4 + 2 * field].copy_from_slice(&value.to_le_bytes());
    data
}

#[test]
fn programs_are_those_of_the_chain() {
    let base58 = |kind| bs58_of(program_of(kind));
    assert_eq!(base58(KeyKind::Ed25519), "Ed25519SigVerify111111111111111111111111111");
    assert_eq!(base58(KeyKind::P256), "Secp256r1SigVerify1111111111111111111111111");
}

fn bs58_of(bytes: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u8> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            (*digit, carry) = ((carry % 58) as u8, carry / 58);
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    digits.iter().rev().map(|&digit| char::from(ALPHABET[usize::from(digit)])).collect()
}

#[test]
fn data_by_hand_has_this_layout() {
    let mut wanted = vec![1, 0, 48, 0, 0xff, 0xff, 16, 0, 0xff, 0xff, 112, 0, 7, 0, 0xff, 0xff];
    wanted.extend([0x11; 32]);
    wanted.extend(SIGNATURE);
    wanted.extend(b"message");
    assert_eq!(sound(&ED25519), wanted);
}

#[test]
fn parse_of_sound_data_gives_key_and_message() {
    for key in [ED25519, P256] {
        let data = sound(&key);
        let signed = parse(key.kind(), &data, 3).unwrap();
        assert_eq!((signed.key, signed.message), (key.bytes(), b"message".as_slice()));
        // Its own number means the same as "this instruction".
        for field in [1, 3, 6] {
            assert_eq!(parse(key.kind(), &with_field(data.clone(), field, 3), 3), Some(signed));
        }
    }
}

#[test]
fn parse_of_offsets_into_another_instruction_is_none() {
    for key in [ED25519, P256] {
        for field in [1, 3, 6] {
            for other in [0, 2, 4, u16::MAX - 1] {
                assert_eq!(parse(key.kind(), &with_field(sound(&key), field, other), 3), None);
            }
        }
    }
}

#[test]
fn parse_of_any_number_of_signatures_but_one_is_none() {
    for count in (0..=u8::MAX).filter(|&count| count != 1) {
        let mut data = sound(&ED25519);
        data[0] = count;
        assert_eq!(parse(KeyKind::Ed25519, &data, 0), None, "{count} signatures");
    }
}

#[test]
fn parse_of_offsets_past_the_end_is_none() {
    let data = sound(&P256);
    let length = data.len() as u16;
    for (field, first_bad) in [(0, length - 63), (2, length - 32), (4, length - 6), (5, 8)] {
        assert!(parse(KeyKind::P256, &with_field(data.clone(), field, first_bad - 1), 0).is_some(), "field {field}");
        for value in [first_bad, u16::MAX] {
            assert_eq!(parse(KeyKind::P256, &with_field(data.clone(), field, value), 0), None, "field {field}");
        }
    }
    for length in 0..16 {
        assert_eq!(parse(KeyKind::P256, &data[..length], 0), None);
    }
}

#[test]
fn data_of_a_message_longer_than_offsets_can_say_is_none() {
    assert!(data(&ED25519, &SIGNATURE, &vec![0; usize::from(u16::MAX)]).is_some());
    assert_eq!(data(&ED25519, &SIGNATURE, &vec![0; usize::from(u16::MAX) + 1]), None);
}

/// A signature whose r is 7s and whose s is this, hex.
fn with_s(s: &str) -> [u8; 64] {
    let mut signature = [7; 64];
    signature[32..].copy_from_slice(&hex::decode(s).unwrap());
    signature
}

#[test]
fn with_low_s_of_either_form_is_the_lower() {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let half = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";
    let above_half = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9";
    let one = "0000000000000000000000000000000000000000000000000000000000000001";
    let order_less_one = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
    let above_order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552";
    for (s, lower) in [(half, half), (above_half, half), (one, one), (order_less_one, one), (above_order, above_order)]
    {
        assert_eq!(with_low_s(with_s(s)), with_s(lower), "{s}");
    }
    assert_ne!(with_low_s(with_s(order)), with_s(order_less_one));
}

proptest! {
    #[test]
    fn parse_of_any_bytes_never_panics_and_stays_inside(bytes in prop::collection::vec(any::<u8>(), 0..200), own: u16) {
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            if let Some(signed) = parse(kind, &bytes, own) {
                prop_assert_eq!(signed.key.len(), kind.key_bytes());
            }
        }
    }
}
