//! Sealed batches: attestations one after another, each as u16 LE length ‖ wire bytes. A batch's name is the BLAKE3 of its
//! bytes.

use trellis_core::{Calendar, Epoch, Hash, attestation::SignedAttestation};
use trellis_epoch::{admission::require_past, signatures};

/// A batch is sealed when it has this many bytes.
pub const SEAL_BYTES: usize = 8 << 20;
/// Longest batch that is taken.
pub const MAX_BATCH_BYTES: u64 = 16 << 20;

/// Why a batch is not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BatchError {
    #[error("its bytes have BLAKE3 {actual}, and {wanted} is its name")]
    OtherBytes { actual: String, wanted: String },
    #[error("attestation {number} is cut off")]
    CutOff { number: u64 },
    #[error("attestation {number} is none: {detail}")]
    NoAttestation { number: u64, detail: String },
    #[error("attestation {number} is signed for another network")]
    OtherNetwork { number: u64 },
    #[error("attestation {number} has a signature that is not its device's")]
    BadSignature { number: u64 },
    #[error("attestation {number} is not of epoch {epoch} or one before: {detail}")]
    OtherEpoch { number: u64, epoch: Epoch, detail: String },
    #[error("it holds {actual} attestations, and {wanted} were announced")]
    OtherCount { actual: u64, wanted: u64 },
}

/// Collects attestations into batches.
#[derive(Default)]
pub struct BatchBuilder {
    bytes: Vec<u8>,
    count: u64,
}

impl BatchBuilder {
    /// Takes an attestation's wire bytes, which are far shorter than 64 KiB.
    pub fn push(&mut self, wire: &[u8]) {
        self.bytes.extend_from_slice(&(wire.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(wire);
        self.count += 1;
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= SEAL_BYTES
    }

    /// The batch's bytes and the number of attestations, if there are any; the builder is empty then.
    pub fn take(&mut self) -> Option<(Vec<u8>, u64)> {
        let taken = std::mem::take(self);
        (taken.count > 0).then_some((taken.bytes, taken.count))
    }
}

/// Shows `visit` the wire bytes of every attestation in a batch.
pub fn for_each<E: From<BatchError>>(bytes: &[u8], visit: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let (mut rest, mut number) = (bytes, 0);
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(BatchError::CutOff { number })?;
        let (wire, after) =
            after.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or(BatchError::CutOff { number })?;
        visit(wire)?;
        (rest, number) = (after, number + 1);
    }
    Ok(())
}

/// What a batch's attestations must be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub network: [u8; 32],
    pub calendar: Calendar,
    pub epoch: Epoch,
    pub threads: usize,
}

/// Errors unless the bytes are the batch `hash` of `count` attestations that an honest oracle may have acknowledged for
/// the epoch: decoded, of this network, signed by the key that they name, with an interval that begins before the
/// epoch's end.
///
/// What the registry says of a device is not asked: it changes, so that two honest oracles may see it otherwise. An
/// attestation that it speaks against is refused when the epoch is closed, with a reason, by all in the same way.
pub fn check(bytes: &[u8], hash: &Hash, count: u64, wanted: &Wanted) -> Result<(), BatchError> {
    let actual = blake3::hash(bytes);
    if actual.as_bytes() != hash {
        return Err(BatchError::OtherBytes { actual: actual.to_hex().to_string(), wanted: hex::encode(hash) });
    }
    let mut items = Vec::new();
    for_each(bytes, &mut |wire| {
        let number = items.len() as u64;
        let signed = SignedAttestation::from_bytes(wire)
            .map_err(|error| BatchError::NoAttestation { number, detail: error.to_string() })?;
        if signed.attestation.network != wanted.network {
            return Err(BatchError::OtherNetwork { number });
        }
        check_time(&signed, number, wanted)?;
        items.push(signatures::Item::from(&signed));
        Ok::<_, BatchError>(())
    })?;
    if items.len() as u64 != count {
        return Err(BatchError::OtherCount { actual: items.len() as u64, wanted: count });
    }
    let verdicts = items.chunks(signatures::BATCH).flat_map(|chunk| signatures::verify_all(chunk, wanted.threads));
    match verdicts.enumerate().find(|(_, holds)| !holds) {
        Some((number, _)) => Err(BatchError::BadSignature { number: number as u64 }),
        None => Ok(()),
    }
}

fn check_time(signed: &SignedAttestation, number: u64, wanted: &Wanted) -> Result<(), BatchError> {
    let epoch = wanted.epoch;
    let other = |detail: String| BatchError::OtherEpoch { number, epoch, detail };
    let start = signed.attestation.interval_start_unix;
    let own = wanted.calendar.epoch_at(start).ok_or_else(|| other(format!("its interval begins at {start}")))?;
    if own > epoch {
        return Err(other(format!("its interval begins at {start}, in epoch {own}")));
    }
    // Only that there is an end.
    require_past(signed, i64::MAX).map_err(|refusal| other(refusal.detail))
}
