//! The energy work kind's own checks.

use trellis_core::{
    WattHours,
    attestation::Attestation,
    energy::{EnergyReading, energy_limit},
};

use crate::{
    policy::EnergyPolicy,
    reason::{Reason, Refusal},
    snapshot::Class,
    state::DeviceState,
};

/// What a reading must hold on its own: payload, interval, and energy within what the device can feed in.
pub fn check_reading(
    attestation: &Attestation,
    class: &Class,
    policy: &EnergyPolicy,
) -> Result<EnergyReading, Refusal> {
    let payload = &attestation.payload;
    let reading = EnergyReading::from_bytes(payload).ok_or_else(|| {
        let detail = format!("an energy payload has {} bytes, not {}", EnergyReading::BYTES, payload.len());
        Refusal::new(Reason::Malformed, detail)
    })?;
    let (start, length) = (attestation.interval_start_unix, attestation.interval_seconds);
    let wanted = policy.interval_seconds;
    if length != wanted || start.rem_euclid(i64::from(wanted.max(1))) != 0 {
        let detail = format!("the interval starts at {start} and lasts {length} s; wanted are multiples of {wanted} s");
        return Err(Refusal::new(Reason::MisalignedInterval, detail));
    }
    let limit = energy_limit(class.rated_power_watts, length, policy.tolerance_bps);
    if reading.energy > limit {
        let detail = format!(
            "{} Wh in {length} s; a device of {} W rated power gives at most {limit} Wh",
            reading.energy, class.rated_power_watts
        );
        return Err(Refusal::new(Reason::AboveRatedPower, detail));
    }
    Ok(reading)
}

/// What a reading must hold after the last accepted one: no overlap, a counter that never falls and rises by exactly
/// the interval's energy, or by at least that after a gap.
///
/// The first reading of a device has nothing before it: its counter must only be no lower than its energy.
pub fn check_continuity(
    attestation: &Attestation,
    reading: &EnergyReading,
    before: Option<&DeviceState>,
) -> Result<(), Refusal> {
    let start = attestation.interval_start_unix;
    let EnergyReading { energy, counter } = *reading;
    let Some(opening) = counter.checked_sub(energy) else {
        let detail = format!("the counter shows {counter} Wh after an interval of {energy} Wh");
        return Err(Refusal::new(Reason::CounterMismatch, detail));
    };
    let Some(before) = before else { return Ok(()) };
    let last = WattHours(before.counter_wh);
    if start < before.interval_end_unix {
        let detail =
            format!("the interval starts at {start}, before the last accepted end {}", before.interval_end_unix);
        return Err(Refusal::new(Reason::OverlappingInterval, detail));
    }
    if counter < last {
        return Err(Refusal::new(Reason::CounterFell, format!("the counter fell from {last} Wh to {counter} Wh")));
    }
    let neighbours = start == before.interval_end_unix;
    if opening < last || (neighbours && opening != last) {
        let rule = if neighbours { "exactly" } else { "at least" };
        let detail = format!("the counter went from {last} Wh to {counter} Wh; it must rise by {rule} {energy} Wh");
        return Err(Refusal::new(Reason::CounterMismatch, detail));
    }
    Ok(())
}
