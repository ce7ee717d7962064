//! Recomputes a bundle from its raw attestations and names the first difference.

use trellis_core::{Epoch, Hash};

use crate::{
    bundle::{self, Bundle, BundleError, EncodedBundle},
    close::{CloseError, EpochInput, close_epoch},
    encoding::base58,
    state::LedgerState,
};

/// What an audit found in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    pub epoch: Epoch,
    pub bundle_hash: Hash,
    pub root: Hash,
    pub devices_root: Hash,
    pub attestations: usize,
    pub accepted: usize,
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
    #[error("{file}, line {line}: the bundle says `{claimed}`, recomputed is `{recomputed}`")]
    Differs { file: String, line: usize, claimed: String, recomputed: String },
    #[error("the bundle continues bundle {claimed}, but the one before it is {actual}")]
    WrongPrevious { claimed: String, actual: String },
    #[error("the bundle is of vault {vault}, the one before it of vault {previous}")]
    OtherVault { vault: String, previous: String },
    #[error("the bundle is of epoch {epoch}, the one before it of epoch {previous}")]
    NotNeighbours { epoch: u64, previous: u64 },
    #[error("the bundle does not open with what the one before it closed with")]
    OpeningDiffers,
    #[error("epoch 0 opens with a past: opening.json must be empty")]
    OpeningNotEmpty,
}

/// Recomputes `bundle` from its raw attestations; with `previous`, also that it continues it.
pub fn audit(bundle: &Bundle, previous: Option<&Bundle>) -> Result<Audited, AuditError> {
    let opening = bundle.opening()?;
    if bundle.manifest.epoch == 0 {
        check_begins(bundle, &opening)?;
    }
    if let Some(previous) = previous {
        check_continues(bundle, previous)?;
    }
    let recomputed = recompute(bundle)?;
    compare(bundle, &recomputed)?;
    let verdicts = bundle.verdicts()?;
    Ok(Audited {
        epoch: Epoch(bundle.manifest.epoch),
        bundle_hash: bundle.hash,
        root: bundle.manifest.root,
        devices_root: bundle.manifest.devices_root,
        attestations: verdicts.len(),
        accepted: verdicts.iter().filter(|verdict| verdict.accepted_wh.is_some()).count(),
        leaf_count: bundle.manifest.leaf_count,
        cumulative_total: bundle.manifest.cumulative_total,
    })
}

fn recompute(bundle: &Bundle) -> Result<EncodedBundle, AuditError> {
    let (snapshot, policy, opening) = (bundle.snapshot()?, bundle.policy()?, bundle.opening()?);
    let epoch = Epoch(bundle.manifest.epoch);
    let closed = close_epoch(EpochInput {
        epoch,
        snapshot: snapshot.clone(),
        policy: policy.clone(),
        opening: opening.clone(),
        attestations: bundle.attestations()?,
    })?;
    let previous = bundle.manifest.previous_bundle.as_ref();
    let previous = previous.and_then(|text| hex::decode(text).ok()?.try_into().ok());
    Ok(bundle::encode(epoch, &snapshot, &policy, &opening, &closed, previous))
}

/// Compares every file, the recomputed ones first: a wrong verdict says more than a wrong hash in the manifest.
fn compare(bundle: &Bundle, recomputed: &EncodedBundle) -> Result<(), AuditError> {
    let manifest_last = recomputed.files.iter().filter(|(name, _)| **name != bundle::MANIFEST);
    let manifest = recomputed.files.get_key_value(bundle::MANIFEST);
    for (name, bytes) in manifest_last.chain(manifest) {
        let claimed = bundle.file(name);
        if claimed != bytes.as_slice() {
            return Err(first_difference(name, claimed, bytes));
        }
    }
    Ok(())
}

fn first_difference(file: &str, claimed: &[u8], recomputed: &[u8]) -> AuditError {
    let text = |line: Option<&[u8]>| line.map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default();
    let mut ours = recomputed.split(|&byte| byte == b'\n');
    let mut theirs = claimed.split(|&byte| byte == b'\n');
    let mut line = 1;
    loop {
        let (mine, other) = (ours.next(), theirs.next());
        if mine != other || mine.is_none() {
            let (claimed, recomputed) = (text(other), text(mine));
            return AuditError::Differs { file: file.to_owned(), line, claimed, recomputed };
        }
        line += 1;
    }
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

fn check_continues(bundle: &Bundle, previous: &Bundle) -> Result<(), AuditError> {
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
    if bundle.opening()? != previous.closing()? {
        return Err(AuditError::OpeningDiffers);
    }
    Ok(())
}
