//! Reading a bundle back, believing nothing.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use trellis_core::{DeviceKey, Epoch, Hash, attestation::SignedAttestation};

use super::{
    ATTESTATIONS, CLOSING_DEVICES, CORRECTIONS, DEVICES, FILES, FINDINGS, MANIFEST, OPENING_DEVICES, OPENING_OPERATORS,
    OPERATORS, POLICY, REGISTRY_DEVICES, REGISTRY_OPERATORS, SNAPSHOT, VERDICTS,
    ledger_tables::{CorrectionRow, Opened},
    rows::{DeviceRow, FileEntry, FindingRow, Manifest, OperatorLine, VERSION, VerdictRow},
    table::Row,
    table_read::TableReader,
};
use crate::{
    corrections::Books,
    fraud::Finding,
    policy::Policy,
    snapshot::{Snapshot, SnapshotHeader},
    state::LedgerState,
};

/// A bundle's folder and its manifest. Files are read when they are asked for, and each against its hash.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub manifest: Manifest,
    /// BLAKE3 of `manifest.json`.
    pub hash: Hash,
    folder: PathBuf,
}

/// Why a folder is not a whole bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} is damaged: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error("{path} has BLAKE3 {actual}, the manifest says {wanted}: the file was changed")]
    Changed { path: PathBuf, actual: String, wanted: String },
    #[error("{path}: bundle version {version} is not {VERSION}; use the release that wrote it")]
    UnknownVersion { path: PathBuf, version: u64 },
}

impl Bundle {
    /// Reads the manifest alone.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join(MANIFEST);
        let bytes = fs::read(&path).map_err(|source| BundleError::Unreadable { path: path.clone(), source })?;
        let value: serde_json::Value = parse(&path, &bytes)?;
        // Another version may have other fields.
        if let Some(version) = value["version"].as_u64().filter(|version| *version != u64::from(VERSION)) {
            return Err(BundleError::UnknownVersion { path, version });
        }
        let manifest: Manifest = parse(&path, &bytes)?;
        for name in FILES {
            if !manifest.files.contains_key(name) {
                return Err(BundleError::Damaged { path, detail: format!("the manifest does not name {name}") });
            }
        }
        Ok(Self { manifest, hash: *blake3::hash(&bytes).as_bytes(), folder: folder.to_owned() })
    }

    /// Reads the manifest, and every file against it.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let bundle = Self::open(folder)?;
        for name in FILES {
            bundle.check(name)?;
        }
        Ok(bundle)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `manifest.json` to the last byte; an error if it is another than was opened.
    pub fn manifest_text(&self) -> Result<String, BundleError> {
        let path = self.folder.join(MANIFEST);
        let text =
            fs::read_to_string(&path).map_err(|source| BundleError::Unreadable { path: path.clone(), source })?;
        let actual = blake3::hash(text.as_bytes());
        match *actual.as_bytes() == self.hash {
            true => Ok(text),
            false => {
                let (actual, wanted) = (actual.to_hex().to_string(), hex::encode(self.hash));
                Err(BundleError::Changed { path, actual, wanted })
            }
        }
    }

    /// Reads `name` once, and errors unless it has the size and the hash that the manifest says.
    pub fn check(&self, name: &str) -> Result<(), BundleError> {
        let path = self.folder.join(name);
        let unreadable = |source| BundleError::Unreadable { path: path.clone(), source };
        let mut file = File::open(&path).map_err(unreadable)?;
        let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; 256 << 10]);
        loop {
            let read = file.read(&mut buffer).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
        }
        let actual = FileEntry { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() };
        match self.manifest.files.get(name) {
            Some(wanted) if *wanted == actual => Ok(()),
            wanted => {
                let wanted = wanted.map_or_else(|| "nothing".to_owned(), |wanted| wanted.blake3.clone());
                Err(BundleError::Changed { path, actual: actual.blake3, wanted })
            }
        }
    }

    /// The registry and vault that the epoch was closed with.
    pub fn snapshot(&self) -> Result<Snapshot, BundleError> {
        let header: SnapshotHeader = self.json(SNAPSHOT)?;
        Ok(header.with(self.all(REGISTRY_OPERATORS)?, self.all(REGISTRY_DEVICES)?))
    }

    pub fn policy(&self) -> Result<Policy, BundleError> {
        self.json(POLICY)
    }

    /// What the epoch opened with.
    pub fn opening(&self) -> Result<LedgerState, BundleError> {
        let mut books = Books { next: self.manifest.opening_corrections, ..Books::default() };
        let mut cumulative = Vec::new();
        let mut operators = self.table::<Opened>(OPENING_OPERATORS)?;
        while let Some(rows) = operators.next_rows()? {
            for row in rows {
                // Operator indices are u32.
                enter(&mut books, cumulative.len() as u32, row.debt, row.credit);
                cumulative.push(row.cumulative);
            }
        }
        Ok(LedgerState { cumulative, carry: self.manifest.opening_carry, devices: self.all(OPENING_DEVICES)?, books })
    }

    /// What the next epoch opens with.
    pub fn closing(&self) -> Result<LedgerState, BundleError> {
        let mut books = Books { next: self.manifest.corrections, ..Books::default() };
        let mut operators = self.operators()?;
        let mut cumulative = Vec::with_capacity(self.manifest.leaf_count as usize);
        while let Some(rows) = operators.next_rows()? {
            rows.iter().for_each(|row| enter(&mut books, row.index, row.debt, row.credit));
            cumulative.extend(rows.iter().map(|row| row.cumulative));
        }
        Ok(LedgerState { cumulative, carry: self.manifest.carry, devices: self.all(CLOSING_DEVICES)?, books })
    }

    /// Corrections that were handed in for the epoch, and what became of each.
    pub fn corrections(&self) -> Result<Vec<CorrectionRow>, BundleError> {
        self.all(CORRECTIONS)
    }

    /// Every attestation of the epoch, in canonical order.
    pub fn attestations(&self) -> Result<TableReader<SignedAttestation>, BundleError> {
        self.table(ATTESTATIONS)
    }

    /// What became of each of the attestations, in the same order.
    pub fn verdicts(&self) -> Result<TableReader<VerdictRow>, BundleError> {
        self.table(VERDICTS)
    }

    /// One device's attestations, in canonical order. Reads only the part of the file that may hold them, and does not
    /// check the file's hash.
    pub fn attestations_of(&self, device: &DeviceKey) -> Result<Vec<SignedAttestation>, BundleError> {
        self.of_device(ATTESTATIONS, device, |row: &SignedAttestation| &row.attestation.device)
    }

    /// What became of one device's attestations. Reads only the part of the file that may hold them, and does not check
    /// the file's hash.
    pub fn verdicts_of(&self, device: &DeviceKey) -> Result<Vec<VerdictRow>, BundleError> {
        self.of_device(VERDICTS, device, |row: &VerdictRow| &row.device)
    }

    /// Devices whose epoch earns nothing.
    pub fn findings(&self) -> Result<TableReader<FindingRow>, BundleError> {
        self.table(FINDINGS)
    }

    /// Findings about one device's epoch and its attestations, and the operator that they meet; the last is `None` if the
    /// epoch's registry has no such device. Reads only the parts of the files that may hold the device, and does not
    /// check their hashes.
    pub fn findings_of(&self, device: &DeviceKey) -> Result<(Vec<Finding>, Option<u32>), BundleError> {
        let epoch = Epoch(self.manifest.epoch);
        let rows: Vec<FindingRow> = self.of_device(FINDINGS, device, |row: &FindingRow| &row.device)?;
        let mut findings: Vec<Finding> = rows.iter().map(|row| row.finding(epoch)).collect();
        findings.extend(self.verdicts_of(device)?.iter().filter_map(|row| row.finding(epoch)));
        let registered: Vec<DeviceRow> = self.of_device(DEVICES, device, |row: &DeviceRow| &row.device)?;
        Ok((findings, registered.first().map(|row| row.operator_index)))
    }

    fn of_device<R: Row>(
        &self,
        name: &str,
        device: &DeviceKey,
        device_of: fn(&R) -> &DeviceKey,
    ) -> Result<Vec<R>, BundleError> {
        let mut reader = TableReader::<R>::open(&self.folder.join(name), Some(device))?;
        let mut found = Vec::new();
        while let Some(rows) = reader.next_rows()? {
            found.extend(rows.into_iter().filter(|row| device_of(row) == device));
        }
        Ok(found)
    }

    /// Points of each device, by key.
    pub fn devices(&self) -> Result<TableReader<DeviceRow>, BundleError> {
        self.table(DEVICES)
    }

    /// The leaves of the rewards tree, by index.
    pub fn operators(&self) -> Result<TableReader<OperatorLine>, BundleError> {
        self.table(OPERATORS)
    }

    fn table<R: Row>(&self, name: &str) -> Result<TableReader<R>, BundleError> {
        self.check(name)?;
        TableReader::open(&self.folder.join(name), None)
    }

    fn all<R: Row>(&self, name: &str) -> Result<Vec<R>, BundleError> {
        self.table(name)?.all()
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, BundleError> {
        self.check(name)?;
        let path = self.folder.join(name);
        let bytes = fs::read(&path).map_err(|source| BundleError::Unreadable { path: path.clone(), source })?;
        parse(&path, &bytes)
    }
}

fn enter(books: &mut Books, index: u32, debt: u64, credit: u64) {
    let entries = [(&mut books.debts, debt), (&mut books.credits, credit)];
    entries.into_iter().filter(|(_, amount)| *amount > 0).for_each(|(entries, amount)| {
        entries.insert(index, amount);
    });
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes)
        .map_err(|error| BundleError::Damaged { path: path.to_owned(), detail: error.to_string() })
}
