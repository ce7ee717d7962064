//! What signs for a device.

use trellis_core::{
    DeviceKey,
    attestation::{Attestation, SIGNATURE_BYTES, SignedAttestation},
    precompile::with_low_s,
};

/// A device's key. It may lie in a secure element, which never gives it away.
pub trait DeviceSigner {
    /// Why there is no signature.
    type Error: core::fmt::Display;

    fn public_key(&self) -> DeviceKey;

    /// Signs `message` as it is. ed25519: RFC 8032. P-256: ECDSA over the message's SHA-256, as r ‖ s, big endian; which of
    /// the two values of s makes no difference here.
    fn sign(&mut self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], Self::Error>;
}

/// `attestation` with the signature of `key`, in the one form that oracles take.
pub fn sign<K: DeviceSigner>(key: &mut K, attestation: Attestation) -> Result<SignedAttestation, K::Error> {
    let signature = sign_message(key, &attestation.signing_bytes())?;
    Ok(SignedAttestation { attestation, signature })
}

/// The signature of `key` over `message`, in the one form that the chain and oracles take: for attestations, and for what
/// registers a device ([`trellis_core::registration`]).
pub fn sign_message<K: DeviceSigner>(key: &mut K, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], K::Error> {
    let signature = key.sign(message)?;
    Ok(match key.public_key() {
        DeviceKey::Ed25519(_) => signature,
        DeviceKey::P256(_) => with_low_s(signature),
    })
}

#[cfg(feature = "ed25519")]
pub use software::{SoftwareKey, is_ed25519_signature};

#[cfg(feature = "ed25519")]
mod software {
    use core::convert::Infallible;

    use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
    use trellis_core::{AddressBytes, DeviceKey};

    use super::DeviceSigner;

    /// An ed25519 key in memory.
    pub struct SoftwareKey(SigningKey);

    impl SoftwareKey {
        /// The key of RFC 8032's 32 secret bytes.
        pub fn from_seed(seed: &[u8; 32]) -> Self {
            Self(SigningKey::from_bytes(seed))
        }
    }

    impl DeviceSigner for SoftwareKey {
        type Error = Infallible;

        fn public_key(&self) -> DeviceKey {
            DeviceKey::Ed25519(self.0.verifying_key().to_bytes())
        }

        fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], Infallible> {
            Ok(self.0.sign(message).to_bytes())
        }
    }

    /// Is `signature` that of the oracle's `key` over `message`? A key of small order signs nothing.
    pub fn is_ed25519_signature(key: &AddressBytes, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(key)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}
