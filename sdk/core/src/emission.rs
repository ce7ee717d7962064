//! How many tokens an epoch emits by the schedule. What comes back of burned tokens is in [`crate::net_emission`].

use crate::{Amount, BPS, Epoch, shares::share_of};

/// A mint's emission schedule; fixed when the network's token is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What each epoch of the first period emits.
    pub first_amount: Amount,
    /// The part of a period's amount that the next period loses; rounded so that it never loses less.
    pub decay_bps: u16,
    /// Epochs in a period, at least 1.
    pub decay_every_epochs: u32,
    /// No period emits less than this, until the cap.
    pub tail_amount: Amount,
    /// All that will ever be emitted.
    pub cap: Amount,
}

/// Why a schedule makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    DecayAboveWhole,
    ZeroPeriod,
    FirstAmountZeroOrAboveCap,
    TailAboveFirstAmount,
}

impl Schedule {
    pub fn validate(&self) -> Result<(), ScheduleError> {
        if u64::from(self.decay_bps) > BPS {
            return Err(ScheduleError::DecayAboveWhole);
        }
        if self.decay_every_epochs == 0 {
            return Err(ScheduleError::ZeroPeriod);
        }
        if self.first_amount == Amount::ZERO || self.first_amount > self.cap {
            return Err(ScheduleError::FirstAmountZeroOrAboveCap);
        }
        if self.tail_amount > self.first_amount {
            return Err(ScheduleError::TailAboveFirstAmount);
        }
        Ok(())
    }

    /// Where every schedule begins.
    pub fn start(&self) -> Progress {
        Progress { next_epoch: Epoch(0), period_amount: self.first_amount, emitted: Amount::ZERO }
    }

    /// What an epoch of the period after one of `amount` emits: rounded down, so never more than stated.
    fn decayed(&self, amount: Amount) -> Amount {
        let kept_bps = (BPS as u16).saturating_sub(self.decay_bps);
        share_of(amount, kept_bps).max(self.tail_amount)
    }

    /// What `epoch` emits, without walking there epoch by epoch: whole periods at a time, until amounts decay no more.
    /// `None` for the last epoch that a u64 can number, which is never emitted.
    pub fn emission_of(&self, epoch: Epoch) -> Option<Amount> {
        epoch.next()?;
        let every = u64::from(self.decay_every_epochs).max(1);
        let (mut first, mut amount, mut room) = (0u64, self.first_amount, u128::from(self.cap.get()));
        loop {
            let following = self.decayed(amount);
            let period_end = first.checked_add(every).filter(|_| following != amount).unwrap_or(u64::MAX);
            let epochs = epoch.get().min(period_end) - first;
            let emitted = u128::from(amount.get()) * u128::from(epochs);
            room = room.saturating_sub(emitted);
            if epoch.get() < period_end {
                // At most `amount`, so it fits.
                return Some(Amount(u128::from(amount.get()).min(room) as u64));
            }
            if room == 0 {
                return Some(Amount::ZERO);
            }
            (first, amount) = (period_end, following);
        }
    }
}

/// How far a schedule has been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The epoch to emit next.
    pub next_epoch: Epoch,
    /// What an epoch of the current period emits.
    pub period_amount: Amount,
    /// All that was emitted so far; never above the schedule's cap.
    pub emitted: Amount,
}

impl Progress {
    /// Emits the next epoch: returns its amount and moves on. The last epoch before the cap emits what is left, every
    /// later one zero. `None` after the last epoch that a u64 can number; nothing has changed then.
    pub fn emit_next(&mut self, schedule: &Schedule) -> Option<Amount> {
        let following = self.next_epoch.next()?;
        let room = schedule.cap.checked_sub(self.emitted)?;
        let amount = self.period_amount.min(room);
        self.emitted = self.emitted.checked_add(amount)?;
        self.next_epoch = following;
        if following.get().is_multiple_of(u64::from(schedule.decay_every_epochs).max(1)) {
            self.period_amount = schedule.decayed(self.period_amount);
        }
        Some(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule() -> Schedule {
        Schedule {
            first_amount: Amount(1_000),
            decay_bps: 1_000,
            decay_every_epochs: 2,
            tail_amount: Amount(0),
            cap: Amount(5_000),
        }
    }

    #[test]
    fn emission_decays_every_period_and_ends_at_the_cap() {
        let amounts: alloc::vec::Vec<u64> =
            (0..9).map(|epoch| schedule().emission_of(Epoch(epoch)).unwrap().get()).collect();
        // 1000 1000 900 900 810, then 390 are left of 5000.
        assert_eq!(amounts, [1_000, 1_000, 900, 900, 810, 390, 0, 0, 0]);
    }

    #[test]
    fn validate_names_each_mistake() {
        let bad = |change: fn(&mut Schedule)| {
            let mut changed = schedule();
            change(&mut changed);
            changed.validate().unwrap_err()
        };
        assert_eq!(schedule().validate(), Ok(()));
        assert_eq!(bad(|s| s.decay_bps = 10_001), ScheduleError::DecayAboveWhole);
        assert_eq!(bad(|s| s.decay_every_epochs = 0), ScheduleError::ZeroPeriod);
        assert_eq!(bad(|s| s.first_amount = Amount(0)), ScheduleError::FirstAmountZeroOrAboveCap);
        assert_eq!(bad(|s| s.first_amount = Amount(5_001)), ScheduleError::FirstAmountZeroOrAboveCap);
        assert_eq!(bad(|s| s.tail_amount = Amount(1_001)), ScheduleError::TailAboveFirstAmount);
    }

    #[test]
    fn emit_next_past_the_last_epoch_changes_nothing() {
        let mut progress = Progress { next_epoch: Epoch(u64::MAX), ..schedule().start() };
        let before = progress;
        assert_eq!(progress.emit_next(&schedule()), None);
        assert_eq!(progress, before);
    }

    #[test]
    fn emission_of_the_furthest_epochs_answers_at_once() {
        assert_eq!(schedule().emission_of(Epoch(u64::MAX - 1)), Some(Amount(0)));
        assert_eq!(schedule().emission_of(Epoch(u64::MAX)), None);
        let endless = Schedule { decay_bps: 1, tail_amount: Amount(1), cap: Amount(u64::MAX), ..schedule() };
        assert_eq!(endless.emission_of(Epoch(1 << 40)), Some(Amount(1)));
    }

    proptest! {
        #[test]
        fn emission_never_passes_the_cap(
            first in 1..u64::MAX, cap in 1..u64::MAX, tail: u64, decay_bps in 0..=10_000u16, every in 1..50u32,
        ) {
            let first = first.min(cap);
            let schedule = Schedule {
                first_amount: Amount(first), decay_bps, decay_every_epochs: every,
                tail_amount: Amount(tail.min(first)), cap: Amount(cap),
            };
            prop_assert_eq!(schedule.validate(), Ok(()));
            let mut progress = schedule.start();
            let mut sum: u128 = 0;
            for _ in 0..500 {
                let epoch = progress.next_epoch;
                let amount = progress.emit_next(&schedule).unwrap();
                prop_assert_eq!(schedule.emission_of(epoch), Some(amount));
                sum += u128::from(amount.get());
                prop_assert_eq!(sum, u128::from(progress.emitted.get()));
                prop_assert!(sum <= u128::from(cap));
            }
        }
    }
}
