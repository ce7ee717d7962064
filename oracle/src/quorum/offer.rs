//! What an oracle says it acknowledged for an epoch: a signed list of batches.

use serde::{Deserialize, Serialize};
use solana_address::Address;
use trellis_core::{AddressBytes, Epoch, Hash};
use trellis_epoch::encoding::base58;

use super::{
    Limits,
    batch::{MAX_BATCH_BYTES, SEAL_BYTES},
    statement::Statement,
};
use crate::key::{OracleKey, SignError};

/// One batch of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchEntry {
    /// BLAKE3 of its bytes.
    #[serde(with = "hex::serde")]
    pub hash: Hash,
    /// Attestations in it.
    pub count: u64,
    pub bytes: u64,
}

/// "These batches, and no others, hold what I acknowledged for this epoch", signed by the oracle. Anyone can pass it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    #[serde(with = "base58")]
    pub oracle: AddressBytes,
    pub epoch: u64,
    pub batches: Vec<BatchEntry>,
    /// ed25519 over the statement, hex.
    pub signature: String,
}

/// All offers that an oracle holds whole: its own, and those of others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    pub offers: Vec<Offer>,
}

/// Why an offer is not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OfferError {
    #[error("it is of epoch {found}, and {wanted} was asked for")]
    OtherEpoch { found: u64, wanted: Epoch },
    #[error("the signature on it is not that of {oracle}")]
    BadSignature { oracle: Address },
    #[error("batch {hash} has {bytes} bytes; at most {MAX_BATCH_BYTES} are taken, and more than none")]
    BatchSize { hash: String, bytes: u64 },
    #[error("batch {hash} stands in it twice")]
    Repeated { hash: String },
    #[error(
        "it names {batches} batches of {bytes} bytes together; at most {limit} bytes are taken from one oracle \
             (`quorum.max_peer_bytes`)"
    )]
    TooMuch { batches: usize, bytes: u128, limit: u64 },
}

impl Offer {
    /// The key's own offer.
    pub fn sign(key: &OracleKey, vault: &Address, epoch: Epoch, batches: Vec<BatchEntry>) -> Result<Self, SignError> {
        let mut offer =
            Self { oracle: key.address().to_bytes(), epoch: epoch.get(), batches, signature: String::new() };
        offer.signature = hex::encode(key.sign_statement(&offer.statement(vault))?);
        Ok(offer)
    }

    fn statement(&self, vault: &Address) -> Statement {
        let mut hasher = blake3::Hasher::new();
        for BatchEntry { hash, count, bytes } in &self.batches {
            hasher.update(hash).update(&count.to_le_bytes()).update(&bytes.to_le_bytes());
        }
        Statement::Offer { vault: vault.to_bytes(), epoch: self.epoch, batches: *hasher.finalize().as_bytes() }
    }

    pub fn oracle(&self) -> Address {
        Address::from(self.oracle)
    }

    /// Errors unless it is the oracle's own, for this epoch of this vault, and not too large.
    pub fn check(&self, vault: &Address, wanted: Epoch, limits: &Limits) -> Result<(), OfferError> {
        if self.epoch != wanted.get() {
            return Err(OfferError::OtherEpoch { found: self.epoch, wanted });
        }
        let signature = hex::decode(&self.signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        if !signature.is_some_and(|signature| self.statement(vault).is_signed_by(&self.oracle, &signature)) {
            return Err(OfferError::BadSignature { oracle: self.oracle() });
        }
        let mut seen = std::collections::BTreeSet::new();
        for BatchEntry { hash, bytes, .. } in &self.batches {
            let hash_text = || hex::encode(hash);
            if !(1..=MAX_BATCH_BYTES).contains(bytes) {
                return Err(OfferError::BatchSize { hash: hash_text(), bytes: *bytes });
            }
            if !seen.insert(hash) {
                return Err(OfferError::Repeated { hash: hash_text() });
            }
        }
        let bytes: u128 = self.batches.iter().map(|batch| u128::from(batch.bytes)).sum();
        // All batches but the last are sealed when they are full: many tiny ones would only cost requests.
        let most = limits.peer_bytes / SEAL_BYTES as u64 + 1;
        if bytes > u128::from(limits.peer_bytes) || self.batches.len() as u64 > most {
            return Err(OfferError::TooMuch { batches: self.batches.len(), bytes, limit: limits.peer_bytes });
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;

    const VAULT: Address = Address::new_from_array([5; 32]);
    const LIMITS: Limits = Limits { peer_bytes: 20 << 20 };

    fn entry(number: u8, bytes: u64) -> BatchEntry {
        BatchEntry { hash: [number; 32], count: 1, bytes }
    }

    fn offer(batches: Vec<BatchEntry>) -> Offer {
        Offer::sign(&OracleKey::of(Keypair::new_from_array([3; 32])), &VAULT, Epoch(7), batches).unwrap()
    }

    fn refusal(offer: &Offer) -> String {
        offer.check(&VAULT, Epoch(7), &LIMITS).unwrap_err().to_string()
    }

    #[test]
    fn offer_holds_for_its_vault_and_epoch() {
        for batches in [vec![], vec![entry(1, 100), entry(2, 5)]] {
            let offer = offer(batches);
            offer.check(&VAULT, Epoch(7), &LIMITS).unwrap();
            let read: Offer = serde_json::from_str(&serde_json::to_string(&offer).unwrap()).unwrap();
            assert_eq!(read, offer);
            assert!(matches!(offer.check(&VAULT, Epoch(8), &LIMITS), Err(OfferError::OtherEpoch { .. })));
            let other = Address::new_from_array([6; 32]);
            assert!(matches!(offer.check(&other, Epoch(7), &LIMITS), Err(OfferError::BadSignature { .. })));
        }
    }

    #[test]
    fn offer_that_was_changed_is_nobody_s() {
        let changed = |change: fn(&mut Offer)| {
            let mut offer = offer(vec![entry(1, 100), entry(2, 5)]);
            change(&mut offer);
            refusal(&offer)
        };
        for refused in [
            changed(|offer| offer.batches[0].count += 1),
            changed(|offer| offer.batches[0].bytes += 1),
            changed(|offer| offer.batches.swap(0, 1)),
            changed(|offer| offer.batches.truncate(1)),
            changed(|offer| offer.oracle = [9; 32]),
            changed(|offer| offer.signature.truncate(4)),
            changed(|offer| offer.signature = "x".repeat(128)),
        ] {
            assert!(refused.contains("the signature on it"), "{refused}");
        }
    }

    #[test]
    fn offer_out_of_bounds_is_refused_with_the_bound() {
        let refused = refusal(&offer(vec![entry(1, 0)]));
        assert!(refused.contains("has 0 bytes"), "{refused}");
        let refused = refusal(&offer(vec![entry(1, MAX_BATCH_BYTES + 1)]));
        assert!(refused.contains(&(MAX_BATCH_BYTES + 1).to_string()), "{refused}");
        let refused = refusal(&offer(vec![entry(1, 1), entry(1, 1)]));
        assert!(refused.contains("twice"), "{refused}");
        let refused = refusal(&offer(vec![entry(1, MAX_BATCH_BYTES), entry(2, MAX_BATCH_BYTES)]));
        assert!(refused.contains("quorum.max_peer_bytes"), "{refused}");
        let refused = refusal(&offer((0..4).map(|number| entry(number, 1)).collect()));
        assert!(refused.contains("4 batches"), "{refused}");
    }
}
