//! The network's time on a device whose own clock drifts.

/// What a crystal of usual quality is off by, at most, in parts per million.
pub const USUAL_DRIFT_PPM: u32 = 100;

/// The network's time, carried on by a local clock that only counts up, such as milliseconds since start-up.
///
/// It gives the earliest time that it can be: so an interval that is over by this clock is over by the oracle's, and
/// no reading is ever signed ahead of time. An oracle tells its time with every answer: in a receipt (`received_unix`) or its
/// status (`now_unix`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkClock {
    drift_ppm: u32,
    reference: Option<Reference>,
}

/// At `local_ms` it was `unix_ms` at the earliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reference {
    local_ms: u64,
    unix_ms: i64,
}

impl NetworkClock {
    /// `drift_ppm`: how much too fast the local clock may be, in parts per million.
    pub const fn new(drift_ppm: u32) -> Self {
        Self { drift_ppm, reference: None }
    }

    /// The oracle read its clock, which showed `oracle_unix`, after the request left at `sent_ms` and before the answer
    /// was here at `received_ms`, both of the local clock.
    ///
    /// What fits the time known so far leaves it as it is; an answer that took long, and so says little, spoils nothing.
    /// What contradicts it replaces it, forwards or backwards: the oracle decides. Times that no clock can show are ignored.
    pub fn observe(&mut self, sent_ms: u64, received_ms: u64, oracle_unix: i64) {
        let (Some(travel_ms), Some(earliest_ms)) = (received_ms.checked_sub(sent_ms), oracle_unix.checked_mul(1_000))
        else {
            return;
        };
        // It showed whole seconds, and the answer was under way for the whole time at most.
        let latest_ms = earliest_ms.saturating_add(999).saturating_add_unsigned(travel_ms);
        let known = self.now_ms(received_ms).filter(|known| (earliest_ms..=latest_ms).contains(known));
        self.reference = Some(Reference { local_ms: received_ms, unix_ms: known.unwrap_or(earliest_ms) });
    }

    /// The network's time in whole seconds, at the earliest. `None` until the oracle was heard, and if the local clock
    /// shows less than it did then: it was started anew.
    pub fn now_unix(&self, local_ms: u64) -> Option<i64> {
        Some(self.now_ms(local_ms)?.div_euclid(1_000))
    }

    fn now_ms(&self, local_ms: u64) -> Option<i64> {
        let Reference { local_ms: then_ms, unix_ms } = self.reference?;
        let passed_ms = local_ms.checked_sub(then_ms)?;
        let drift_ms = (u128::from(passed_ms) * u128::from(self.drift_ppm)).div_ceil(1_000_000);
        let surely_ms = passed_ms.saturating_sub(u64::try_from(drift_ms).unwrap_or(u64::MAX));
        unix_ms.checked_add_unsigned(surely_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn now_is_unknown_until_the_oracle_was_heard_and_after_the_local_clock_restarted() {
        let mut clock = NetworkClock::new(USUAL_DRIFT_PPM);
        assert_eq!(clock.now_unix(5), None);
        clock.observe(1_000, 1_200, 500);
        assert_eq!((clock.now_unix(1_200), clock.now_unix(1_199)), (Some(500), None));
    }

    #[test]
    fn answer_that_took_long_does_not_spoil_what_is_known() {
        let mut clock = NetworkClock::new(0);
        clock.observe(0, 0, 100);
        // It arrives at 160 s by what is known, and says that it was 105 s or later up to a minute ago.
        clock.observe(0, 60_000, 105);
        assert_eq!(clock.now_unix(60_000), Some(160));
    }

    #[test]
    fn oracle_that_contradicts_is_believed_forwards_and_backwards() {
        let mut clock = NetworkClock::new(0);
        clock.observe(0, 0, 100);
        clock.observe(10_000, 10_000, 500);
        assert_eq!(clock.now_unix(10_000), Some(500));
        clock.observe(20_000, 20_000, 50);
        assert_eq!(clock.now_unix(21_000), Some(51));
    }

    #[test]
    fn times_that_no_clock_shows_are_ignored() {
        let mut clock = NetworkClock::new(0);
        clock.observe(10, 9, 100);
        clock.observe(0, 0, i64::MAX);
        assert_eq!(clock.now_unix(0), None);
        clock.observe(0, 0, i64::MAX / 1_000);
        assert_eq!(clock.now_unix(u64::MAX), None, "past what can be told");
    }

    proptest! {
        /// However the local clock drifts within its limit and however long answers take, the device is never ahead.
        #[test]
        fn now_is_never_ahead_of_the_oracle(
            drift_ppm in -100i64..=100,
            rounds in prop::collection::vec((0u64..5_000, 0u64..100_000_000, 0u64..5_000), 1..20),
        ) {
            let true_start_ms = 1_400_000_000_000u64;
            let mut true_ms = 0u64;
            let local = |true_ms: u64| (true_ms as i128 + true_ms as i128 * drift_ppm as i128 / 1_000_000) as u64;
            let mut clock = NetworkClock::new(USUAL_DRIFT_PPM);
            for (there, pause, back) in rounds {
                let sent = local(true_ms);
                true_ms += there;
                let oracle_unix = ((true_start_ms + true_ms) / 1_000) as i64;
                true_ms += back;
                clock.observe(sent, local(true_ms), oracle_unix);
                true_ms += pause;
                let now = clock.now_unix(local(true_ms)).unwrap();
                prop_assert!(now <= ((true_start_ms + true_ms) / 1_000) as i64);
                // And not behind by more than travel, rounding and twice the drift.
                let behind = ((true_start_ms + true_ms) / 1_000) as i64 - now;
                prop_assert!(behind <= ((there + back) / 1_000) as i64 + 3 + (pause / 5_000_000) as i64 + 200, "{}", behind);
            }
        }
    }
}
