//! One attestation's bytes, written out by hand.

use trellis_core::{
    DeviceKey,
    attestation::{Attestation, DOMAIN, DecodeError, MAX_WIRE_BYTES, SignedAttestation, WorkKind},
};

const WIRE: &str = concat!(
    "01",                                                               // version
    "1111111111111111111111111111111111111111111111111111111111111111", // network
    "00",                                                               // kind of key: ed25519
    "2222222222222222222222222222222222222222222222222222222222222222", // device key
    "0807060504030201",                                                 // sequence
    "80fbef5200000000",                                                 // interval start
    "58020000",                                                         // interval length: 600
    "01",                                                               // work kind: energy
    "03000000",                                                         // length of the payload
    "aabbcc",                                                           // payload
    "3333333333333333333333333333333333333333333333333333333333333333", // signature
    "4444444444444444444444444444444444444444444444444444444444444444",
);

fn example() -> SignedAttestation {
    let mut signature = [0x33; 64];
    signature[32..].fill(0x44);
    let attestation = Attestation {
        version: 1,
        network: [0x11; 32],
        device: DeviceKey::Ed25519([0x22; 32]),
        sequence: 0x0102_0304_0506_0708,
        interval_start_unix: 0x52ef_fb80,
        interval_seconds: 600,
        work_kind: WorkKind::Energy,
        payload: vec![0xaa, 0xbb, 0xcc],
    };
    SignedAttestation { attestation, signature }
}

#[test]
fn attestation_by_hand_has_this_layout() {
    assert_eq!(hex::encode(example().to_bytes()), WIRE);
    assert_eq!(SignedAttestation::from_bytes(&hex::decode(WIRE).unwrap()), Ok(example()));
}

#[test]
fn signing_bytes_are_the_domain_then_the_attestation() {
    let signed = example();
    let unsigned = &WIRE[..WIRE.len() - 128];
    let wanted = format!("{}{unsigned}", hex::encode(b"trellis:attestation:v1\0"));
    assert_eq!(hex::encode(signed.attestation.signing_bytes()), wanted);
    assert_eq!(DOMAIN.as_slice(), b"trellis:attestation:v1\0");
}

#[test]
fn interval_end_past_the_largest_time_is_none() {
    let mut attestation = example().attestation;
    assert_eq!(attestation.interval_end_unix(), Some(0x52ef_fb80 + 600));
    attestation.interval_start_unix = i64::MAX - 599;
    assert_eq!(attestation.interval_end_unix(), None);
    attestation.interval_start_unix = i64::MAX - 600;
    assert_eq!(attestation.interval_end_unix(), Some(i64::MAX));
}

#[test]
fn from_bytes_of_bad_bytes_names_each_mistake() {
    let good = hex::decode(WIRE).unwrap();
    let change = |position: usize, value: u8| {
        let mut wire = good.clone();
        wire[position] = value;
        SignedAttestation::from_bytes(&wire)
    };
    assert_eq!(SignedAttestation::from_bytes(&[]), Err(DecodeError::Truncated { bytes: 0 }));
    assert_eq!(SignedAttestation::from_bytes(&good[..154]), Err(DecodeError::Truncated { bytes: 154 }));
    assert_eq!(change(0, 2), Err(DecodeError::UnknownVersion { version: 2 }));
    assert_eq!(change(0, 0), Err(DecodeError::UnknownVersion { version: 0 }));
    // Kind of key, work kind (none is 0 or 2), payload's length: too long, too short, too large to be meant.
    for (position, value) in [(33, 1), (86, 0), (86, 2), (87, 4), (87, 2), (90, 0xff)] {
        assert_eq!(change(position, value), Err(DecodeError::Malformed), "byte {position} = {value}");
    }
    let long = [good.as_slice(), &[0; MAX_WIRE_BYTES]].concat();
    assert_eq!(SignedAttestation::from_bytes(&long), Err(DecodeError::TooLong { bytes: long.len() }));
}

#[test]
fn from_bytes_at_the_longest_payload_accepts_and_one_byte_more_refuses() {
    // The longest there is has a P-256 key, which is a byte longer than an ed25519 one.
    for (device, bytes) in
        [(DeviceKey::Ed25519([2; 32]), MAX_WIRE_BYTES - 1), (DeviceKey::P256([2; 33]), MAX_WIRE_BYTES)]
    {
        let mut signed = example();
        signed.attestation.device = device;
        signed.attestation.payload = vec![7; 1_024];
        let wire = signed.to_bytes();
        assert_eq!(wire.len(), bytes);
        assert_eq!(SignedAttestation::from_bytes(&wire), Ok(signed.clone()));
        signed.attestation.payload.push(7);
        let longer = SignedAttestation::from_bytes(&signed.to_bytes());
        assert_eq!(longer, Err(DecodeError::TooLong { bytes: bytes + 1 }));
    }
}

#[test]
fn from_bytes_with_a_p256_key_takes_compressed_points_alone() {
    for (sign, is_point) in [(2, true), (3, true), (0, false), (1, false), (4, false), (0xff, false)] {
        let mut signed = example();
        let mut key = [0x22; 33];
        key[0] = sign;
        signed.attestation.device = DeviceKey::P256(key);
        let wire = signed.to_bytes();
        assert_eq!(wire[33..35], [1, sign]);
        let wanted = if is_point { Ok(signed) } else { Err(DecodeError::Malformed) };
        assert_eq!(SignedAttestation::from_bytes(&wire), wanted, "first byte {sign}");
    }
}

#[test]
fn decode_errors_say_the_values() {
    for (error, words) in [
        (DecodeError::Truncated { bytes: 3 }, "3 bytes are too few"),
        (DecodeError::TooLong { bytes: 9_000 }, "9000 bytes are too many"),
        (DecodeError::UnknownVersion { version: 9 }, "version 9 is not 1"),
        (DecodeError::Malformed, "no canonical attestation"),
    ] {
        assert!(error.to_string().contains(words), "{error}");
    }
}
