//! The energy work kind's own checks.

use trellis_core::{
    WattHours,
    attestation::Attestation,
    energy::{EnergyPayload, EnergyReading, energy_limit},
};

use crate::{
    encoding::moment,
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
) -> Result<EnergyPayload, Refusal> {
    let bytes = &attestation.payload;
    let payload = EnergyPayload::from_bytes(bytes).ok_or_else(|| {
        let (short, long) = (EnergyReading::BYTES, EnergyPayload::PLACED_BYTES);
        let detail = match bytes.len() == long {
            true => format!("the payload's place, {}, is no H3 cell", hex::encode(&bytes[short..])),
            false => format!("an energy payload has {short} bytes, or {long} with a place, not {}", bytes.len()),
        };
        Refusal::new(Reason::Malformed, detail)
    })?;
    let reading = &payload.reading;
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
    Ok(payload)
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
        let detail = format!(
            "the interval starts at {}, and work up to {} was accepted before: this is counted already, or came after \
             later work; late work must be there before later work is accepted",
            moment(start),
            moment(before.interval_end_unix)
        );
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
