//! What is kept of every attestation that is settled: its receipt, or why it was refused.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use trellis_core::receipt::SignedReceipt;
use trellis_epoch::receipt::ReceiptJson;

use crate::json_lines::{self, KeepError};

/// A line of `receipts/epoch-….jsonl`: `trellis receipt` takes one as it is.
#[derive(Serialize)]
struct ReceiptLine {
    sequence: u64,
    interval_start_unix: i64,
    /// Wire bytes, base64.
    attestation: String,
    receipt: ReceiptJson,
}

/// A line of `refused.jsonl`.
#[derive(Serialize)]
struct RefusedLine<'a> {
    sequence: u64,
    interval_start_unix: i64,
    reason: &'a str,
    detail: &'a str,
    attestation: String,
}

/// An attestation that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub sequence: u64,
    pub interval_start_unix: i64,
    pub wire: Vec<u8>,
}

/// An attestation that was refused for good.
#[derive(Clone, Debug)]
pub struct Refused {
    pub sent: Sent,
    pub reason: String,
    pub detail: String,
}

/// The files, in the agent's data folder.
#[derive(Clone, Debug)]
pub struct RecordBook {
    folder: PathBuf,
}

impl RecordBook {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Returns when all receipts survive a power loss. After a crash the same receipt may come again, and stand there twice.
    pub fn keep_receipts(&self, receipts: &[(Sent, SignedReceipt)]) -> Result<(), KeepError> {
        let mut by_epoch: BTreeMap<u64, Vec<ReceiptLine>> = BTreeMap::new();
        for (sent, receipt) in receipts {
            by_epoch.entry(receipt.receipt.epoch.get()).or_default().push(ReceiptLine {
                sequence: sent.sequence,
                interval_start_unix: sent.interval_start_unix,
                attestation: BASE64_STANDARD.encode(&sent.wire),
                receipt: receipt.into(),
            });
        }
        for (epoch, lines) in by_epoch {
            json_lines::append(&self.folder.join(format!("receipts/epoch-{epoch:08}.jsonl")), lines)?;
        }
        Ok(())
    }

    /// Returns when they survive a power loss: nobody signs a refusal, so what was refused is kept.
    pub fn keep_refused(&self, refused: &[Refused]) -> Result<(), KeepError> {
        if refused.is_empty() {
            return Ok(());
        }
        let line = |Refused { sent, reason, detail }: &Refused| {
            let attestation = BASE64_STANDARD.encode(&sent.wire);
            let (sequence, interval_start_unix) = (sent.sequence, sent.interval_start_unix);
            serde_json::to_value(RefusedLine { sequence, interval_start_unix, reason, detail, attestation })
        };
        // Numbers and texts always serialize.
        let lines = refused.iter().filter_map(|refused| line(refused).ok());
        json_lines::append(&self.folder.join("refused.jsonl"), lines)
    }
}
