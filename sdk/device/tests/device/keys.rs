//! Keys in software and in a secure element.

use std::convert::Infallible;

use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use trellis_core::{DeviceKey, attestation::SignedAttestation, exchange::next_frame};
use trellis_device::{Device, DeviceSigner, Work};
use trellis_epoch::signatures::{Item, verify};

use crate::{flash::Flash, power_loss::SETTINGS};

/// As secure elements are: it gives its signatures alone, and of the two values of s whichever comes.
struct SecureElement {
    key: SigningKey,
    gives_high_s: bool,
}

impl DeviceSigner for SecureElement {
    type Error = Infallible;

    fn public_key(&self) -> DeviceKey {
        DeviceKey::P256(self.key.verifying_key().to_encoded_point(true).as_bytes().try_into().unwrap())
    }

    fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], Infallible> {
        let signature: Signature = self.key.sign(message);
        let low = signature.normalize_s().unwrap_or(signature);
        let high = Signature::from_scalars(low.r(), -*low.s()).unwrap();
        Ok(if self.gives_high_s { high } else { low }.to_bytes().into())
    }
}

#[test]
fn attestations_of_a_secure_element_verify_whichever_s_it_gives() {
    for gives_high_s in [false, true] {
        let element = SecureElement { key: SigningKey::from_slice(&[9; 32]).unwrap(), gives_high_s };
        let mut device = Device::open(SETTINGS, element, Flash::new(8_192)).unwrap();
        device.record(0, Work::Average { nanowatts: 1 }, 60).unwrap();
        device.commit().unwrap();
        let batch = device.batch(1).unwrap();
        let wire = next_frame(&mut batch.body.as_slice()).unwrap().unwrap();
        assert!(verify(&Item::from(&SignedAttestation::from_bytes(wire).unwrap())), "high s: {gives_high_s}");
    }
}

#[test]
fn message_for_a_registration_is_signed_in_the_form_that_the_chain_takes() {
    let sign = |gives_high_s| {
        let element = SecureElement { key: SigningKey::from_slice(&[9; 32]).unwrap(), gives_high_s };
        Device::open(SETTINGS, element, Flash::new(8_192)).unwrap().sign_message(b"registration").unwrap()
    };
    assert_eq!(sign(false), sign(true));
    assert!(sign(true)[32] < 0x80, "the lower s");
}
