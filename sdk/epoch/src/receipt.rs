//! Receipts as JSON, and whether an oracle signed them.

use ed25519_zebra::{Signature, VerificationKey};
use serde::{Deserialize, Serialize};
use trellis_core::{
    Epoch, Hash,
    ed25519::is_small_order,
    receipt::{Receipt, ReceiptError, SignedReceipt},
};

use crate::encoding::base58;

/// Is `signature` that of the oracle's `key` over `message`? A key of small order signs nothing.
pub fn is_signature(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    !is_small_order(key)
        && VerificationKey::try_from(*key).is_ok_and(|key| key.verify(&Signature::from(*signature), message).is_ok())
}

/// Is it what the oracle that it names has signed?
pub fn verify(signed: &SignedReceipt) -> Result<(), ReceiptError> {
    signed.verify(is_signature)
}

/// A [`SignedReceipt`] in JSON: what the API answers with, and what a device keeps in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptJson {
    #[serde(with = "base58")]
    pub network: [u8; 32],
    #[serde(with = "hex")]
    pub attestation_id: [u8; 32],
    /// The epoch whose bundle will hold it.
    pub epoch: u64,
    pub position: u64,
    pub received_unix: i64,
    #[serde(with = "base58")]
    pub oracle: [u8; 32],
    pub index: u32,
    pub count: u32,
    #[serde(with = "hex")]
    pub root: Hash,
    /// From the leaf's sibling upwards.
    pub path: Vec<HexHash>,
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// A hash, in hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HexHash(#[serde(with = "hex")] pub Hash);

impl From<&SignedReceipt> for ReceiptJson {
    fn from(signed: &SignedReceipt) -> Self {
        let Receipt { network, attestation_id, epoch, position, received_unix } = signed.receipt;
        Self {
            network,
            attestation_id,
            epoch: epoch.get(),
            position,
            received_unix,
            oracle: signed.oracle,
            index: signed.index,
            count: signed.count,
            root: signed.root,
            path: signed.path.iter().copied().map(HexHash).collect(),
            signature: signed.signature,
        }
    }
}

impl From<&ReceiptJson> for SignedReceipt {
    fn from(json: &ReceiptJson) -> Self {
        let ReceiptJson { network, attestation_id, epoch, position, received_unix, .. } = *json;
        Self {
            receipt: Receipt { network, attestation_id, epoch: Epoch(epoch), position, received_unix },
            oracle: json.oracle,
            index: json.index,
            count: json.count,
            root: json.root,
            path: json.path.iter().map(|hash| hash.0).collect(),
            signature: json.signature,
        }
    }
}
