//! Leaky buckets by key, as GCRA has them (ITU-T I.371): a bucket is one number, the moment at which it is empty again.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

use super::Rate;

/// Fewest buckets before the empty ones are swept out.
const SWEEP_FROM: usize = 1_024;

/// Buckets of one rate. What is empty takes no room; more than `capacity` keys share one bucket.
pub struct Buckets<K> {
    rate: Rate,
    capacity: usize,
    started: Instant,
    /// When each is empty again, nanoseconds after `started`.
    empty_at: HashMap<K, u64>,
    sweep_at: usize,
    /// The bucket of all keys that find no room.
    shared: u64,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub fn new(rate: Rate, capacity: usize) -> Self {
        let started = Instant::now();
        Self { rate, capacity, started, empty_at: HashMap::new(), sweep_at: SWEEP_FROM, shared: 0 }
    }

    /// Takes one, or says after how many seconds one can be taken.
    pub fn take(&mut self, key: &K, now: Instant) -> Result<(), u32> {
        let Some(increment) = self.rate.increment() else { return Ok(()) };
        let nanos = self.nanos(now);
        if let Some(empty_at) = self.empty_at.get_mut(key) {
            let begin = (*empty_at).max(nanos);
            self.rate.room(begin - nanos, increment)?;
            *empty_at = begin.saturating_add(increment);
            return Ok(());
        }
        self.rate.room(self.of_new().saturating_sub(nanos), increment)?;
        self.add(key, increment, now);
        Ok(())
    }

    /// Is there room for one? If not: after how many seconds there is.
    pub fn room(&self, key: &K, now: Instant) -> Result<(), u32> {
        let Some(increment) = self.rate.increment() else { return Ok(()) };
        let empty_at = self.empty_at.get(key).copied().unwrap_or_else(|| self.of_new());
        self.rate.room(empty_at.saturating_sub(self.nanos(now)), increment)
    }

    /// Takes `count` whether there is room or not. A bucket never gets further ahead than twice its burst.
    pub fn charge(&mut self, key: &K, count: usize, now: Instant) {
        let Some(increment) = self.rate.increment() else { return };
        self.add(key, increment.saturating_mul(count as u64), now);
    }

    /// Puts one back that was taken.
    pub fn give_back(&mut self, key: &K) {
        let Some(increment) = self.rate.increment() else { return };
        if let Some(empty_at) = self.empty_at.get_mut(key) {
            *empty_at = empty_at.saturating_sub(increment);
        }
    }

    /// Buckets that are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.empty_at.len()
    }

    fn add(&mut self, key: &K, nanos: u64, now: Instant) {
        let now = self.nanos(now);
        let furthest = now.saturating_add(self.rate.tolerance().saturating_mul(2));
        let add = |empty_at: u64| empty_at.max(now).saturating_add(nanos).min(furthest);
        if let Some(empty_at) = self.empty_at.get_mut(key) {
            *empty_at = add(*empty_at);
            return;
        }
        if self.empty_at.len() >= self.sweep_at {
            self.empty_at.retain(|_, empty_at| *empty_at > now);
            // Sweeping costs what it takes to fill up the same number again, so no more than adding did.
            self.sweep_at = (2 * self.empty_at.len()).max(SWEEP_FROM);
        }
        match self.empty_at.len() < self.capacity {
            true => {
                self.empty_at.insert(key.clone(), add(0));
            }
            false => self.shared = add(self.shared),
        }
    }

    /// The bucket of a key that has none yet.
    fn of_new(&self) -> u64 {
        if self.empty_at.len() < self.capacity { 0 } else { self.shared }
    }

    fn nanos(&self, now: Instant) -> u64 {
        let since: Duration = now.saturating_duration_since(self.started);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate { per_minute: 60, burst: 5 };

    fn at(buckets: &Buckets<u32>, seconds: u64) -> Instant {
        buckets.started + Duration::from_secs(seconds)
    }

    #[test]
    fn burst_is_taken_at_once_and_then_one_a_second() {
        let mut buckets = Buckets::new(RATE, 10);
        let start = at(&buckets, 0);
        for _ in 0..5 {
            buckets.take(&1, start).unwrap();
        }
        assert_eq!(buckets.take(&1, start), Err(1));
        assert_eq!(buckets.take(&2, start), Ok(()), "another's");
        let later = at(&buckets, 2);
        assert_eq!((buckets.take(&1, later), buckets.take(&1, later)), (Ok(()), Ok(())));
        assert_eq!(buckets.take(&1, later), Err(1));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let mut buckets = Buckets::new(RATE, 10);
        let start = at(&buckets, 0);
        (0..5).for_each(|_| buckets.take(&1, start).unwrap());
        buckets.give_back(&1);
        assert_eq!((buckets.take(&1, start), buckets.take(&1, start)), (Ok(()), Err(1)));
    }

    #[test]
    fn charge_goes_over_the_burst_but_no_further_than_twice() {
        let mut buckets = Buckets::new(RATE, 10);
        let start = at(&buckets, 0);
        buckets.charge(&1, 1_000_000, start);
        assert_eq!(buckets.room(&1, start), Err(6));
        assert_eq!(buckets.room(&1, at(&buckets, 5)), Err(1));
        assert_eq!(buckets.room(&1, at(&buckets, 6)), Ok(()));
    }

    #[test]
    fn rate_of_zero_limits_nothing_and_keeps_nothing() {
        let mut buckets = Buckets::new(Rate::UNLIMITED, 10);
        let start = at(&buckets, 0);
        for _ in 0..100 {
            assert_eq!(buckets.take(&1, start), Ok(()));
            buckets.charge(&1, 1_000, start);
        }
        assert_eq!(buckets.len(), 0);
    }

    #[test]
    fn keys_beyond_the_capacity_share_one_bucket() {
        let mut buckets = Buckets::new(RATE, 2);
        let start = at(&buckets, 0);
        buckets.charge(&1, 5, start);
        buckets.charge(&2, 1, start);
        buckets.charge(&3, 5, start);
        assert_eq!(buckets.len(), 2);
        assert_eq!((buckets.room(&1, start), buckets.room(&2, start)), (Err(1), Ok(())));
        assert_eq!(buckets.room(&4, start), Err(1), "in the bucket of all others");
    }

    #[test]
    fn empty_buckets_are_swept_out() {
        let mut buckets = Buckets::new(RATE, usize::MAX);
        for key in 0..10_000 {
            let now = at(&buckets, u64::from(key));
            buckets.take(&key, now).unwrap();
            assert!(buckets.len() <= SWEEP_FROM);
        }
    }

    proptest! {
        /// However the moments lie, no more is taken in any span than the burst and what the span allows.
        #[test]
        fn no_more_is_taken_than_rate_and_burst_allow(moments in prop::collection::vec(0u64..300, 1..200)) {
            let mut buckets = Buckets::new(RATE, 10);
            let mut moments = moments;
            moments.sort_unstable();
            let taken: Vec<u64> = moments
                .into_iter()
                .filter(|moment| { let now = at(&buckets, *moment); buckets.take(&7, now).is_ok() })
                .collect();
            for (first, from) in taken.iter().enumerate() {
                for (last, to) in taken.iter().enumerate().skip(first) {
                    prop_assert!((last - first + 1) as u64 <= 5 + (to - from));
                }
            }
        }
    }
}
