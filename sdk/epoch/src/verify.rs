//! Verdicts over all attestations of an epoch: a function of the set, whatever the order of arrival.

use std::collections::{BTreeMap, BTreeSet};

use trellis_core::{DeviceKey, Epoch, WattHours, attestation::SignedAttestation};

use crate::{
    admission::{self, AttestationId},
    energy,
    policy::Policy,
    reason::{Reason, Refusal},
    snapshot::Snapshot,
    state::{DeviceState, LedgerState},
};

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

/// The order that verdicts depend on and bundles are written in: by device, start of the interval, sequence number, id.
pub fn canonical_order(attestations: &mut [SignedAttestation]) {
    attestations.sort_by_cached_key(|signed| {
        let attestation = &signed.attestation;
        let id = admission::attestation_id(signed);
        (attestation.device, attestation.interval_start_unix, attestation.sequence, id, signed.signature)
    });
}

/// Judges every attestation of `epoch`. `attestations` must be in [canonical order](canonical_order).
pub fn verify_epoch(
    epoch: Epoch,
    attestations: &[SignedAttestation],
    snapshot: &Snapshot,
    policy: &Policy,
    opening: &LedgerState,
) -> Verified {
    let mut judge = Judge {
        epoch,
        snapshot,
        policy,
        devices: opening.devices.iter().map(|device| (device.key, *device)).collect(),
        used: BTreeSet::new(),
    };
    let verdicts = attestations
        .iter()
        .map(|signed| {
            let attestation = &signed.attestation;
            Verdict {
                id: admission::attestation_id(signed),
                device: attestation.device,
                sequence: attestation.sequence,
                interval_start_unix: attestation.interval_start_unix,
                outcome: judge.judge(signed),
            }
        })
        .collect();
    Verified { verdicts, devices: judge.devices.into_values().collect() }
}

/// What verdicts depend on beside the attestation itself.
struct Judge<'a> {
    epoch: Epoch,
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    devices: BTreeMap<DeviceKey, DeviceState>,
    /// Sequence numbers that were used in this epoch. Other epochs need none: an interval lies in one epoch only, and
    /// none is accepted twice. So a device that counts wrongly once, or reports late, loses nothing else.
    used: BTreeSet<(DeviceKey, u64)>,
}

impl Judge<'_> {
    fn judge(&mut self, signed: &SignedAttestation) -> Result<WattHours, Refusal> {
        // Only what the device really signed may touch its state: admission checks the signature first.
        let admitted = admission::admit(signed.clone(), self.snapshot, self.policy)?;
        let attestation = &admitted.signed.attestation;
        if admitted.epoch != self.epoch {
            let detail = format!("the interval lies in epoch {}, not in {}", admitted.epoch, self.epoch);
            return Err(Refusal::new(Reason::OutsideTimeWindow, detail));
        }
        if !self.used.insert((attestation.device, attestation.sequence)) {
            let detail = format!("sequence {} was used before in this epoch", attestation.sequence);
            return Err(Refusal::new(Reason::ReplayedSequence, detail));
        }
        let before = self.devices.get(&attestation.device);
        let (work, after) = judge_energy(&admitted, self.policy, before)?;
        self.devices.insert(attestation.device, after);
        Ok(work)
    }
}

fn judge_energy(
    admitted: &admission::Admitted<'_>,
    policy: &Policy,
    before: Option<&DeviceState>,
) -> Result<(WattHours, DeviceState), Refusal> {
    let attestation = &admitted.signed.attestation;
    let reading = energy::check_reading(attestation, admitted.class, &policy.energy)?;
    energy::check_continuity(attestation, &reading, before)?;
    let interval_end_unix = attestation
        .interval_end_unix()
        .ok_or_else(|| Refusal::new(Reason::Malformed, "the interval ends past the largest time"))?;
    let counter_wh = reading.counter.get();
    Ok((reading.energy, DeviceState { key: attestation.device, interval_end_unix, counter_wh }))
}
