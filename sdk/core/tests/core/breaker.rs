//! The circuit breaker: how much passes in any span of time, and that waiting always helps.

use proptest::{collection::vec, prelude::*};
use trellis_core::{Amount, breaker::Breaker};

/// Capacities where rounding matters, and where products are large.
fn capacity() -> impl Strategy<Value = u64> {
    prop_oneof![1u64..50, 1_000u64..1_000_000, Just(u64::MAX), any::<u64>()]
}

fn window() -> impl Strategy<Value = u32> {
    prop_oneof![1u32..100, 1_000u32..1_000_000, Just(u32::MAX)]
}

/// One attempt: seconds after the one before, and the share of the capacity that is asked for, of 255.
fn attempts() -> impl Strategy<Value = Vec<(u32, u8)>> {
    vec((prop_oneof![0u32..100, 0u32..1_000_000], any::<u8>()), 1..60)
}

fn share(capacity: u64, of_255: u8) -> Amount {
    Amount((u128::from(capacity) * u128::from(of_255) / 255) as u64)
}

proptest! {
    #[test]
    fn take_in_any_span_lets_at_most_capacity_and_refill_through(
        capacity in capacity(), window in window(), attempts in attempts(),
    ) {
        let mut breaker = Breaker::full(Amount(capacity), window, 0);
        let (mut now, mut taken) = (0i64, Vec::new());
        for (wait, of_255) in attempts {
            now += i64::from(wait);
            let amount = share(capacity, of_255);
            if let Some(after) = breaker.take(amount, now) {
                breaker = after;
                taken.push((now, amount.get()));
            }
            prop_assert!(breaker.level <= breaker.capacity);
        }
        for (from, (start, _)) in taken.iter().enumerate() {
            let mut sum = 0u128;
            for (end, amount) in &taken[from..] {
                sum += u128::from(*amount);
                let span = (end - start) as u128;
                let refill = u128::from(capacity) * span / u128::from(window);
                prop_assert!(sum <= u128::from(capacity) + refill, "{} in {} s", sum, span);
                if span <= u128::from(window) {
                    prop_assert!(sum <= 2 * u128::from(capacity));
                }
            }
        }
    }

    #[test]
    fn take_of_at_most_the_capacity_succeeds_at_the_moment_that_ready_unix_says_and_not_before(
        capacity in capacity(), window in window(), attempts in attempts(), wanted: u8,
    ) {
        let mut breaker = Breaker::full(Amount(capacity), window, 0);
        let mut now = 0i64;
        for (wait, of_255) in attempts {
            now += i64::from(wait);
            breaker = breaker.take(share(capacity, of_255), now).unwrap_or(breaker);
        }
        let amount = share(capacity, wanted);
        let ready = breaker.ready_unix(amount).unwrap();
        prop_assert!(ready <= breaker.updated_unix + i64::from(window), "a whole window suffices");
        prop_assert!(breaker.take(amount, ready).is_some());
        if ready > breaker.updated_unix {
            prop_assert!(breaker.take(amount, ready - 1).is_none());
        }
    }

    #[test]
    fn take_of_more_than_the_capacity_never_succeeds(capacity in 0u64..u64::MAX, window in window(), now: i64) {
        let breaker = Breaker::full(Amount(capacity), window, 0);
        prop_assert_eq!(breaker.take(Amount(capacity + 1), now), None);
        prop_assert_eq!(breaker.ready_unix(Amount(capacity + 1)), None);
    }

    #[test]
    fn resized_never_adds_to_what_the_bucket_held(
        capacity in capacity(), window in window(), taken: u8, wait in 0i64..1_000_000,
        other_capacity in capacity(), other_window in window(),
    ) {
        let breaker = Breaker::full(Amount(capacity), window, 0).take(share(capacity, taken), 0).unwrap();
        let resized = breaker.resized(Amount(other_capacity), other_window, wait);
        prop_assert_eq!(resized.level, breaker.level_at(wait).min(Amount(other_capacity)));
        prop_assert_eq!(resized.level_at(wait), resized.level);
        prop_assert_eq!(resized.level_at(wait + i64::from(other_window)), Amount(other_capacity));
    }
}

#[test]
fn level_at_refills_in_proportion_and_rounds_down() {
    let empty = Breaker { capacity: Amount(10), window_seconds: 3, level: Amount(0), updated_unix: 100 };
    let levels = [100, 101, 102, 103, 104, i64::MAX].map(|now| empty.level_at(now).get());
    assert_eq!(levels, [0, 3, 6, 10, 10, 10]);
}

#[test]
fn level_at_an_earlier_moment_is_the_level() {
    let empty = Breaker { capacity: Amount(10), window_seconds: 3, level: Amount(4), updated_unix: i64::MAX };
    assert_eq!(empty.level_at(i64::MIN), Amount(4));
    let taken = empty.take(Amount(1), 0).unwrap();
    assert_eq!((taken.level, taken.updated_unix), (Amount(3), i64::MAX), "the same time does not refill twice");
}

/// No vault has such a window; if one had, its bucket would not refill rather than be always full.
#[test]
fn level_at_with_a_window_of_zero_does_not_refill() {
    let breaker = Breaker { capacity: Amount(10), window_seconds: 0, level: Amount(4), updated_unix: 0 };
    assert_eq!(breaker.level_at(1_000), Amount(4));
}
