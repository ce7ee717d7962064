//! Verdicts over all attestations of an epoch: a function of the set, whatever the order of arrival.
//!
//! Attestations come in canonical order, block by block. Signatures of one block are verified on all cores while the
//! block before it is judged, device by device, and handed on: nothing is held that grows with their number.

mod current;

use std::convert::Infallible;

use trellis_core::{
    DeviceKey, Epoch, WattHours,
    attestation::{Attestation, SignedAttestation},
};

use crate::{
    admission::{self, AttestationId},
    corrections::SignedCorrection,
    fraud::series::Series,
    parallel::map_chunks,
    policy::Policy,
    reason::{Reason, Refusal},
    signatures,
    snapshot::Snapshot,
    state::{DeviceState, LedgerState},
};
use current::Current;

/// Attestations in a block: what is in memory at a time, twice.
pub const BLOCK: usize = 16_384;

/// What became of one attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub id: AttestationId,
    pub device: DeviceKey,
    pub sequence: u64,
    pub interval_start_unix: i64,
    /// Verified work, or why there is none.
    pub outcome: Result<WattHours, Refusal>,
}

/// Verdicts in canonical order, and the devices' states after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub verdicts: Vec<Verdict>,
    /// By key.
    pub devices: Vec<DeviceState>,
}

/// What all verdicts of an epoch come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub attestations: u64,
    pub accepted: u64,
    /// Verified watt-hours of each device that has some, by key; `None` for a sum beyond 64 bits.
    pub work: Vec<(DeviceKey, Option<u64>)>,
    /// States after the epoch, by key.
    pub devices: Vec<DeviceState>,
    /// Series that may be copies, by key; empty unless the policy looks for them.
    pub series: Vec<Series>,
}

/// The place of an attestation in the order that verdicts depend on and bundles are written in: by device, start of the
/// interval, sequence number, id, signature.
pub fn canonical_key(signed: &SignedAttestation) -> (DeviceKey, i64, u64, AttestationId, [u8; 64]) {
    let attestation = &signed.attestation;
    let id = admission::attestation_id(signed);
    (attestation.device, attestation.interval_start_unix, attestation.sequence, id, signed.signature)
}

/// Sorts by [`canonical_key`].
pub fn canonical_order(attestations: &mut [SignedAttestation]) {
    attestations.sort_by_cached_key(canonical_key);
}

/// Judges every attestation of `epoch`. `attestations` must be in [canonical order](canonical_order).
pub fn verify_epoch(
    epoch: Epoch,
    attestations: &[SignedAttestation],
    snapshot: &Snapshot,
    policy: &Policy,
    opening: &LedgerState,
) -> Verified {
    let mut all = Vec::with_capacity(attestations.len());
    let mut blocks = attestations.chunks(BLOCK).map(<[SignedAttestation]>::to_vec);
    let context = EpochContext::new(epoch, snapshot, policy, opening);
    let judged = verify_blocks(
        &context,
        &mut || Ok::<_, Infallible>(blocks.next()),
        &mut |_: &[SignedAttestation], verdicts: Vec<Verdict>| {
            all.extend(verdicts);
            Ok(())
        },
    );
    let judged = judged.unwrap_or_else(|never| match never {});
    Verified { verdicts: all, devices: judged.devices }
}

/// What verdicts depend on beside the attestations.
#[derive(Clone, Copy, Debug)]
pub struct EpochContext<'a> {
    pub epoch: Epoch,
    pub snapshot: &'a Snapshot,
    pub policy: &'a Policy,
    /// What the epoch before left.
    pub opening: &'a LedgerState,
    /// In [canonical order](crate::corrections::canonical_order).
    pub corrections: &'a [SignedCorrection],
    /// Threads that verify signatures; no verdict depends on their number.
    pub threads: usize,
}

impl<'a> EpochContext<'a> {
    /// Without corrections, for one thread.
    pub fn new(epoch: Epoch, snapshot: &'a Snapshot, policy: &'a Policy, opening: &'a LedgerState) -> Self {
        Self { epoch, snapshot, policy, opening, corrections: &[], threads: 1 }
    }
}

/// Takes a block of attestations and the verdict on each.
pub type VerdictSink<'a, E> = dyn FnMut(&[SignedAttestation], Vec<Verdict>) -> Result<(), E> + 'a;

/// Judges block after block, as `next_block` gives them in [canonical order](canonical_order), and hands each with its
/// verdicts to `sink`. Errors are those of `next_block` and `sink`.
pub fn verify_blocks<E>(
    context: &EpochContext<'_>,
    next_block: &mut dyn FnMut() -> Result<Option<Vec<SignedAttestation>>, E>,
    sink: &mut VerdictSink<'_, E>,
) -> Result<Judged, E> {
    let mut judge = Judge::new(context);
    let mut block = next_block()?;
    let mut before: Option<(Vec<SignedAttestation>, Vec<Checked>)> = None;
    while let Some(attestations) = block {
        let mut checked = vec![Checked::default(); attestations.len()];
        let meanwhile = || {
            if let Some((attestations, checked)) = before.take() {
                sink(&attestations, judge.judge_all(&attestations, &checked))?;
            }
            next_block()
        };
        let chunk = attestations.len().div_ceil(context.threads.max(1)).clamp(1, signatures::BATCH);
        block = map_chunks(&attestations, &mut checked, chunk, context.threads, check_batch, meanwhile)?;
        before = Some((attestations, checked));
    }
    if let Some((attestations, checked)) = before {
        sink(&attestations, judge.judge_all(&attestations, &checked))?;
    }
    Ok(judge.finish())
}

/// What can be told of an attestation by itself, on any thread.
#[derive(Clone, Copy, Debug, Default)]
struct Checked {
    id: AttestationId,
    signature_holds: bool,
}

fn check_batch(attestations: &[SignedAttestation], checked: &mut [Checked]) {
    let items: Vec<signatures::Item> = attestations.iter().map(signatures::Item::from).collect();
    let mut holds = vec![false; items.len()];
    signatures::verify_batch(&items, &mut holds);
    for ((checked, signed), signature_holds) in checked.iter_mut().zip(attestations).zip(holds) {
        *checked = Checked { id: admission::attestation_id(signed), signature_holds };
    }
}

/// Goes through the devices in order of their keys.
struct Judge<'a> {
    context: &'a EpochContext<'a>,
    /// States before the epoch, of devices whose turn has not come.
    opening: std::slice::Iter<'a, DeviceState>,
    current: Option<Current<'a>>,
    judged: Judged,
}

impl<'a> Judge<'a> {
    fn new(context: &'a EpochContext<'a>) -> Self {
        Self { context, opening: context.opening.devices.iter(), current: None, judged: Judged::default() }
    }

    fn judge_all(&mut self, attestations: &[SignedAttestation], checked: &[Checked]) -> Vec<Verdict> {
        let verdict = |(signed, checked): (&SignedAttestation, &Checked)| {
            let attestation = &signed.attestation;
            Verdict {
                id: checked.id,
                device: attestation.device,
                sequence: attestation.sequence,
                interval_start_unix: attestation.interval_start_unix,
                outcome: self.judge(attestation, checked),
            }
        };
        attestations.iter().zip(checked).map(verdict).collect()
    }

    fn judge(&mut self, attestation: &Attestation, checked: &Checked) -> Result<WattHours, Refusal> {
        self.judged.attestations += 1;
        if self.current.as_ref().is_none_or(|current| current.key != attestation.device) {
            self.turn_to(attestation.device);
        }
        match &mut self.current {
            Some(current) => current.judge(attestation, checked, self.context),
            // It was set right above.
            None => Err(Refusal::new(Reason::UnknownDevice, "no device")),
        }
    }

    fn turn_to(&mut self, key: DeviceKey) {
        self.close_current();
        let mut state = None;
        while let Some(before) = self.opening.as_slice().first().filter(|before| before.key <= key) {
            self.opening.next();
            match before.key == key {
                true => state = Some(*before),
                false => self.judged.devices.push(*before),
            }
        }
        let registered = self.context.snapshot.device(&key);
        self.current = Some(Current::new(key, registered, state));
    }

    fn close_current(&mut self) {
        let Some(current) = self.current.take() else { return };
        self.judged.devices.extend(current.state);
        if current.accepted > 0 {
            self.judged.accepted += current.accepted;
            self.judged.work.push((current.key, current.work));
        }
        let fewest = self.context.policy.fraud.copied_intervals;
        self.judged.series.extend(current.tracking.series.finish(current.key, fewest));
    }

    fn finish(mut self) -> Judged {
        self.close_current();
        self.judged.devices.extend(self.opening);
        self.judged
    }
}
