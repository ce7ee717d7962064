//! Exact fractions that are never negative.

use std::cmp::Ordering;

/// An integer of any length, least digit first, without zeros at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Natural(Vec<u32>);

impl Natural {
    fn new(mut value: u128) -> Self {
        let mut digits = Vec::new();
        while value > 0 {
            digits.push(value as u32);
            value >>= 32;
        }
        Self(digits)
    }

    fn add(&self, other: &Self) -> Self {
        let length = self.0.len().max(other.0.len());
        let digit = |number: &Self, at: usize| u64::from(number.0.get(at).copied().unwrap_or(0));
        let mut carry = 0;
        let mut digits: Vec<u32> = (0..length)
            .map(|at| {
                carry += digit(self, at) + digit(other, at);
                let low = carry as u32;
                carry >>= 32;
                low
            })
            .collect();
        digits.push(carry as u32);
        Self(digits).trimmed()
    }

    /// Panics if `other` is the larger.
    fn subtract(&self, other: &Self) -> Self {
        assert!(self.compare(other) != Ordering::Less, "a fraction would be negative");
        let mut borrow = 0;
        let digits = self.0.iter().enumerate().map(|(at, &digit)| {
            let difference = i64::from(digit) - i64::from(other.0.get(at).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(difference < 0);
            difference as u32
        });
        Self(digits.collect()).trimmed()
    }

    fn multiply(&self, other: &Self) -> Self {
        let mut digits = vec![0_u32; self.0.len() + other.0.len()];
        for (at, &one) in self.0.iter().enumerate() {
            let mut carry = 0_u64;
            for (behind, &two) in other.0.iter().enumerate() {
                carry += u64::from(one) * u64::from(two) + u64::from(digits[at + behind]);
                digits[at + behind] = carry as u32;
                carry >>= 32;
            }
            digits[at + other.0.len()] = carry as u32;
        }
        Self(digits).trimmed()
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_digits = || self.0.iter().rev().cmp(other.0.iter().rev());
        self.0.len().cmp(&other.0.len()).then_with(by_digits)
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

/// A fraction, not in lowest terms.
#[derive(Debug, Clone)]
pub struct Fraction {
    over: Natural,
    under: Natural,
}

impl Fraction {
    pub fn zero() -> Self {
        Self::of(0)
    }

    pub fn of(whole: u64) -> Self {
        Self { over: Natural::new(u128::from(whole)), under: Natural::new(1) }
    }

    /// `self · over / under`.
    pub fn scaled(&self, over: u64, under: u64) -> Self {
        assert!(under > 0);
        let natural = |value| Natural::new(u128::from(value));
        Self { over: self.over.multiply(&natural(over)), under: self.under.multiply(&natural(under)) }
    }

    pub fn add(&self, other: &Self) -> Self {
        if self.under == other.under {
            return Self { over: self.over.add(&other.over), under: self.under.clone() };
        }
        let over = self.over.multiply(&other.under).add(&other.over.multiply(&self.under));
        Self { over, under: self.under.multiply(&other.under) }
    }

    pub fn subtract(&self, whole: u64) -> Self {
        let taken = self.under.multiply(&Natural::new(u128::from(whole)));
        Self { over: self.over.subtract(&taken), under: self.under.clone() }
    }

    /// Is `whole` at most this, and less than `units` + 1 below it? That is: the fraction rounded down, or up to `units`
    /// less.
    pub fn is_rounded_down_to(&self, whole: u64, units: u64) -> bool {
        let at_least = self.under.multiply(&Natural::new(u128::from(whole)));
        let above = self.under.multiply(&Natural::new(u128::from(whole) + u128::from(units) + 1));
        at_least.compare(&self.over) != Ordering::Greater && self.over.compare(&above) == Ordering::Less
    }
}

#[test]
fn fractions_of_large_numbers_are_exact() {
    let third = Fraction::of(u64::MAX).scaled(u64::MAX - 1, 3);
    // (2⁶⁴ − 1)(2⁶⁴ − 2) / 3, times 3, over 2⁶⁴ − 2.
    let back = third.scaled(3, u64::MAX - 1);
    assert!(back.is_rounded_down_to(u64::MAX, 0) && back.is_rounded_down_to(u64::MAX - 1, 1));
    assert!(!back.is_rounded_down_to(u64::MAX - 1, 0));
    assert!(back.subtract(u64::MAX).is_rounded_down_to(0, 0));
    let sum = Fraction::of(1).scaled(1, 3).add(&Fraction::of(1).scaled(2, 3));
    assert!(sum.is_rounded_down_to(1, 0));
    assert!(Fraction::of(7).scaled(1, 2).is_rounded_down_to(3, 0));
}
