//! Was acknowledged work counted? And what proves that it was not.
//!
//! Two statements of one oracle contradict each other: a receipt, "the bundle of epoch N will hold this attestation",
//! and a signature of epoch N's bundle, which does not hold it. Both together are evidence that anyone can check.

use serde::{Deserialize, Serialize};
use trellis_core::receipt::{Receipt, ReceiptError, SignedReceipt};

use crate::{
    admission::attestation_id,
    bundle::{Bundle, BundleError, Manifest, ManifestSignature, SignatureError, VerdictRow},
    encoding::base58,
    receipt::{self, ReceiptJson},
};

/// A receipt, and the bundle that should hold its attestation and does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub receipt: ReceiptJson,
    /// `manifest.json` to the last byte: its BLAKE3 is the bundle's hash, which the vault's root names.
    pub manifest: String,
    /// `manifest.sig`; absent if the copy has none. Then the hash is to be compared with the chain's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_signature: Option<ManifestSignature>,
}

/// Why something is no evidence, or a bundle is not the one that a receipt is about.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the manifest is none: {0}")]
    Manifest(String),
    #[error("the receipt is of network {receipt}, the bundle of {bundle}")]
    OtherNetwork { receipt: String, bundle: String },
    #[error("the receipt promises epoch {receipt}, the bundle is epoch {bundle}'s")]
    OtherEpoch { receipt: u64, bundle: u64 },
    #[error("the manifest's signature is not that of {oracle}")]
    WrongManifestSignature { oracle: String },
    #[error("the bundle has hash {bundle}, the evidence is about {evidence}")]
    OtherBundle { bundle: String, evidence: String },
}

/// Who stands behind the manifest of an [`Evidence`] that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manifested {
    /// The oracle that signed the receipt: it contradicts itself.
    BySameOracle,
    /// Another oracle, or nobody that the evidence names: compare the hash with the vault's root of that epoch.
    ByOthers,
}

/// Errors unless `receipt` is about the epoch and network of a bundle with this manifest.
pub fn same_epoch(receipt: &Receipt, manifest: &Manifest) -> Result<(), EvidenceError> {
    if receipt.network != manifest.network {
        let [receipt, bundle] = [receipt.network, manifest.network].map(|network| base58::encode(&network));
        return Err(EvidenceError::OtherNetwork { receipt, bundle });
    }
    if receipt.epoch.get() != manifest.epoch {
        return Err(EvidenceError::OtherEpoch { receipt: receipt.epoch.get(), bundle: manifest.epoch });
    }
    Ok(())
}

/// What became of the attestation `id` in `bundle`; `None` if the bundle does not hold it. Reads the attestations
/// themselves, as a stream: what a table says of them is not enough to call them counted.
pub fn verdict_in(bundle: &Bundle, id: &[u8; 32]) -> Result<Option<VerdictRow>, BundleError> {
    let mut attestations = bundle.attestations()?;
    let mut found = false;
    while !found && let Some(rows) = attestations.next_rows()? {
        found = rows.iter().any(|signed| attestation_id(signed) == *id);
    }
    if !found {
        return Ok(None);
    }
    let mut verdicts = bundle.verdicts()?;
    while let Some(rows) = verdicts.next_rows()? {
        if let Some(row) = rows.into_iter().find(|row| row.id == *id) {
            return Ok(Some(row));
        }
    }
    let detail = "it has no verdict on an attestation that the bundle holds".to_owned();
    Err(BundleError::Damaged { path: bundle.folder().join(crate::bundle::VERDICTS), detail })
}

impl Evidence {
    /// Of a receipt and the bundle that should hold its attestation; see [`verdict_in`] for whether it does.
    pub fn new(signed: &SignedReceipt, bundle: &Bundle) -> Result<Self, EvidenceError> {
        receipt::verify(signed)?;
        same_epoch(&signed.receipt, &bundle.manifest)?;
        let manifest_signature = bundle.signature()?;
        Ok(Self { receipt: signed.into(), manifest: bundle.manifest_text()?, manifest_signature })
    }

    /// Do both statements hold, and are they about the same epoch? That the bundle does not hold the attestation is for
    /// whoever has it: see [`contradicts`](Self::contradicts).
    pub fn verify(&self) -> Result<Manifested, EvidenceError> {
        let signed = SignedReceipt::from(&self.receipt);
        receipt::verify(&signed)?;
        let manifest: Manifest =
            serde_json::from_str(&self.manifest).map_err(|error| EvidenceError::Manifest(error.to_string()))?;
        same_epoch(&signed.receipt, &manifest)?;
        let Some(signature) = &self.manifest_signature else { return Ok(Manifested::ByOthers) };
        if !signature.holds(&self.bundle_hash()) {
            let oracle = base58::encode(&signature.oracle);
            return Err(EvidenceError::WrongManifestSignature { oracle });
        }
        Ok(if signature.oracle == signed.oracle { Manifested::BySameOracle } else { Manifested::ByOthers })
    }

    /// Hash of the bundle that it is about.
    pub fn bundle_hash(&self) -> [u8; 32] {
        *blake3::hash(self.manifest.as_bytes()).as_bytes()
    }

    /// Is it true that `bundle`, which must be the very one, does not hold the attestation?
    pub fn contradicts(&self, bundle: &Bundle) -> Result<bool, EvidenceError> {
        if bundle.hash != self.bundle_hash() {
            let [bundle, evidence] = [bundle.hash, self.bundle_hash()].map(hex::encode);
            return Err(EvidenceError::OtherBundle { bundle, evidence });
        }
        Ok(verdict_in(bundle, &self.receipt.attestation_id)?.is_none())
    }
}
