//! Who is being paid, who was, and how often.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const DAY_SECONDS: i64 = 86_400;
/// Entries that are remembered.
const MOST_RECENT: usize = 65_536;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one entry's, so whoever panicked left nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What requests are at: operators that one pays, transactions that one sends. A second request for the same would only
/// cost another fee. Clones share them.
#[derive(Clone)]
pub struct InFlight<T>(Arc<Mutex<HashSet<T>>>);

impl<T> Default for InFlight<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// What one request is at, until it is dropped.
pub struct Turn<T: Copy + Eq + Hash> {
    in_flight: InFlight<T>,
    taken: Vec<T>,
}

impl<T: Copy + Eq + Hash> InFlight<T> {
    /// Takes those of `wanted` that no other request is at.
    pub fn enter(&self, wanted: &[T]) -> Turn<T> {
        let mut held = lock(&self.0);
        let taken = wanted.iter().copied().filter(|one| held.insert(*one)).collect();
        Turn { in_flight: Self(Arc::clone(&self.0)), taken }
    }
}

impl<T: Copy + Eq + Hash> Turn<T> {
    pub fn has(&self, one: T) -> bool {
        self.taken.contains(&one)
    }
}

impl<T: Copy + Eq + Hash> Drop for Turn<T> {
    fn drop(&mut self) {
        let mut held = lock(&self.in_flight.0);
        for one in &self.taken {
            held.remove(one);
        }
    }
}

/// How often each operator was paid in a day. A start begins anew: what bounds spending is the budget.
#[derive(Default)]
pub struct DayCounts(Mutex<(i64, HashMap<u32, u32>)>);

impl DayCounts {
    pub fn of(&self, operator: u32, now_unix: i64) -> u32 {
        let held = lock(&self.0);
        match held.0 == now_unix.div_euclid(DAY_SECONDS) {
            true => held.1.get(&operator).copied().unwrap_or(0),
            false => 0,
        }
    }

    pub fn count(&self, operator: u32, now_unix: i64) {
        let (mut held, day) = (lock(&self.0), now_unix.div_euclid(DAY_SECONDS));
        if held.0 != day {
            *held = (day, HashMap::new());
        }
        let count = held.1.entry(operator).or_default();
        *count = count.saturating_add(1);
    }
}

/// What was done lately, to answer alike when the same is asked again: the last payment to each operator, transactions
/// that landed.
pub struct Recent<K, V>(Mutex<BTreeMap<K, V>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Copy> Recent<K, V> {
    pub fn remember(&self, key: K, value: V) {
        let mut held = lock(&self.0);
        if held.len() >= MOST_RECENT {
            held.pop_first();
        }
        held.insert(key, value);
    }

    pub fn of(&self, key: &K) -> Option<V> {
        lock(&self.0).get(key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_that_is_being_paid_is_taken_by_no_other_request_until_it_ends() {
        let in_flight = InFlight::default();
        let first = in_flight.enter(&[1, 2]);
        let second = in_flight.enter(&[2, 3, 3]);
        assert!(first.has(1) && first.has(2) && second.has(3) && !second.has(2));
        drop(first);
        let third = in_flight.enter(&[1, 2, 3]);
        assert!(third.has(1) && third.has(2) && !third.has(3));
    }

    #[test]
    fn counts_are_of_the_day() {
        let counts = DayCounts::default();
        counts.count(7, 10);
        counts.count(7, DAY_SECONDS - 1);
        assert_eq!((counts.of(7, 0), counts.of(8, 0), counts.of(7, DAY_SECONDS)), (2, 0, 0));
        counts.count(7, DAY_SECONDS);
        assert_eq!(counts.of(7, DAY_SECONDS), 1);
    }

    #[test]
    fn payments_are_remembered_up_to_a_number() {
        let payments = Recent::default();
        for operator in 0..=MOST_RECENT as u32 {
            payments.remember(operator, "paid");
        }
        assert_eq!((payments.of(&0), payments.of(&1)), (None, Some("paid")));
    }
}
