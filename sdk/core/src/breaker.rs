//! The circuit breaker of a vault: a token bucket on integers, which delays what is promised too fast and loses nothing.
//!
//! The bucket holds `capacity` tokens and refills at `capacity` per window, in proportion to the time that passed. What
//! is taken must be in it. Every rounding is downwards: there is never more in the bucket than there should be. Hence
//!
//! - in any span of time of length `t`, at most `capacity + capacity × t / window` is taken: at most `2 × capacity` in a
//!   span as long as the window;
//! - whatever is at most `capacity` can be taken once a whole window has passed since the last change, and
//!   [`Breaker::ready_unix`] says from when on exactly.

use crate::Amount;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Most that the bucket holds.
    pub capacity: Amount,
    /// Time in which an empty bucket fills up, at least 1.
    pub window_seconds: u32,
    /// What the bucket held at `updated_unix`.
    pub level: Amount,
    pub updated_unix: i64,
}

impl Breaker {
    /// A full bucket.
    pub const fn full(capacity: Amount, window_seconds: u32, now_unix: i64) -> Self {
        Self { capacity, window_seconds, level: capacity, updated_unix: now_unix }
    }

    /// What the bucket holds at `now_unix`. Time that runs backwards refills nothing.
    pub fn level_at(&self, now_unix: i64) -> Amount {
        let elapsed_seconds = u128::try_from(i128::from(now_unix) - i128::from(self.updated_unix)).unwrap_or(0);
        // At most 2⁶⁴ × 2⁶⁵, but the bucket is full after one window.
        let elapsed_seconds = elapsed_seconds.min(u128::from(self.window_seconds));
        let refill = u128::from(self.capacity.get()) * elapsed_seconds;
        let refill = refill.checked_div(u128::from(self.window_seconds)).unwrap_or(0);
        let level = (u128::from(self.level.get()) + refill).min(u128::from(self.capacity.get()));
        // Not above `capacity`, which is a u64.
        Amount(level as u64)
    }

    /// The bucket after `amount` was taken at `now_unix`; `None` if it does not hold that much then.
    pub fn take(self, amount: Amount, now_unix: i64) -> Option<Self> {
        let level = self.level_at(now_unix).checked_sub(amount)?;
        Some(Self { level, updated_unix: self.updated_unix.max(now_unix), ..self })
    }

    /// The bucket with another size and speed from `now_unix` on. It holds what it held, as far as there is room: a
    /// larger one fills up in time.
    pub fn resized(self, capacity: Amount, window_seconds: u32, now_unix: i64) -> Self {
        let level = self.level_at(now_unix).min(capacity);
        Self { capacity, window_seconds, level, updated_unix: self.updated_unix.max(now_unix) }
    }

    /// The first moment at which `amount` can be taken if nothing else is; `None` if it never fits.
    pub fn ready_unix(&self, amount: Amount) -> Option<i64> {
        if amount > self.capacity {
            return None;
        }
        let missing = u128::from(amount.get().saturating_sub(self.level.get()));
        let seconds = (missing * u128::from(self.window_seconds)).checked_div(u128::from(self.capacity.get()));
        let rest = (missing * u128::from(self.window_seconds)).checked_rem(u128::from(self.capacity.get()));
        // A capacity of 0 holds nothing, and only 0 fits: at once.
        let seconds = seconds.unwrap_or(0) + u128::from(rest.unwrap_or(0) > 0);
        self.updated_unix.checked_add(i64::try_from(seconds).ok()?)
    }
}
