//! Whose signature counts.

use ed25519_dalek::{Signer, SigningKey, Verifier};
use trellis_core::{DeviceKey, Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    EpochInput, LedgerState, Reason,
    admission::admit,
    close_epoch, signatures,
    verify::{canonical_order, verify_epoch},
};

use crate::support::{device_key, input, policy, reading, snapshot};

/// RFC 8032, section 7.1, test 1: the secret key and its public key.
const RFC_8032_SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const RFC_8032_PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#[test]
fn signature_of_the_rfc_8032_key_over_signing_bytes_verifies_and_is_admitted() {
    let key = SigningKey::from_bytes(&hex::decode(RFC_8032_SECRET).unwrap().try_into().unwrap());
    assert_eq!(hex::encode(key.verifying_key().as_bytes()), RFC_8032_PUBLIC);
    let mut attestation = reading(1, 0, 100, 100).attestation();
    attestation.device = DeviceKey::Ed25519(key.verifying_key().to_bytes());
    let signature = key.sign(&attestation.signing_bytes());
    assert!(key.verifying_key().verify(&attestation.signing_bytes(), &signature).is_ok());

    let mut with_device = snapshot();
    with_device.devices.push(trellis_epoch::snapshot::Device { key: attestation.device, ..with_device.devices[0] });
    with_device.devices.sort_by_key(|device| device.key);
    let signed = SignedAttestation { attestation, signature: signature.to_bytes() };
    assert!(admit(signed.clone(), &with_device, &policy()).is_ok());

    // Without the domain it is another statement.
    let bare = SignedAttestation { signature: key.sign(&signed.attestation.to_bytes()).to_bytes(), ..signed };
    assert_eq!(admit(bare, &with_device, &policy()).unwrap_err().reason, Reason::BadSignature);
}

#[test]
fn signature_with_any_bit_changed_is_refused() {
    let good = reading(1, 0, 100, 100).signed();
    for bit in 0..512 {
        let mut signed = good.clone();
        signed.signature[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(admit(signed, &snapshot(), &policy()).unwrap_err().reason, Reason::BadSignature, "bit {bit}");
    }
}

#[test]
fn signature_of_another_device_is_refused() {
    let attestation = reading(1, 0, 100, 100).attestation();
    let signed = crate::support::sign(2, attestation);
    assert_eq!(admit(signed, &snapshot(), &policy()).unwrap_err().reason, Reason::BadSignature);
}

#[test]
fn signature_with_the_group_order_added_is_refused() {
    // The order L of the base point, little endian: S + L would verify under a lax check, as a second signature.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut signed = reading(1, 0, 100, 100).signed();
    let mut carry = 0;
    for (byte, order) in signed.signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(admit(signed, &snapshot(), &policy()).unwrap_err().reason, Reason::BadSignature);
}

#[test]
fn small_order_device_key_signs_nothing() {
    // The neutral element as key: with R = neutral and S = 0 a lax check accepts any message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut with_device = snapshot();
    with_device.devices[0].key = DeviceKey::Ed25519(neutral);
    with_device.devices.sort_by_key(|device| device.key);
    let mut attestation = reading(1, 0, 100, 100).attestation();
    attestation.device = DeviceKey::Ed25519(neutral);
    let mut signature = [0; 64];
    signature[0] = 1;
    let signed = SignedAttestation { attestation, signature };
    assert!(signatures::verify(&(&signed).into()), "by ZIP-215 alone it would");
    assert_eq!(admit(signed, &with_device, &policy()).unwrap_err().reason, Reason::BadSignature);
}

#[test]
fn forged_attestation_cannot_change_the_devices_state() {
    // Each forgery would, if believed, use up a sequence number, an interval or a counter of device 1.
    let honest = vec![reading(1, 0, 100, 100).signed(), reading(1, 1, 100, 200).signed()];
    let forge = |sequence: u64, interval: i64, counter: u64| {
        let mut attestation = reading(1, interval, 100, counter).attestation();
        attestation.sequence = sequence;
        SignedAttestation { attestation, signature: [9; 64] }
    };
    let mut attestations = honest.clone();
    attestations.extend([forge(0, 0, 100), forge(1, 5, 900), forge(u64::MAX, 5, u64::MAX)]);
    canonical_order(&mut attestations);
    let judge = |attestations: &[SignedAttestation]| {
        verify_epoch(Epoch(0), attestations, &snapshot(), &policy(), &LedgerState::default())
    };
    let verified = judge(&attestations);
    assert_eq!(verified.devices, judge(&honest).devices);
    let refused = verified.verdicts.iter().filter_map(|verdict| verdict.outcome.as_ref().err());
    assert_eq!(refused.map(|refusal| refusal.reason).collect::<Vec<_>>(), [Reason::BadSignature; 3]);
    assert_eq!(verified.devices.len(), 1);
    assert_eq!(verified.devices[0].key, device_key(1));
}

/// Secure element `number`, with a key for it in a snapshot in device 5's place.
fn secure_element(number: u8) -> (p256::ecdsa::SigningKey, trellis_epoch::Snapshot) {
    let key = p256::ecdsa::SigningKey::from_slice(&[number; 32]).unwrap();
    let public = key.verifying_key().to_encoded_point(true).as_bytes().try_into().unwrap();
    let mut snapshot = snapshot();
    snapshot.devices.iter_mut().find(|device| device.key == device_key(5)).unwrap().key = DeviceKey::P256(public);
    snapshot.devices.sort_by_key(|device| device.key);
    (key, snapshot)
}

#[test]
fn work_of_a_secure_element_is_counted_and_its_other_signature_is_not() {
    let (key, snapshot) = secure_element(9);
    let public = snapshot.devices.last().unwrap().key;
    let mut attestations = Vec::new();
    for interval in 0..6 {
        let mut attestation = reading(1, interval, 100, (interval as u64 + 1) * 100).attestation();
        attestation.device = public;
        let signature: p256::ecdsa::Signature = key.sign(&attestation.signing_bytes());
        let low = signature.normalize_s().unwrap_or(signature);
        attestations.push(SignedAttestation { attestation, signature: low.to_bytes().into() });
    }
    // The same statement once more, under S' = n − S: anybody can make it, and nobody is to gain by it.
    let mut high = attestations[0].clone();
    let low = p256::ecdsa::Signature::from_slice(&high.signature).unwrap();
    let negated = p256::ecdsa::Signature::from_scalars(low.r(), -*low.s()).unwrap();
    high.signature = negated.to_bytes().into();
    assert!(
        p256::ecdsa::signature::Verifier::verify(key.verifying_key(), &high.attestation.signing_bytes(), &negated)
            .is_ok()
    );
    assert_eq!(admit(high.clone(), &snapshot, &policy()).unwrap_err().reason, Reason::BadSignature);
    attestations.push(high);
    let input = EpochInput { snapshot, ..input(0, LedgerState::default(), attestations) };
    let closed = close_epoch(input).unwrap();
    assert_eq!((closed.attestations, closed.accepted), (7, 6));
    let points: Vec<u64> = closed.operators.iter().map(|row| row.points.get()).collect();
    assert_eq!(points, [0, 0, 600]);
    assert_eq!(closed.operators[2].earned.get(), crate::support::EMISSION);
}
