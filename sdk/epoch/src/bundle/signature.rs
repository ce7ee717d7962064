//! An oracle's signature beside a manifest.

use std::{fs, io::ErrorKind, path::Path};

use ed25519_zebra::{Signature, VerificationKey};
use serde::{Deserialize, Serialize};
use trellis_core::Hash;

use super::{Bundle, BundleError, SIGNATURE};
use crate::encoding::base58;

/// Separates these signatures from everything else that an oracle's key may sign.
const DOMAIN: &[u8; 18] = b"trellis:bundle:v1\0";

/// `manifest.sig`: "I computed this bundle". Every oracle's copy has its own; the bundle's hash does not depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestSignature {
    #[serde(with = "base58")]
    pub oracle: [u8; 32],
    /// ed25519 over [`signing_bytes`](Self::signing_bytes), hex.
    pub signature: String,
}

/// Why a signature says nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("{path}: this is not {oracle}'s signature of the bundle")]
    Wrong { path: std::path::PathBuf, oracle: String },
}

impl ManifestSignature {
    /// What an oracle signs: the domain, then the bundle's hash.
    pub fn signing_bytes(bundle_hash: &Hash) -> Vec<u8> {
        [DOMAIN.as_slice(), bundle_hash].concat()
    }

    pub fn new(oracle: [u8; 32], signature: [u8; 64]) -> Self {
        Self { oracle, signature: hex::encode(signature) }
    }

    /// Writes it beside the manifest. A copy that has one keeps it.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let path = folder.join(SIGNATURE);
        if path.exists() {
            return Ok(());
        }
        // A struct of two strings always serializes.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        let partial = folder.join(".manifest.sig.partial");
        fs::write(&partial, bytes)?;
        fs::File::open(&partial)?.sync_all()?;
        fs::rename(partial, path)
    }

    /// Is it the signature of its oracle over the bundle with this hash?
    pub fn holds(&self, bundle_hash: &Hash) -> bool {
        let signature = hex::decode(&self.signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let key = VerificationKey::try_from(self.oracle).ok();
        key.zip(signature).is_some_and(|(key, signature)| {
            key.verify(&Signature::from(signature), &Self::signing_bytes(bundle_hash)).is_ok()
        })
    }
}

impl Bundle {
    /// The oracle that signed this copy, if one did; an error if the signature is not its.
    pub fn signer(&self) -> Result<Option<[u8; 32]>, SignatureError> {
        Ok(self.signature()?.map(|signature| signature.oracle))
    }

    /// The signature beside this copy's manifest, if it has one; an error if it is not its oracle's.
    pub fn signature(&self) -> Result<Option<ManifestSignature>, SignatureError> {
        let path = self.folder().join(SIGNATURE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| BundleError::Unreadable { path: path.clone(), source })?,
        };
        let signature: ManifestSignature = serde_json::from_slice(&bytes)
            .map_err(|error| BundleError::Damaged { path: path.clone(), detail: error.to_string() })?;
        match signature.holds(&self.hash) {
            true => Ok(Some(signature)),
            false => Err(SignatureError::Wrong { path, oracle: base58::encode(&signature.oracle) }),
        }
    }
}
