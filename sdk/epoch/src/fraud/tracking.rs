//! Checks on a device's attestations, one after another in canonical order.

use trellis_core::{attestation::Attestation, energy::EnergyPayload};

use super::{FraudPolicy, distance, series::SeriesHasher};
use crate::{
    admission::AttestationId,
    encoding::moment,
    reason::{Reason, Refusal},
    snapshot::Device,
    state::Place,
};

/// What the checks remember of the device whose turn it is.
#[derive(Default)]
pub struct Tracking {
    /// The last attestation that stood on its own, accepted or not.
    last: Option<Seen>,
    /// What showed that the key is held twice.
    cloned: Option<String>,
    pub series: SeriesHasher,
}

struct Seen {
    interval_start_unix: i64,
    payload: EnergyPayload,
    id: AttestationId,
}

impl Tracking {
    /// One key, one interval, one reading. The same reading signed again under another number is no second one, and
    /// neither is one that only says where it was taken.
    pub fn check_clone(
        &mut self,
        policy: &FraudPolicy,
        attestation: &Attestation,
        id: &AttestationId,
        payload: &EnergyPayload,
    ) -> Result<(), Refusal> {
        if !policy.clone {
            return Ok(());
        }
        let start = attestation.interval_start_unix;
        let before = self.last.take().filter(|before| before.interval_start_unix == start);
        if self.cloned.is_none()
            && let Some(before) = before.as_ref().filter(|before| differ(&before.payload, payload))
        {
            let (first, second) = (hex::encode(before.id), hex::encode(id));
            self.cloned = Some(format!(
                "the key signed two readings for the interval from {}: attestations {first} and {second}",
                moment(start)
            ));
        }
        // Of several for one interval, the first is the one to compare with.
        self.last = before.or(Some(Seen { interval_start_unix: start, payload: *payload, id: *id }));
        match &self.cloned {
            Some(evidence) => Err(Refusal::new(Reason::ClonedKey, evidence.clone())),
            None => Ok(()),
        }
    }
}

fn differ(one: &EnergyPayload, other: &EnergyPayload) -> bool {
    let other_place = one.cell.is_some() && other.cell.is_some() && one.cell != other.cell;
    one.reading != other.reading || other_place
}

/// The place of a reading that ends at `end_unix`: near enough to where the device is registered, and to where it was.
pub fn check_place(
    policy: &FraudPolicy,
    attestation: &Attestation,
    end_unix: i64,
    cell: u64,
    device: &Device,
    before: Option<&Place>,
) -> Result<(), Refusal> {
    // What was measured before the device came to where it stands now was measured elsewhere.
    let registered = device.cell.filter(|_| attestation.interval_start_unix >= device.cell_set_unix);
    if policy.max_distance_m > 0
        && let Some(registered) = registered
        && let Some(metres) = distance::at_least_m(registered, cell)
        && metres > u64::from(policy.max_distance_m)
    {
        let detail = format!(
            "the reading was taken in cell {cell:x}, at least {metres} m from {registered:x}, where the device is registered; \
             at most {} m are allowed",
            policy.max_distance_m
        );
        return Err(Refusal::new(Reason::FarFromRegisteredPlace, detail));
    }
    let Some(before) = before.filter(|_| policy.max_speed_m_s > 0) else { return Ok(()) };
    // The longest that it can have taken: from the start of the one interval to the end of the other.
    let seconds = u64::try_from(end_unix.saturating_sub(before.since_unix)).unwrap_or(0);
    if let Some(metres) = distance::at_least_m(before.cell, cell)
        && metres > seconds.saturating_mul(u64::from(policy.max_speed_m_s))
    {
        let detail = format!(
            "from cell {:x} at {} to cell {cell:x} at {}: at least {metres} m in at most {seconds} s; a device moves \
             {} m/s at most",
            before.cell,
            moment(before.since_unix),
            moment(end_unix),
            policy.max_speed_m_s
        );
        return Err(Refusal::new(Reason::ImpossibleMovement, detail));
    }
    Ok(())
}
