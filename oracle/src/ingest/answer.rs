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
    /// `accepted`: on the disk, and will be judged when its epoch closes. `refused`: see `reason`. `retry`: neither; to be
    /// sent again.
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
    /// With `retry`: not sooner than after this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

impl Answer {
    fn new(outcome: &Outcome, receipt: Option<SignedReceipt>) -> Self {
        let blank = Self {
            status: "accepted",
            id: None,
            reason: None,
            code: None,
            detail: None,
            receipt: receipt.as_ref().map(ReceiptJson::from),
            retry_after_seconds: None,
        };
        match outcome {
            Outcome::Accepted(accepted) => Self { id: Some(hex::encode(accepted.attestation_id)), ..blank },
            Outcome::Refused { id, refusal: Refusal { reason, detail }, .. } => Self {
                status: "refused",
                id: id.map(hex::encode),
                reason: Some(*reason),
                code: Some(reason.code()),
                detail: Some(detail.clone()),
                ..blank
            },
            Outcome::Retry { id, after_seconds } => {
                let detail = format!("the device sends more than it may; send this again in {after_seconds} s");
                let (id, detail) = (Some(hex::encode(id)), Some(detail));
                Self { status: "retry", id, detail, retry_after_seconds: Some(*after_seconds), ..blank }
            }
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
