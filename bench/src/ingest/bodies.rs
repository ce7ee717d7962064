//! Signed readings, as frames in a file that load generators read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use trellis_core::{attestation::SignedAttestation, exchange::append_frame};

use crate::{benches::close::in_parallel, world::reading};

/// Attestations in a request.
pub const BATCH: usize = 256;
/// Bytes of a reading's frame.
pub const FRAME_BYTES: usize = 173;

/// All devices' first readings, then all their second ones, and so on: `intervals` of each.
pub fn readings(keys: &[SigningKey], intervals: std::ops::Range<u32>) -> Result<Vec<SignedAttestation>> {
    let mut all = Vec::with_capacity(keys.len() * intervals.len());
    for interval in intervals {
        all.extend(in_parallel(keys, |key| reading(key, interval))?);
    }
    Ok(all)
}

/// Writes `readings` as frames to `name` in `folder`.
pub fn write(folder: &Path, name: &str, readings: &[SignedAttestation]) -> Result<PathBuf> {
    let mut bytes = Vec::with_capacity(readings.len() * FRAME_BYTES);
    readings.iter().for_each(|signed| append_frame(&signed.to_bytes(), &mut bytes));
    let path = folder.join(name);
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
