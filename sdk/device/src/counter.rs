//! From samples of a meter's counter to the energy of whole intervals.

use trellis_core::WattHours;

/// An interval that is over, as the meter's counter tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteredInterval {
    pub start_unix: i64,
    /// What the counter rose by in the interval.
    pub energy: WattHours,
    /// What the meter showed last in it.
    pub meter: WattHours,
}

/// What a meter showed when an interval that is signed already ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastMetered {
    pub end_unix: i64,
    pub meter: WattHours,
}

/// Cuts a series of samples into intervals.
///
/// An interval's energy is what the counter rose by from the last sample of the interval before it to its own last
/// sample. Where the interval before has no sample, it counts from its own first: what was fed in while nobody looked
/// belongs to no interval, and is not claimed. A counter that fell (the meter was replaced, or ran over) adds nothing at
/// that step.
#[derive(Clone, Copy, Debug)]
pub struct CounterIntervals {
    interval_seconds: u32,
    open: Option<Open>,
}

/// The interval that goes on.
#[derive(Clone, Copy, Debug)]
struct Open {
    start_unix: i64,
    energy_wh: u64,
    last_wh: u64,
    last_unix: i64,
}

impl CounterIntervals {
    /// `interval_seconds`: the network's, at least 1.
    pub const fn new(interval_seconds: u32) -> Self {
        Self { interval_seconds, open: None }
    }

    /// The meter showed `meter` at `at_unix`. Gives the interval before if this sample is the first after it.
    ///
    /// `last`: what is signed already, so that after a restart the next interval joins on. Samples of an interval that is signed,
    /// and samples from before the last one, are passed over.
    pub fn sample(&mut self, at_unix: i64, meter: WattHours, last: Option<LastMetered>) -> Option<MeteredInterval> {
        let length = i64::from(self.interval_seconds.max(1));
        let start_unix = at_unix - at_unix.rem_euclid(length);
        if last.is_some_and(|last| start_unix < last.end_unix) {
            return None;
        }
        if let Some(open) = &mut self.open
            && start_unix <= open.start_unix
        {
            if start_unix == open.start_unix && at_unix >= open.last_unix {
                open.add(at_unix, meter.get());
            }
            return None;
        }
        let finished = self.open.take().map(Open::interval);
        let before = match finished {
            Some(interval) => Some(LastMetered { end_unix: interval.start_unix + length, meter: interval.meter }),
            None => last,
        };
        let joins = before.filter(|before| before.end_unix == start_unix);
        let last_wh = joins.map_or(meter, |before| before.meter).get();
        let mut open = Open { start_unix, energy_wh: 0, last_wh, last_unix: at_unix };
        open.add(at_unix, meter.get());
        self.open = Some(open);
        finished
    }

    /// Gives the interval that is open, if at `now_unix` a whole interval more is over: no sample comes any more.
    pub fn overdue(&mut self, now_unix: i64) -> Option<MeteredInterval> {
        let length = i64::from(self.interval_seconds.max(1));
        let is_overdue = |open: &mut Open| now_unix.saturating_sub(open.start_unix) >= 2 * length;
        self.open.take_if(is_overdue).map(Open::interval)
    }
}

impl Open {
    fn add(&mut self, at_unix: i64, wh: u64) {
        // A counter that fell adds nothing.
        let rise = wh.saturating_sub(self.last_wh);
        // It cannot pass what a u64 holds unless the meter fell and rose through all of it.
        self.energy_wh = self.energy_wh.saturating_add(rise);
        (self.last_wh, self.last_unix) = (wh, at_unix);
    }

    fn interval(self) -> MeteredInterval {
        let Self { start_unix, energy_wh, last_wh, .. } = self;
        MeteredInterval { start_unix, energy: WattHours(energy_wh), meter: WattHours(last_wh) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interval(start_unix: i64, energy: u64, meter: u64) -> MeteredInterval {
        MeteredInterval { start_unix, energy: WattHours(energy), meter: WattHours(meter) }
    }

    fn sample(counter: &mut CounterIntervals, at_unix: i64, wh: u64) -> Option<MeteredInterval> {
        counter.sample(at_unix, WattHours(wh), None)
    }

    #[test]
    fn interval_counts_from_the_last_sample_before_it_and_after_a_gap_from_its_first() {
        let mut counter = CounterIntervals::new(60);
        assert_eq!(sample(&mut counter, 70, 100), None);
        assert_eq!(sample(&mut counter, 119, 110), None);
        assert_eq!(sample(&mut counter, 121, 112), Some(interval(60, 10, 110)));
        // Nobody looked from 121 to 250.
        assert_eq!(sample(&mut counter, 250, 500), Some(interval(120, 2, 112)));
        assert_eq!(sample(&mut counter, 299, 503), None);
        assert_eq!(sample(&mut counter, 300, 503), Some(interval(240, 3, 503)));
    }

    #[test]
    fn counter_that_falls_adds_nothing_at_that_step() {
        let mut counter = CounterIntervals::new(60);
        sample(&mut counter, 0, u64::MAX);
        sample(&mut counter, 10, 5);
        sample(&mut counter, 20, 9);
        assert_eq!(sample(&mut counter, 60, 9), Some(interval(0, 4, 9)));
    }

    #[test]
    fn samples_from_before_the_last_one_are_passed_over() {
        let mut counter = CounterIntervals::new(60);
        sample(&mut counter, 130, 10);
        assert_eq!(sample(&mut counter, 125, 99), None);
        assert_eq!(sample(&mut counter, 10, 99), None);
        assert_eq!(sample(&mut counter, 180, 12), Some(interval(120, 0, 10)));
    }

    #[test]
    fn after_a_restart_the_next_interval_joins_on_and_signed_ones_are_not_measured_again() {
        let last = Some(LastMetered { end_unix: 120, meter: WattHours(50) });
        let mut counter = CounterIntervals::new(60);
        assert_eq!(counter.sample(119, WattHours(49), last), None);
        assert_eq!(counter.sample(150, WattHours(57), last), None);
        assert_eq!(counter.sample(180, WattHours(58), last), Some(interval(120, 7, 57)));
        let mut later = CounterIntervals::new(60);
        later.sample(185, WattHours(60), last);
        assert_eq!(later.sample(240, WattHours(61), last), Some(interval(180, 0, 60)), "it does not join on");
    }

    #[test]
    fn overdue_interval_is_given_when_no_sample_comes() {
        let mut counter = CounterIntervals::new(60);
        sample(&mut counter, 0, 10);
        sample(&mut counter, 30, 12);
        assert_eq!(counter.overdue(119), None);
        assert_eq!(counter.overdue(120), Some(interval(0, 2, 12)));
        assert_eq!(counter.overdue(1_000), None);
    }

    proptest! {
        /// What intervals claim is never more than what the meter rose by, and all of it where samples never pause.
        #[test]
        fn energy_of_all_intervals_is_at_most_the_rise(steps in prop::collection::vec((1i64..200, 0u64..100), 2..100)) {
            let mut counter = CounterIntervals::new(60);
            let (mut at, mut wh, mut claimed, mut end) = (0i64, 1_000u64, 0u64, 0i64);
            for (pause, rise) in &steps {
                at += pause;
                wh += rise;
                if let Some(interval) = sample(&mut counter, at, wh) {
                    prop_assert_eq!(interval.start_unix % 60, 0);
                    prop_assert!(interval.start_unix >= end);
                    end = interval.start_unix + 60;
                    claimed += interval.energy.get();
                }
            }
            claimed += counter.overdue(i64::MAX).unwrap().energy.get();
            prop_assert!(claimed <= wh - 1_000 - steps[0].1);
            if steps.iter().all(|(pause, _)| *pause <= 60) {
                prop_assert_eq!(claimed, wh - 1_000 - steps[0].1);
            }
        }
    }
}
