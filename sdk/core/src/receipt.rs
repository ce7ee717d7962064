//! What an oracle signs when it has taken an attestation in.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::AddressBytes;

/// Separates these signatures from everything else that an oracle's key may sign.
pub const DOMAIN: &[u8; 19] = b"trellis:receipt:v1\0";

/// "I have stored this attestation durably and will judge it": the device's proof, to be checked against the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receipt {
    pub network: AddressBytes,
    /// BLAKE3 of the attestation's canonical bytes.
    pub attestation_id: [u8; 32],
    /// Place in the oracle's log.
    pub position: u64,
    /// When the oracle took it in, unix seconds by its clock.
    pub received_unix: i64,
}

impl Receipt {
    /// What the oracle signs: [`DOMAIN`] ‖ borsh of the receipt.
    pub fn signing_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(DOMAIN.len() + 80);
        out.extend_from_slice(DOMAIN);
        // Writing fixed-size fields to a vector cannot fail.
        let written = self.serialize(&mut out);
        debug_assert!(written.is_ok());
        out
    }
}
