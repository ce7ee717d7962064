//! Devices' signatures, verified in batches over several cores.
//!
//! | key | rule |
//! |---|---|
//! | ed25519 | [ZIP-215](https://zips.z.cash/zip-0215): a signature has one verdict, alone or in any batch |
//! | P-256 | ECDSA over SHA-256, with S in the lower half of its range, as Solana's secp256r1 precompile wants it |
//!
//! A batch of ed25519 signatures is checked by one equation with random coefficients. They are drawn from BLAKE3 of the
//! whole batch: nobody can choose signatures that cancel out without changing the coefficients, and the same batch is
//! checked by the same equation everywhere. A batch that fails is taken apart until the bad signatures stand alone.

use ed25519_zebra::{Signature, VerificationKey, VerificationKeyBytes, batch::Verifier};
use p256::ecdsa::signature::Verifier as _;
use rand_core::{CryptoRng, RngCore};
use trellis_core::{
    DeviceKey,
    attestation::{self, SIGNATURE_BYTES, SignedAttestation},
    ed25519,
};

use crate::parallel::map_chunks;

/// Most signatures in one equation: larger batches gain nothing more and leave cores idle at the end.
pub const BATCH: usize = 1_024;
/// Fewest signatures that are worth a thread of their own.
const LEAST_SHARE: usize = 16;
/// A failed batch is split into this many smaller ones. Two signatures in one equation cost less than two by themselves.
const PARTS: usize = 8;

/// A signature, what it signs, and the key that it must be of.
#[derive(Clone, Debug)]
pub struct Item {
    pub key: DeviceKey,
    pub message: Vec<u8>,
    pub signature: [u8; SIGNATURE_BYTES],
}

impl From<&SignedAttestation> for Item {
    fn from(signed: &SignedAttestation) -> Self {
        let attestation = &signed.attestation;
        Self { key: attestation.device, message: attestation.signing_bytes(), signature: signed.signature }
    }
}

impl Item {
    /// Of `signed`, which was decoded from `wire`: there is one encoding for one meaning, so its bytes are what was signed.
    pub fn of_wire(signed: &SignedAttestation, wire: &[u8]) -> Self {
        let body = &wire[..wire.len().saturating_sub(SIGNATURE_BYTES)];
        let message = [attestation::DOMAIN, body].concat();
        Self { key: signed.attestation.device, message, signature: signed.signature }
    }
}

/// Verifies every item on up to `threads` threads (0 counts as 1). One verdict for each, in order; it depends on nothing
/// but the item.
pub fn verify_all(items: &[Item], threads: usize) -> Vec<bool> {
    let mut verdicts = vec![false; items.len()];
    let share = items.len().div_ceil(threads.max(1)).clamp(LEAST_SHARE, BATCH);
    map_chunks(items, &mut verdicts, share, threads, verify_batch, || ());
    verdicts
}

/// Verifies one item.
pub fn verify(item: &Item) -> bool {
    match &item.key {
        DeviceKey::Ed25519(key) => VerificationKey::try_from(*key)
            .and_then(|key| key.verify(&Signature::from(item.signature), &item.message))
            .is_ok(),
        DeviceKey::P256(key) => verify_p256(key, item),
    }
}

fn verify_p256(key: &[u8; 33], item: &Item) -> bool {
    let Ok(key) = p256::ecdsa::VerifyingKey::from_sec1_bytes(key) else { return false };
    let Ok(signature) = p256::ecdsa::Signature::from_slice(&item.signature) else { return false };
    // (r, n − s) verifies whenever (r, s) does: only the lower of the two is a signature here.
    signature.normalize_s().is_none() && key.verify(&item.message, &signature).is_ok()
}

/// Writes the verdict of each of `items` to its place in `verdicts`.
pub(crate) fn verify_batch(items: &[Item], verdicts: &mut [bool]) {
    if let ([item], [verdict]) = (items, &mut *verdicts) {
        *verdict = verify(item);
        return;
    }
    let mut batch = Verifier::new();
    for (item, verdict) in items.iter().zip(verdicts.iter_mut()) {
        *verdict = match &item.key {
            DeviceKey::Ed25519(key) => {
                batch.queue((VerificationKeyBytes::from(*key), Signature::from(item.signature), &item.message));
                true
            }
            DeviceKey::P256(key) => verify_p256(key, item),
        };
    }
    if batch.verify(Coefficients::of(items)).is_err() {
        let part = items.len().div_ceil(PARTS);
        items.chunks(part).zip(verdicts.chunks_mut(part)).for_each(|(items, verdicts)| verify_batch(items, verdicts));
    }
}

/// The endless output of BLAKE3 over a whole batch.
struct Coefficients(blake3::OutputReader);

impl Coefficients {
    fn of(items: &[Item]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("trellis 2026 coefficients of a batch of signatures");
        for item in items {
            hasher.update(&(item.message.len() as u64).to_le_bytes());
            hasher.update(&item.message);
            hasher.update(&item.key.to_bytes());
            hasher.update(&item.signature);
        }
        Self(hasher.finalize_xof())
    }
}

impl RngCore for Coefficients {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Coefficients {}

/// Is this an ed25519 key that can only sign for whoever holds its secret?
pub(crate) fn is_usable(key: &DeviceKey) -> bool {
    let DeviceKey::Ed25519(bytes) = key else { return false };
    VerificationKey::try_from(*bytes).is_ok() && !is_small_order(key)
}

/// Is this an ed25519 key of small order? By ZIP-215 anybody can sign for such a key, so it speaks for no device.
pub fn is_small_order(key: &DeviceKey) -> bool {
    matches!(key, DeviceKey::Ed25519(key) if ed25519::is_small_order(key))
}
