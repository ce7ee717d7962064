//! What an oracle's key signs for the other oracles.

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use trellis_core::{AddressBytes, Hash};
use trellis_epoch::encoding::base58;

/// Separate these signatures from each other and from everything else that an oracle's key may sign.
const REQUEST_DOMAIN: &[u8; 24] = b"trellis:peer-request:v1\0";
const OFFER_DOMAIN: &[u8; 17] = b"trellis:offer:v1\0";
/// Longest path of a request.
pub const MAX_PATH_BYTES: usize = 256;

/// One statement of an oracle of `vault`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "statement", rename_all = "lowercase", deny_unknown_fields)]
pub enum Statement {
    /// "Give me what lies at `path`": for one peer, for a short time.
    Request {
        #[serde(with = "base58")]
        vault: AddressBytes,
        /// The oracle that is asked.
        #[serde(with = "base58")]
        to: AddressBytes,
        time_unix: i64,
        path: String,
    },
    /// "These batches, and no others, hold what I acknowledged for `epoch`."
    Offer {
        #[serde(with = "base58")]
        vault: AddressBytes,
        epoch: u64,
        /// BLAKE3 of the list of batches.
        #[serde(with = "hex::serde")]
        batches: Hash,
    },
}

impl Statement {
    /// What is signed. Only the last field has no fixed length, so that one encoding has one meaning.
    pub fn signing_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request { vault, to, time_unix, path } => {
                [REQUEST_DOMAIN.as_slice(), vault, to, &time_unix.to_le_bytes(), path.as_bytes()].concat()
            }
            Self::Offer { vault, epoch, batches } => {
                [OFFER_DOMAIN.as_slice(), vault, &epoch.to_le_bytes(), batches].concat()
            }
        }
    }

    /// Is `signature` that of `oracle`?
    pub fn is_signed_by(&self, oracle: &AddressBytes, signature: &[u8; 64]) -> bool {
        let key = VerifyingKey::from_bytes(oracle);
        key.is_ok_and(|key| key.verify_strict(&self.signing_bytes(), &Signature::from_bytes(signature)).is_ok())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    fn request() -> Statement {
        Statement::Request { vault: [1; 32], to: [2; 32], time_unix: 3, path: "/v1/peers/x".to_owned() }
    }

    #[test]
    fn signature_holds_for_its_own_statement_and_key_alone() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let oracle = key.verifying_key().to_bytes();
        let signature = key.sign(&request().signing_bytes()).to_bytes();
        assert!(request().is_signed_by(&oracle, &signature));
        let request_with = |change: fn(&mut [u8; 32], &mut [u8; 32], &mut i64, &mut String)| {
            let Statement::Request { mut vault, mut to, mut time_unix, mut path } = request() else { unreachable!() };
            change(&mut vault, &mut to, &mut time_unix, &mut path);
            Statement::Request { vault, to, time_unix, path }
        };
        for other in [
            request_with(|vault, _, _, _| vault[0] = 9),
            request_with(|_, to, _, _| to[0] = 9),
            request_with(|_, _, time_unix, _| *time_unix = 9),
            request_with(|_, _, _, path| path.push('y')),
            Statement::Offer { vault: [1; 32], epoch: 3, batches: [2; 32] },
        ] {
            assert!(!other.is_signed_by(&oracle, &signature), "{other:?}");
        }
        assert!(!request().is_signed_by(&[8; 32], &signature));
        assert!(!request().is_signed_by(&oracle, &[0; 64]));
    }
}
