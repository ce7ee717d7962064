//! Verdicts over all attestations of an epoch: a function of the set, whatever the order of arrival.

use std::collections::BTreeMap;

use trellis_core::{DeviceKey, Epoch, WattHours, attestation::SignedAttestation};

use crate::{
    admission::{self, AttestationId},
    energy,
    policy::Policy,
    reason::{Reason, Refusal},
    snapshot::Snapshot,
    state::{AcceptedReading, DeviceState, LedgerState},
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

/// The order that verdicts depend on and bundles are written in: by device, sequence number, then id.
pub fn canonical_order(attestations: &mut [SignedAttestation]) {
    attestations.sort_by_cached_key(|signed| {
        let attestation = &signed.attestation;
        (attestation.device, attestation.sequence, admission::attestation_id(signed), signed.signature)
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
    let mut devices: BTreeMap<DeviceKey, DeviceState> =
        opening.devices.iter().map(|device| (device.key, *device)).collect();
    let verdicts = attestations
        .iter()
        .map(|signed| {
            let attestation = &signed.attestation;
            Verdict {
                id: admission::attestation_id(signed),
                device: attestation.device,
                sequence: attestation.sequence,
                interval_start_unix: attestation.interval_start_unix,
                outcome: judge(epoch, signed, snapshot, policy, &mut devices),
            }
        })
        .collect();
    Verified { verdicts, devices: devices.into_values().collect() }
}

fn judge(
    epoch: Epoch,
    signed: &SignedAttestation,
    snapshot: &Snapshot,
    policy: &Policy,
    devices: &mut BTreeMap<DeviceKey, DeviceState>,
) -> Result<WattHours, Refusal> {
    // Only what the device really signed may touch its state: admission checks the signature first.
    let admitted = admission::admit(signed.clone(), snapshot, policy)?;
    let attestation = &admitted.signed.attestation;
    if admitted.epoch != epoch {
        let detail = format!("the interval lies in epoch {}, not in {epoch}", admitted.epoch);
        return Err(Refusal::new(Reason::OutsideTimeWindow, detail));
    }
    let known = devices.get(&attestation.device).copied();
    if let Some(state) = known.filter(|state| attestation.sequence <= state.sequence) {
        let detail = format!("sequence {} comes after {}", attestation.sequence, state.sequence);
        return Err(Refusal::new(Reason::ReplayedSequence, detail));
    }
    let before = known.and_then(|state| state.accepted);
    let outcome = judge_energy(&admitted, policy, before.as_ref());
    let accepted = match &outcome {
        Ok((_, reading)) => Some(*reading),
        Err(_) => before,
    };
    let state = DeviceState { key: attestation.device, sequence: attestation.sequence, accepted };
    devices.insert(attestation.device, state);
    outcome.map(|(work, _)| work)
}

fn judge_energy(
    admitted: &admission::Admitted<'_>,
    policy: &Policy,
    before: Option<&AcceptedReading>,
) -> Result<(WattHours, AcceptedReading), Refusal> {
    let attestation = &admitted.signed.attestation;
    let reading = energy::check_reading(attestation, admitted.class, &policy.energy)?;
    energy::check_continuity(attestation, &reading, before)?;
    let interval_end_unix = attestation
        .interval_end_unix()
        .ok_or_else(|| Refusal::new(Reason::Malformed, "the interval ends past the largest time"))?;
    Ok((reading.energy, AcceptedReading { interval_end_unix, counter_wh: reading.counter.get() }))
}
