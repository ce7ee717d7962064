//! Proofs that somebody holds a device's key: its signature over the transaction, or over a message that a signature
//! precompile checks in the same transaction.

use anchor_lang::prelude::*;
use trellis_core::{
    device_key::{DeviceKey, KeyKind},
    precompile,
};

use crate::{constants::MAX_PROOF_SECONDS, error::RegistryError};

/// Where the proofs of a message lie.
pub struct Proofs<'a> {
    pub instructions: &'a SysvarInstructions,
    /// The message that keys sign. It holds the time below.
    pub message: &'a [u8],
    /// The last second at which the message counts.
    pub valid_until_unix: i64,
    pub now_unix: i64,
}

impl Proofs<'_> {
    /// Errors unless `key` signs this transaction as `signer` or, if there is no signer, has signed the message in the
    /// precompile's instruction that stands `places_before` this transaction's current one.
    pub fn require_held(&self, key: &DeviceKey, signer: Option<&Signer>, places_before: u16) -> Result<()> {
        match signer {
            Some(signer) => {
                require!(key.kind() == KeyKind::Ed25519, RegistryError::KeyCannotSign);
                let is_key = DeviceKey::Ed25519(signer.address().to_bytes()) == *key;
                require!(is_key, RegistryError::WrongKeySigner);
                Ok(())
            }
            None => self.require_signed(key, places_before),
        }
    }

    fn require_signed(&self, key: &DeviceKey, places_before: u16) -> Result<()> {
        let latest = self.now_unix.saturating_add(MAX_PROOF_SECONDS);
        require!((self.now_unix..=latest).contains(&self.valid_until_unix), RegistryError::ProofOutOfTime);
        let current = self.instructions.load_current_index();
        let index = current.checked_sub(places_before).ok_or(RegistryError::ProofMissing)?;
        let instruction = self.instructions.load_instruction_at(usize::from(index))?;
        let program = precompile::program_of(key.kind());
        require!(instruction.get_program_id().as_array() == program, RegistryError::ProofMissing);
        let signed = precompile::parse(key.kind(), instruction.get_instruction_data(), index)
            .ok_or(RegistryError::ProofMalformed)?;
        require!(signed.key == key.bytes(), RegistryError::ProofOfAnotherKey);
        require!(signed.message == self.message, RegistryError::ProofOfAnotherMessage);
        Ok(())
    }
}
