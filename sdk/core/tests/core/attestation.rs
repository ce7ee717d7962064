//! One encoding for one meaning, whatever the values and whatever the bytes.

use proptest::prelude::*;
use trellis_core::{
    DeviceKey,
    attestation::{Attestation, DOMAIN, DecodeError, SignedAttestation, VERSION, WorkKind},
};

fn any_key() -> impl Strategy<Value = DeviceKey> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(DeviceKey::Ed25519),
        (2..=3u8, any::<[u8; 32]>()).prop_map(|(sign, x)| {
            let mut key = [sign; 33];
            key[1..].copy_from_slice(&x);
            DeviceKey::P256(key)
        }),
    ]
}

fn any_signed() -> impl Strategy<Value = SignedAttestation> {
    let fields = (any::<[u8; 32]>(), any_key(), any::<u64>(), any::<i64>(), any::<u32>());
    let payload = prop::collection::vec(any::<u8>(), 0..=1_024);
    let signature = prop::collection::vec(any::<u8>(), 64);
    (fields, payload, signature).prop_map(|((network, key, sequence, start, length), payload, signature)| {
        let attestation = Attestation {
            version: VERSION,
            network,
            device: key,
            sequence,
            interval_start_unix: start,
            interval_seconds: length,
            work_kind: WorkKind::Energy,
            payload,
        };
        SignedAttestation { attestation, signature: signature.try_into().unwrap() }
    })
}

/// Bytes that come near to an attestation: a good one with a few bytes changed.
fn nearly_signed() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (any_signed(), changes).prop_map(|(signed, changes)| {
        let mut wire = signed.to_bytes();
        for (position, value) in changes {
            let position = position.index(wire.len());
            wire[position] = value;
        }
        wire
    })
}

proptest! {
    #[test]
    fn attestation_of_any_values_round_trips(signed in any_signed()) {
        prop_assert_eq!(SignedAttestation::from_bytes(&signed.to_bytes()), Ok(signed));
    }

    #[test]
    fn accepted_bytes_are_the_ones_that_encoding_writes(wire in nearly_signed()) {
        if let Ok(signed) = SignedAttestation::from_bytes(&wire) {
            prop_assert_eq!(signed.to_bytes(), wire);
        }
    }

    #[test]
    fn random_bytes_never_panic_and_stay_canonical(wire in prop::collection::vec(any::<u8>(), 0..1_400)) {
        let mut versioned = wire.clone();
        versioned.insert(0, VERSION);
        for wire in [wire, versioned] {
            if let Ok(signed) = SignedAttestation::from_bytes(&wire) {
                prop_assert_eq!(signed.to_bytes(), wire);
            }
        }
    }

    #[test]
    fn every_truncation_is_refused(signed in any_signed()) {
        let wire = signed.to_bytes();
        for length in 0..wire.len() {
            let refused = SignedAttestation::from_bytes(&wire[..length]);
            let wanted = match length {
                0..155 => DecodeError::Truncated { bytes: length },
                _ => DecodeError::Malformed,
            };
            prop_assert_eq!(refused, Err(wanted), "{} of {} bytes", length, wire.len());
        }
    }

    #[test]
    fn one_byte_more_is_refused(signed in any_signed(), extra: u8) {
        let mut wire = signed.to_bytes();
        wire.push(extra);
        prop_assert!(SignedAttestation::from_bytes(&wire).is_err());
        let mut wire = signed.to_bytes();
        wire.insert(wire.len() - 64, extra);
        prop_assert!(SignedAttestation::from_bytes(&wire).is_err());
    }

    #[test]
    fn signing_bytes_of_any_attestation_start_with_the_domain(signed in any_signed()) {
        let bytes = signed.attestation.signing_bytes();
        prop_assert_eq!(&bytes[..DOMAIN.len()], DOMAIN.as_slice());
        prop_assert_eq!(&bytes[DOMAIN.len()..], signed.attestation.to_bytes());
    }

    #[test]
    fn signing_bytes_of_different_attestations_differ(left in any_signed(), right in any_signed()) {
        let same = left.attestation == right.attestation;
        prop_assert_eq!(left.attestation.signing_bytes() == right.attestation.signing_bytes(), same);
    }
}
