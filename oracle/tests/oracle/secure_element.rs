//! A device whose key lies in a secure element (P-256), over real HTTP and through a close.

use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use trellis_core::{DeviceKey, attestation::SignedAttestation};
use trellis_oracle::closing::Closer;

use crate::{
    api_support::Api,
    closer::close,
    world::{device_key, policy, reading, snapshot},
};

#[tokio::test]
async fn readings_of_a_secure_element_are_accepted_and_counted() {
    let key = SigningKey::from_slice(&[9; 32]).unwrap();
    let public = DeviceKey::P256(key.verifying_key().to_encoded_point(true).as_bytes().try_into().unwrap());
    let mut registry = snapshot();
    registry.devices.iter_mut().find(|device| device.key == device_key(5)).unwrap().key = public;
    registry.devices.sort_by_key(|device| device.key);

    let signed = |interval: i64, high: bool| {
        let mut attestation = reading(5, interval, 100, (interval as u64 + 1) * 100).attestation();
        attestation.device = public;
        let signature: Signature = key.sign(&attestation.signing_bytes());
        let low = signature.normalize_s().unwrap_or(signature);
        let other = Signature::from_scalars(low.r(), -*low.s()).unwrap();
        let signature = if high { other } else { low };
        SignedAttestation { attestation, signature: signature.to_bytes().into() }
    };
    let api = Api::start_with(registry.clone(), 1_000).await;
    let good = [signed(0, false), signed(1, false)];
    let (status, results) = api.submit(&good).await;
    assert_eq!(status, 200, "{results:?}");
    for (result, signed) in results.iter().zip(&good) {
        assert_eq!(result["status"], "accepted", "{result}");
        api.verify_receipt(&result["receipt"], signed);
    }
    // The higher S of another reading: signed by the same key, and still not the one signature.
    let (status, results) = api.submit(&[signed(2, true)]).await;
    assert_eq!((status, &results[0]["reason"]), (422, &"bad_signature".into()), "{results:?}");

    let mut closer = Closer::resume(api.log.clone(), std::sync::Arc::new(policy()), api.bundles(), 60).unwrap();
    let bundle = close(&mut closer, &registry);
    assert_eq!((bundle.manifest.attestations, bundle.manifest.accepted), (2, 2));
    let devices = bundle.devices().unwrap().all().unwrap();
    assert_eq!(devices.iter().find(|row| row.device == public).unwrap().points, 200);
}
