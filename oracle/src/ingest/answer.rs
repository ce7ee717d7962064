//! What a sender is told of each attestation, in JSON.

use serde::Serialize;
use trellis_core::receipt::SignedReceipt;
use trellis_epoch::{
    reason::{Reason, Refusal},
    receipt::ReceiptJson,
};

use super::{Outcome, Taken};

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

impl Answer {
    fn new(outcome: &Outcome, receipt: Option<SignedReceipt>) -> Self {
        let receipt = receipt.as_ref().map(ReceiptJson::from);
        match outcome {
            Outcome::Accepted(accepted) => {
                let id = Some(hex::encode(accepted.attestation_id));
                Self { status: "accepted", id, reason: None, code: None, detail: None, receipt }
            }
            Outcome::Refused { id, refusal: Refusal { reason, detail }, .. } => Self {
                status: "refused",
                id: id.map(hex::encode),
                reason: Some(*reason),
                code: Some(reason.code()),
                detail: Some(detail.clone()),
                receipt,
            },
        }
    }

    pub fn is_accepted(&self) -> bool {
        self.status == "accepted"
    }
}

impl Taken {
    /// One answer for each attestation, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.with_receipts().map(|(outcome, receipt)| Answer::new(outcome, receipt)).collect()
    }
}
