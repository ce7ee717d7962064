//! Reading a bundle back, believing nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use trellis_core::{Hash, attestation::SignedAttestation};

use super::{
    ATTESTATIONS, CLOSING, DEVICES, MANIFEST, OPENING, OPERATORS, POLICY, SNAPSHOT, VERDICTS,
    rows::{Manifest, OperatorLine, VerdictRow},
};
use crate::{policy::Policy, snapshot::Snapshot, state::LedgerState};

/// A bundle whose files are those that its manifest names.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub manifest: Manifest,
    /// BLAKE3 of `manifest.json`.
    pub hash: Hash,
    files: BTreeMap<String, Vec<u8>>,
    folder: PathBuf,
}

/// Why a folder is not a whole bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path} is damaged: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error("{path} has BLAKE3 {actual}, the manifest says {wanted}: the file was changed")]
    Changed { path: PathBuf, actual: String, wanted: String },
    #[error("{path}: bundle version {version} is not 1; use a newer release to read it")]
    UnknownVersion { path: PathBuf, version: u32 },
}

const FILES: [&str; 8] = [SNAPSHOT, POLICY, OPENING, ATTESTATIONS, VERDICTS, DEVICES, OPERATORS, CLOSING];

impl Bundle {
    /// Reads the folder and checks every file against the manifest.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let manifest_bytes = read(&folder.join(MANIFEST))?;
        let manifest: Manifest = parse(&folder.join(MANIFEST), &manifest_bytes)?;
        if manifest.version != 1 {
            return Err(BundleError::UnknownVersion { path: folder.join(MANIFEST), version: manifest.version });
        }
        let mut files = BTreeMap::new();
        for name in FILES {
            let path = folder.join(name);
            let Some(entry) = manifest.files.get(name) else {
                let detail = format!("the manifest does not name {name}");
                return Err(BundleError::Damaged { path: folder.join(MANIFEST), detail });
            };
            let bytes = read(&path)?;
            let actual = blake3::hash(&bytes).to_hex().to_string();
            if actual != entry.blake3 || bytes.len() as u64 != entry.bytes {
                return Err(BundleError::Changed { path, actual, wanted: entry.blake3.clone() });
            }
            files.insert(name.to_owned(), bytes);
        }
        let hash = *blake3::hash(&manifest_bytes).as_bytes();
        files.insert(MANIFEST.to_owned(), manifest_bytes);
        Ok(Self { manifest, hash, files, folder: folder.to_owned() })
    }

    /// Bytes of one of the bundle's files.
    pub fn file(&self, name: &str) -> &[u8] {
        self.files.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn snapshot(&self) -> Result<Snapshot, BundleError> {
        self.json(SNAPSHOT)
    }

    pub fn policy(&self) -> Result<Policy, BundleError> {
        self.json(POLICY)
    }

    pub fn opening(&self) -> Result<LedgerState, BundleError> {
        self.json(OPENING)
    }

    pub fn closing(&self) -> Result<LedgerState, BundleError> {
        self.json(CLOSING)
    }

    pub fn verdicts(&self) -> Result<Vec<VerdictRow>, BundleError> {
        self.json_lines(VERDICTS)
    }

    pub fn operators(&self) -> Result<Vec<OperatorLine>, BundleError> {
        self.json_lines(OPERATORS)
    }

    pub fn attestations(&self) -> Result<Vec<SignedAttestation>, BundleError> {
        parse_attestations(self.file(ATTESTATIONS))
            .map_err(|detail| BundleError::Damaged { path: self.folder.join(ATTESTATIONS), detail })
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, BundleError> {
        parse(&self.folder.join(name), self.file(name))
    }

    fn json_lines<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, BundleError> {
        let path = self.folder.join(name);
        let lines = self.file(name).split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| parse(&path, line)).collect()
    }
}

/// Reads length-prefixed attestations; the error says where the bytes stop making sense.
pub fn parse_attestations(mut bytes: &[u8]) -> Result<Vec<SignedAttestation>, String> {
    let mut attestations = Vec::new();
    while !bytes.is_empty() {
        let number = attestations.len();
        let (length, rest) =
            bytes.split_first_chunk::<4>().ok_or_else(|| format!("attestation {number} has no length"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (wire, rest) = rest.split_at_checked(length).ok_or_else(|| format!("attestation {number} is cut off"))?;
        let signed = SignedAttestation::from_bytes(wire).map_err(|error| format!("attestation {number}: {error}"))?;
        attestations.push(signed);
        bytes = rest;
    }
    Ok(attestations)
}

fn read(path: &Path) -> Result<Vec<u8>, BundleError> {
    fs::read(path).map_err(|source| BundleError::Unreadable { path: path.to_owned(), source })
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes)
        .map_err(|error| BundleError::Damaged { path: path.to_owned(), detail: error.to_string() })
}
