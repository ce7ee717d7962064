//! Files that hold a receipt, evidence or an attestation.

use std::{fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use trellis_core::{attestation::SignedAttestation, receipt::SignedReceipt};
use trellis_epoch::{evidence::Evidence, receipt::ReceiptJson};

use crate::commands::Unusable;

/// What a file holds.
pub enum Held {
    Receipt(Box<SignedReceipt>),
    Evidence(Box<Evidence>),
}

fn unusable(path: &Path, what: impl std::fmt::Display) -> anyhow::Error {
    Unusable(format!("{}: {what}", path.display())).into()
}

/// A receipt, an answer of the API with one in it, or evidence.
pub fn read(path: &Path) -> anyhow::Result<Held> {
    let text = fs::read_to_string(path).map_err(|error| unusable(path, error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| unusable(path, format!("no JSON: {error}")))?;
    let no_receipt = |error: serde_json::Error| unusable(path, format!("no receipt: {error}"));
    if value.get("manifest").is_some() {
        let evidence = serde_json::from_value(value);
        return Ok(Held::Evidence(evidence.map_err(|error| unusable(path, format!("no evidence: {error}")))?));
    }
    let receipt = match value.get("receipt") {
        Some(receipt) => receipt.clone(),
        None => value,
    };
    let receipt: ReceiptJson = serde_json::from_value(receipt).map_err(no_receipt)?;
    Ok(Held::Receipt(Box::new((&receipt).into())))
}

/// An attestation: its wire bytes as they are, or in base64.
pub fn read_attestation(path: &Path) -> anyhow::Result<SignedAttestation> {
    let bytes = fs::read(path).map_err(|error| unusable(path, error))?;
    SignedAttestation::from_bytes(&bytes).or_else(|error| {
        let text = String::from_utf8_lossy(&bytes);
        let decoded = BASE64_STANDARD.decode(text.trim()).ok();
        let signed = decoded.and_then(|wire| SignedAttestation::from_bytes(&wire).ok());
        signed.ok_or_else(|| unusable(path, format!("no attestation, nor one in base64: {error}")))
    })
}
