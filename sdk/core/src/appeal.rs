//! Appeals: an operator's word against a finding.
//!
//! ```text
//! signing bytes = DOMAIN ‖ network 32 ‖ vault 32 ‖ finding 32 ‖ statement 32
//! ```
//!
//! Signed with ed25519 by the operator's wallet.

use alloc::vec::Vec;

use crate::{AddressBytes, Hash};

/// Separates these signatures from everything else that a wallet may sign.
pub const DOMAIN: &[u8; 18] = b"trellis:appeal:v1\0";

/// "This finding is wrong, and my statement, of this hash, says why."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeal {
    pub network: AddressBytes,
    pub vault: AddressBytes,
    /// The finding's hash.
    pub finding: Hash,
    /// Hash of the statement, which goes to the network's authority.
    pub statement: Hash,
}

impl Appeal {
    /// What the operator's wallet signs.
    pub fn signing_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(DOMAIN.len() + 128);
        out.extend_from_slice(DOMAIN);
        for part in [&self.network, &self.vault, &self.finding, &self.statement] {
            out.extend_from_slice(part);
        }
        out
    }
}
