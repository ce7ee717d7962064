//! What a sender is told of each attestation.

use serde::Serialize;
use trellis_core::receipt::Receipt;
use trellis_epoch::{
    admission::AttestationId,
    encoding::base58,
    reason::{Reason, Refusal},
};

/// One attestation's answer.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// `accepted`: on the disk, and will be judged when its epoch closes. `refused`: see `reason`.
    pub status: &'static str,
    /// BLAKE3 of the attestation, hex; absent if the bytes are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The reason's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `accepted`, and with `refused` if this very attestation was accepted before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptJson>,
}

/// A [`Receipt`] with the oracle's signature over its signing bytes.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptJson {
    pub network: String,
    pub attestation_id: String,
    pub position: u64,
    pub received_unix: i64,
    pub oracle: String,
    /// ed25519, hex.
    pub signature: String,
}

impl ReceiptJson {
    pub fn new(receipt: &Receipt, oracle: [u8; 32], signature: [u8; 64]) -> Self {
        Self {
            network: base58::encode(&receipt.network),
            attestation_id: hex::encode(receipt.attestation_id),
            position: receipt.position,
            received_unix: receipt.received_unix,
            oracle: base58::encode(&oracle),
            signature: hex::encode(signature),
        }
    }
}

impl Answer {
    pub fn accepted(id: AttestationId, receipt: ReceiptJson) -> Self {
        let id = Some(hex::encode(id));
        Self { status: "accepted", id, reason: None, code: None, detail: None, receipt: Some(receipt) }
    }

    pub fn refused(id: Option<AttestationId>, refusal: &Refusal, receipt: Option<ReceiptJson>) -> Self {
        Self {
            status: "refused",
            id: id.map(hex::encode),
            reason: Some(refusal.reason),
            code: Some(refusal.reason.code()),
            detail: Some(refusal.detail.clone()),
            receipt,
        }
    }

    pub fn is_accepted(&self) -> bool {
        self.status == "accepted"
    }
}
