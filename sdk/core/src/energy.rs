//! The energy work kind: what a reading holds, and the meter that a device keeps.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::{WattHours, h3};

/// What an energy attestation measured: 16 bytes, little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EnergyReading {
    /// Energy fed in during the interval.
    pub energy: WattHours,
    /// The meter's counter at the end of the interval. It never falls.
    pub counter: WattHours,
}

impl EnergyReading {
    pub const BYTES: usize = 16;

    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[..8].copy_from_slice(&self.energy.get().to_le_bytes());
        out[8..].copy_from_slice(&self.counter.get().to_le_bytes());
        out
    }

    /// `None` unless `payload` is exactly [`Self::BYTES`] long.
    pub fn from_bytes(payload: &[u8]) -> Option<Self> {
        Self::try_from_slice(payload).ok()
    }
}

/// Payload of an energy attestation: the reading, and where the device was, if it says so. One encoding for one meaning:
/// 16 bytes without a place; 24 with it, the last eight being an H3 cell, little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnergyPayload {
    pub reading: EnergyReading,
    /// The H3 cell that the device was in during the interval.
    pub cell: Option<u64>,
}

impl EnergyPayload {
    /// Length of a payload with a place.
    pub const PLACED_BYTES: usize = EnergyReading::BYTES + 8;

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::PLACED_BYTES);
        out.extend_from_slice(&self.reading.to_bytes());
        out.extend(self.cell.iter().flat_map(|cell| cell.to_le_bytes()));
        out
    }

    /// `None` unless `payload` has one of the two lengths, and its place, if it has one, is an H3 cell.
    pub fn from_bytes(payload: &[u8]) -> Option<Self> {
        let (reading, place) = payload.split_at_checked(EnergyReading::BYTES)?;
        let reading = EnergyReading::from_bytes(reading)?;
        if place.is_empty() {
            return Some(Self { reading, cell: None });
        }
        let cell = u64::from_le_bytes(place.try_into().ok()?);
        h3::resolution_of(cell)?;
        Some(Self { reading, cell: Some(cell) })
    }
}

/// Integer meter: average power over intervals in, whole watt-hours out.
///
/// Rounding: the meter keeps all it has measured to the nanowatt-second and reports the whole watt-hours, rounded down.
/// An interval's energy is the difference of two such counters, so it is off by less than 1 Wh, and what an interval
/// loses by rounding the next ones report: over any span of time the counter is less than 1 Wh below what was measured,
/// and never above it.
///
/// Negative power (a turbine that draws its idle current) feeds nothing in and counts as zero: the meter does not run
/// back. An interval without a measurement is not reported and adds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// All measured energy in nanowatt-seconds.
    total_nanowatt_seconds: u128,
}

const NANOWATT_SECONDS_PER_WH: u128 = 3_600 * 1_000_000_000;

impl Meter {
    /// A meter whose counter starts at `counter`.
    pub const fn starting_at(counter: WattHours) -> Self {
        Self { total_nanowatt_seconds: counter.0 as u128 * NANOWATT_SECONDS_PER_WH }
    }

    /// A meter that goes on where one showed this [total](Self::total_nanowatt_seconds).
    pub const fn with_total(total_nanowatt_seconds: u128) -> Self {
        Self { total_nanowatt_seconds }
    }

    /// All measured energy in nanowatt-seconds: to be kept over a restart.
    pub const fn total_nanowatt_seconds(&self) -> u128 {
        self.total_nanowatt_seconds
    }

    /// Whole watt-hours measured so far, rounded down. Saturates at the largest counter.
    pub fn counter(&self) -> WattHours {
        let whole = self.total_nanowatt_seconds / NANOWATT_SECONDS_PER_WH;
        WattHours(u64::try_from(whole).unwrap_or(u64::MAX))
    }

    /// Takes in an interval's average power and returns the reading to attest.
    /// `None` if the counter would pass what a u64 holds; the meter is then unchanged.
    pub fn measure(&mut self, average_nanowatts: i128, interval_seconds: u32) -> Option<EnergyReading> {
        let fed_in = u128::try_from(average_nanowatts).unwrap_or(0);
        self.add(fed_in.checked_mul(u128::from(interval_seconds))?)
    }

    /// Takes in what a meter counted in an interval and returns the reading to attest.
    /// `None` if the counter would pass what a u64 holds; the meter is then unchanged.
    pub fn count(&mut self, energy: WattHours) -> Option<EnergyReading> {
        self.add(u128::from(energy.get()) * NANOWATT_SECONDS_PER_WH)
    }

    fn add(&mut self, nanowatt_seconds: u128) -> Option<EnergyReading> {
        let total = self.total_nanowatt_seconds.checked_add(nanowatt_seconds)?;
        if total / NANOWATT_SECONDS_PER_WH > u128::from(u64::MAX) {
            return None;
        }
        let before = self.counter();
        self.total_nanowatt_seconds = total;
        let counter = self.counter();
        Some(EnergyReading { energy: counter.checked_sub(before)?, counter })
    }
}

/// Most energy that `rated_power_watts` can feed in during `interval_seconds`, with `tolerance_bps` on top
/// (500 = 5 %), rounded down. Saturates at what a u64 holds.
pub fn energy_limit(rated_power_watts: u64, interval_seconds: u32, tolerance_bps: u32) -> WattHours {
    let watt_seconds = u128::from(rated_power_watts) * u128::from(interval_seconds);
    let allowed_bps = u128::from(crate::BPS) + u128::from(tolerance_bps);
    let limit = watt_seconds.saturating_mul(allowed_bps) / (3_600 * u128::from(crate::BPS));
    WattHours(u64::try_from(limit).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KW: i128 = 1_000_000_000_000;

    #[test]
    fn measure_ten_minutes_at_six_kw_gives_one_kwh() {
        let mut meter = Meter::default();
        let reading = meter.measure(6 * KW, 600).unwrap();
        assert_eq!(reading, EnergyReading { energy: WattHours(1_000), counter: WattHours(1_000) });
    }

    #[test]
    fn measure_negative_power_feeds_nothing_in() {
        let mut meter = Meter::starting_at(WattHours(7));
        let reading = meter.measure(-5 * KW, 600).unwrap();
        assert_eq!(reading, EnergyReading { energy: WattHours(0), counter: WattHours(7) });
    }

    #[test]
    fn measure_past_the_largest_counter_is_refused_and_changes_nothing() {
        let mut meter = Meter::starting_at(WattHours(u64::MAX));
        let before = meter;
        assert_eq!(meter.measure(6 * KW, 600), None);
        assert_eq!(meter.measure(i128::MAX, u32::MAX), None);
        assert_eq!(meter, before);
    }

    #[test]
    fn count_adds_whole_watt_hours_and_leaves_the_fraction_and_a_full_counter_alone() {
        let mut meter = Meter::starting_at(WattHours(7));
        meter.measure(KW / 2, 1).unwrap();
        let fraction = meter.total_nanowatt_seconds() % NANOWATT_SECONDS_PER_WH;
        let reading = meter.count(WattHours(5)).unwrap();
        assert_eq!(reading, EnergyReading { energy: WattHours(5), counter: WattHours(12) });
        assert_eq!(meter.total_nanowatt_seconds() % NANOWATT_SECONDS_PER_WH, fraction);
        assert_eq!(Meter::with_total(meter.total_nanowatt_seconds()), meter);
        assert_eq!(meter.count(WattHours(u64::MAX)), None);
        assert_eq!(meter.counter(), WattHours(12));
    }

    #[test]
    fn energy_limit_of_a_2050_kw_turbine_in_ten_minutes() {
        assert_eq!(energy_limit(2_050_000, 600, 0), WattHours(341_666));
        assert_eq!(energy_limit(2_050_000, 600, 500), WattHours(358_750));
        assert_eq!(energy_limit(u64::MAX, u32::MAX, u32::MAX), WattHours(u64::MAX));
    }

    proptest! {
        #[test]
        fn counter_is_the_rounded_down_sum_of_what_was_fed_in(powers in prop::collection::vec(-KW..4_000 * KW, 0..200)) {
            let mut meter = Meter::default();
            let mut exact: u128 = 0;
            let mut reported: u64 = 0;
            for power in powers {
                let reading = meter.measure(power, 600).unwrap();
                exact += power.max(0) as u128 * 600;
                reported += reading.energy.get();
                prop_assert_eq!(reading.counter.get(), reported);
                prop_assert_eq!(u128::from(reported), exact / NANOWATT_SECONDS_PER_WH);
            }
        }

        #[test]
        fn payload_round_trips_and_other_lengths_do_not_decode(energy: u64, counter: u64, cut in 0usize..16) {
            let reading = EnergyReading { energy: WattHours(energy), counter: WattHours(counter) };
            let bytes = reading.to_bytes();
            prop_assert_eq!(EnergyReading::from_bytes(&bytes), Some(reading));
            prop_assert_eq!(EnergyReading::from_bytes(&bytes[..cut]), None);
            let mut longer = bytes.to_vec();
            longer.push(0);
            prop_assert_eq!(EnergyPayload::from_bytes(&bytes), Some(EnergyPayload { reading, cell: None }));
            prop_assert_eq!(EnergyPayload::from_bytes(&bytes[..cut]), None);
            prop_assert_eq!(EnergyPayload::from_bytes(&longer), None);
            prop_assert_eq!(EnergyReading::from_bytes(&longer), None);
        }
    }
}
