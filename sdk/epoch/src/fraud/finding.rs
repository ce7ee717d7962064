//! A finding's name, for appeals.

use trellis_core::{DeviceKey, Epoch, Hash};

use crate::{admission::AttestationId, reason::Reason};

/// A verdict that says a device was not honest: about one attestation, or about the device's epoch as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub epoch: Epoch,
    pub device: DeviceKey,
    pub reason: Reason,
    /// The attestation that it is about; `None`: the device's work in the epoch.
    pub attestation: Option<AttestationId>,
    /// In words, as the bundle has it.
    pub evidence: String,
}

impl Finding {
    /// BLAKE3 of everything in it: what an appeal names, and the correction that upholds one.
    pub fn hash(&self, network: &[u8; 32], vault: &[u8; 32]) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key("trellis 2026 finding of a bundle");
        hasher.update(network).update(vault).update(&self.epoch.get().to_le_bytes());
        hasher.update(&self.device.to_bytes()).update(&self.reason.code().to_le_bytes());
        // All zero is the name of no attestation.
        hasher.update(&self.attestation.unwrap_or_default());
        hasher.update(&(self.evidence.len() as u64).to_le_bytes()).update(self.evidence.as_bytes());
        *hasher.finalize().as_bytes()
    }
}
