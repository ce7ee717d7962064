//! Recomputes a bundle from its raw attestations and names the first difference.

use std::{error::Error, thread};

use trellis_core::{Epoch, Hash, attestation::SignedAttestation};

use crate::{
    bundle::{
        self, Bundle, BundleError, Comparison, Difference, EpochBasis, Manifest, ProduceError, TableReader, produce,
    },
    close::CloseError,
    encoding::base58,
    state::LedgerState,
    verify::{BLOCK, EpochContext, canonical_key},
};

/// What an audit found in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    pub epoch: Epoch,
    pub bundle_hash: Hash,
    pub root: Hash,
    pub devices_root: Hash,
    pub attestations: u64,
    pub accepted: u64,
    pub leaf_count: u32,
    pub cumulative_total: u64,
}

/// Why a bundle is not what it claims to be.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("the epoch cannot be recomputed: {0}")]
    Close(#[from] CloseError),
    /// Rows are counted from 0; files without rows have a row 0 alone.
    #[error("{file}, row {row}, column {column}: the bundle says {claimed}, recomputed is {recomputed}")]
    Differs { file: String, row: u64, column: String, claimed: String, recomputed: String },
    #[error("the bundle continues bundle {claimed}, but the one before it is {actual}")]
    WrongPrevious { claimed: String, actual: String },
    #[error("the bundle is of vault {vault}, the one before it of vault {previous}")]
    OtherVault { vault: String, previous: String },
    #[error("the bundle is of epoch {epoch}, the one before it of epoch {previous}")]
    NotNeighbours { epoch: u64, previous: u64 },
    #[error("the bundle does not open with what the one before it closed with")]
    OpeningDiffers,
    #[error("epoch 0 opens with a past: there must be none")]
    OpeningNotEmpty,
    #[error("{file}, row {row}: it does not come after the row before it in canonical order")]
    OutOfOrder { file: &'static str, row: u64 },
    #[error("hashing what was recomputed: {0}")]
    Recomputing(ProduceError),
}

impl From<Difference> for AuditError {
    fn from(difference: Difference) -> Self {
        match difference {
            Difference::Unreadable(error) => Self::Bundle(error),
            Difference::Cell { file, row, column, claimed, recomputed } => {
                Self::Differs { file, row, column, claimed, recomputed }
            }
        }
    }
}

/// Recomputes `bundle` from its raw attestations; with `previous`, also that it continues it.
///
/// Reads nothing but the two. Attestations and verdicts are streamed: what is in memory grows with the number of devices
/// and operators alone.
pub fn audit(bundle: &Bundle, previous: Option<&Bundle>) -> Result<Audited, AuditError> {
    for name in bundle::FILES {
        bundle.check(name)?;
    }
    let opening = bundle.opening()?;
    if bundle.manifest.epoch == 0 {
        check_begins(bundle, &opening)?;
    }
    if let Some(previous) = previous {
        check_continues(bundle, &opening, previous)?;
    }
    let manifest = recompute(bundle, &opening)?;
    compare_manifests(&bundle.manifest, &manifest)?;
    Ok(Audited {
        epoch: Epoch(manifest.epoch),
        bundle_hash: bundle.hash,
        root: manifest.root,
        devices_root: manifest.devices_root,
        attestations: manifest.attestations,
        accepted: manifest.accepted,
        leaf_count: manifest.leaf_count,
        cumulative_total: manifest.cumulative_total,
    })
}

/// The manifest of what the bundle's inputs lead to. Tables are compared on the way.
fn recompute(bundle: &Bundle, opening: &LedgerState) -> Result<Manifest, AuditError> {
    let (snapshot, policy) = (bundle.snapshot()?, bundle.policy()?);
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let epoch = Epoch(bundle.manifest.epoch);
    let corrections: Vec<_> = bundle.corrections()?.into_iter().map(|row| row.signed).collect();
    let corrections = corrections.as_slice();
    let context = EpochContext { epoch, snapshot: &snapshot, policy: &policy, opening, corrections, threads };
    let previous = bundle.manifest.previous_bundle.as_ref();
    let previous_bundle = previous.and_then(|text| hex::decode(text).ok()?.try_into().ok());
    let mut attestations = Ordered { table: bundle.attestations()?, rows: 0, last: None };
    let mut next_block = || attestations.next_block().map_err(|error| Box::new(error) as Box<dyn Error + Send + Sync>);
    let basis = EpochBasis { context, previous_bundle };
    let produced = produce(&basis, &mut next_block, &mut Comparison::new(bundle));
    produced.map(|produced| produced.manifest).map_err(|error| match error {
        ProduceError::Close(error) => AuditError::Close(error),
        ProduceError::Differs(difference) => (*difference).into(),
        // Only `next_block` gives these.
        ProduceError::Attestations(error) => match error.downcast::<AuditError>() {
            Ok(error) => *error,
            Err(error) => AuditError::Recomputing(ProduceError::Attestations(error)),
        },
        error => AuditError::Recomputing(error),
    })
}

/// Attestations as the bundle has them, which must be in canonical order, each identical one once.
struct Ordered {
    table: TableReader<SignedAttestation>,
    rows: u64,
    last: Option<SignedAttestation>,
}

impl Ordered {
    fn next_block(&mut self) -> Result<Option<Vec<SignedAttestation>>, AuditError> {
        let mut block = Vec::new();
        while block.len() < BLOCK {
            let Some(rows) = self.table.next_rows()? else { break };
            for row in rows {
                if self.last.as_ref().is_some_and(|last| !comes_after(&row, last)) {
                    return Err(AuditError::OutOfOrder { file: bundle::ATTESTATIONS, row: self.rows });
                }
                self.rows += 1;
                self.last = Some(row.clone());
                block.push(row);
            }
        }
        Ok((!block.is_empty()).then_some(block))
    }
}

fn comes_after(row: &SignedAttestation, last: &SignedAttestation) -> bool {
    let place = |signed: &SignedAttestation| {
        let attestation = &signed.attestation;
        (attestation.device, attestation.interval_start_unix, attestation.sequence)
    };
    // Ids are hashed only where the rest does not tell.
    place(row).cmp(&place(last)).then_with(|| canonical_key(row).cmp(&canonical_key(last))).is_gt()
}

fn compare_manifests(claimed: &Manifest, recomputed: &Manifest) -> Result<(), AuditError> {
    if claimed == recomputed {
        return Ok(());
    }
    let values = [claimed, recomputed].map(|manifest| serde_json::to_value(manifest).unwrap_or_default());
    let [claimed, recomputed] = &values;
    // Files come last: what a total says tells more than the hash of a file.
    let fields = recomputed.as_object().into_iter().flatten().filter(|(name, _)| *name != "files");
    let field = |name: &String| (name.clone(), claimed[name].to_string(), recomputed[name].to_string());
    let totals = fields.map(|(name, _)| field(name));
    let files = bundle::FILES.into_iter().map(|name| {
        let of = |manifest: &serde_json::Value| manifest["files"][name].to_string();
        (format!("files.{name}"), of(claimed), of(recomputed))
    });
    let first = totals.chain(files).find(|(_, claimed, recomputed)| claimed != recomputed);
    let (column, claimed, recomputed) =
        first.unwrap_or_else(|| ("files".to_owned(), claimed["files"].to_string(), recomputed["files"].to_string()));
    Err(AuditError::Differs { file: bundle::MANIFEST.to_owned(), row: 0, column, claimed, recomputed })
}

/// Nothing comes before epoch 0.
fn check_begins(bundle: &Bundle, opening: &LedgerState) -> Result<(), AuditError> {
    if *opening != LedgerState::default() {
        return Err(AuditError::OpeningNotEmpty);
    }
    match bundle.manifest.previous_bundle.clone() {
        Some(claimed) => Err(AuditError::WrongPrevious { claimed, actual: "none".to_owned() }),
        None => Ok(()),
    }
}

fn check_continues(bundle: &Bundle, opening: &LedgerState, previous: &Bundle) -> Result<(), AuditError> {
    let (vault, previous_vault) = (bundle.manifest.vault, previous.manifest.vault);
    if vault != previous_vault {
        let (vault, previous) = (base58::encode(&vault), base58::encode(&previous_vault));
        return Err(AuditError::OtherVault { vault, previous });
    }
    let (epoch, before) = (bundle.manifest.epoch, previous.manifest.epoch);
    if before.checked_add(1) != Some(epoch) {
        return Err(AuditError::NotNeighbours { epoch, previous: before });
    }
    let actual = hex::encode(previous.hash);
    let claimed = bundle.manifest.previous_bundle.clone().unwrap_or_else(|| "none".to_owned());
    if claimed != actual {
        return Err(AuditError::WrongPrevious { claimed, actual });
    }
    if *opening != previous.closing()? {
        return Err(AuditError::OpeningDiffers);
    }
    Ok(())
}
