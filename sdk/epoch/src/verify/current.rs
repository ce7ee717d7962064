//! One device's attestations, judged one after another.

use std::collections::BTreeSet;

use trellis_core::{DeviceKey, WattHours, attestation::Attestation};

use super::{Checked, EpochContext};
use crate::{
    admission, energy,
    fraud::tracking::{self, Tracking},
    reason::{Reason, Refusal},
    snapshot::Device,
    state::{DeviceState, Place},
};

/// The device whose attestations are being judged.
pub(super) struct Current<'a> {
    pub key: DeviceKey,
    registered: Option<&'a Device>,
    pub state: Option<DeviceState>,
    /// Sequence numbers that were used in this epoch. Other epochs need none: accepted intervals only move forward,
    /// from epoch to epoch too, so none is accepted twice, wherever it is sent. So a device that counts wrongly once, or
    /// reports late, loses nothing else.
    used: BTreeSet<u64>,
    pub accepted: u64,
    pub work: Option<u64>,
    pub tracking: Tracking,
}

impl<'a> Current<'a> {
    pub fn new(key: DeviceKey, registered: Option<&'a Device>, state: Option<DeviceState>) -> Self {
        let (used, tracking) = (BTreeSet::new(), Tracking::default());
        Self { key, registered, state, used, accepted: 0, work: Some(0), tracking }
    }

    pub fn judge(
        &mut self,
        attestation: &Attestation,
        checked: &Checked,
        context: &EpochContext<'_>,
    ) -> Result<WattHours, Refusal> {
        // Only what the device really signed may touch its state: admission checks the signature first.
        let (snapshot, policy) = (context.snapshot, context.policy);
        let (window, device, class) =
            admission::check(attestation, checked.signature_holds, self.registered, snapshot, policy)?;
        window.check(context.epoch, &snapshot.calendar())?;
        let payload = energy::check_reading(attestation, class, &policy.energy)?;
        // Before the sequence number: two machines with one key count alike.
        self.tracking.check_clone(&policy.fraud, attestation, &checked.id, &payload)?;
        if !self.used.insert(attestation.sequence) {
            let detail = format!("sequence {} was used before in this epoch", attestation.sequence);
            return Err(Refusal::new(Reason::ReplayedSequence, detail));
        }
        let (reading, interval_end_unix) = (payload.reading, admission::require_end(attestation)?);
        energy::check_continuity(attestation, &reading, self.state.as_ref())?;
        let mut place = self.state.and_then(|state| state.place);
        if let Some(cell) = payload.cell {
            tracking::check_place(&policy.fraud, attestation, interval_end_unix, cell, device, place.as_ref())?;
            place = Some(Place { cell, since_unix: attestation.interval_start_unix });
        }
        let counter_wh = reading.counter.get();
        self.state = Some(DeviceState { key: self.key, interval_end_unix, counter_wh, place });
        self.accepted += 1;
        self.work = self.work.and_then(|work| work.checked_add(reading.energy.get()));
        if policy.fraud.copied_intervals > 0 {
            self.tracking.series.take(attestation.interval_start_unix, reading.energy.get());
        }
        Ok(reading.energy)
    }
}
