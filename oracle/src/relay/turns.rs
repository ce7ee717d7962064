//! Who is being paid, who was, and how often.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use solana_signature::Signature;

const DAY_SECONDS: i64 = 86_400;
/// Payments that are remembered, to answer with their signatures when the same is asked again.
const MOST_PAYMENTS: usize = 65_536;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one entry's, so whoever panicked left nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Operators that a request is paying: a second request for them would only cost another fee. Clones share them.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<u32>>>);

/// The operators of one request, until it is dropped.
pub struct Turn {
    in_flight: InFlight,
    operators: Vec<u32>,
}

impl InFlight {
    /// Takes those of `operators` that no other request is paying.
    pub fn enter(&self, operators: &[u32]) -> Turn {
        let mut held = lock(&self.0);
        let operators = operators.iter().copied().filter(|operator| held.insert(*operator)).collect();
        Turn { in_flight: self.clone(), operators }
    }
}

impl Turn {
    pub fn has(&self, operator: u32) -> bool {
        self.operators.contains(&operator)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut held = lock(&self.in_flight.0);
        for operator in &self.operators {
            held.remove(operator);
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

/// The last payment to each operator, as far as it is remembered.
#[derive(Default)]
pub struct Payments(Mutex<BTreeMap<u32, Signature>>);

impl Payments {
    pub fn remember(&self, operator: u32, signature: Signature) {
        let mut held = lock(&self.0);
        if held.len() >= MOST_PAYMENTS {
            held.pop_first();
        }
        held.insert(operator, signature);
    }

    pub fn of(&self, operator: u32) -> Option<Signature> {
        lock(&self.0).get(&operator).copied()
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
        let payments = Payments::default();
        for operator in 0..=MOST_PAYMENTS as u32 {
            payments.remember(operator, Signature::from([1; 64]));
        }
        assert_eq!((payments.of(0), payments.of(1)), (None, Some(Signature::from([1; 64]))));
    }
}
