//! Which bundles may be deleted.

use trellis_client::accounts::KEPT_ROOTS;
use trellis_core::{Calendar, Epoch};

const SECONDS_PER_DAY: i64 = 86_400;

/// What the settings keep. Without either, everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// How many of the last closed epochs.
    pub epochs: Option<u64>,
    /// Epochs that ended less than so many days ago.
    pub days: Option<u32>,
}

/// How far the oracle and the chain are.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub next_to_close: Epoch,
    /// As the chain will never take back: what is read at `finalized`.
    pub next_to_finalize: Epoch,
    pub calendar: Calendar,
    pub now_unix: i64,
}

impl Retention {
    /// Does it keep everything?
    pub fn keeps_all(&self) -> bool {
        self.epochs.is_none() && self.days.is_none()
    }

    /// The first epoch whose bundle must stay. Those before it are final for good, and none is needed: not for claims, which
    /// the vault takes against its last roots; not for a proposal, which is of an epoch that is not final; not by the
    /// epoch that is closed next.
    pub fn kept_from(&self, progress: &Progress) -> Epoch {
        if self.keeps_all() {
            return Epoch(0);
        }
        let Progress { next_to_close, next_to_finalize, calendar, now_unix } = *progress;
        let claimable = next_to_finalize.get().saturating_sub(KEPT_ROOTS as u64);
        let opening = next_to_close.get().saturating_sub(1);
        let by_number = self.epochs.map(|epochs| next_to_close.get().saturating_sub(epochs));
        let by_age = self.days.map(|days| {
            let then = now_unix.saturating_sub(i64::from(days).saturating_mul(SECONDS_PER_DAY));
            // The epoch that ran then had not ended.
            calendar.epoch_at(then).map_or(0, |epoch| epoch.get())
        });
        let limits = [Some(claimable), Some(opening), by_number, by_age];
        Epoch(limits.into_iter().flatten().min().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CALENDAR: Calendar = Calendar { genesis_unix: 1_000_000, epoch_seconds: 86_400 };

    fn progress(next_to_close: u64, next_to_finalize: u64, epochs_passed: i64) -> Progress {
        Progress {
            next_to_close: Epoch(next_to_close),
            next_to_finalize: Epoch(next_to_finalize),
            calendar: CALENDAR,
            now_unix: CALENDAR.genesis_unix + epochs_passed * 86_400,
        }
    }

    #[test]
    fn kept_from_is_the_strictest_limit() {
        let kept = |epochs, days, progress| Retention { epochs, days }.kept_from(&progress).get();
        assert_eq!(kept(None, None, progress(100, 100, 100)), 0);
        assert_eq!(kept(Some(10), None, progress(100, 100, 100)), 90);
        assert_eq!(kept(None, Some(20), progress(100, 100, 100)), 80);
        assert_eq!(kept(Some(10), Some(20), progress(100, 100, 100)), 80);
        assert_eq!(kept(Some(1), Some(1), progress(100, 100, 100)), 96, "the vault's last four roots can be claimed");
        assert_eq!(kept(Some(1), None, progress(100, 50, 100)), 46);
        assert_eq!(kept(Some(1), None, progress(50, 100, 100)), 49, "what the next epoch opens with");
        assert_eq!(kept(None, Some(200), progress(100, 100, 100)), 0);
        assert_eq!(kept(Some(1), None, progress(2, 3, 3)), 0);
    }

    proptest! {
        #[test]
        fn nothing_that_is_needed_is_ever_let_go(
            epochs in proptest::option::of(1_u64..50),
            days in proptest::option::of(1_u32..50),
            next_to_close in 0_u64..100,
            next_to_finalize in 0_u64..100,
            passed in -10_i64..120,
        ) {
            let progress = progress(next_to_close, next_to_finalize, passed);
            let kept_from = Retention { epochs, days }.kept_from(&progress).get();
            for epoch in 0..kept_from {
                prop_assert!(epoch + 4 < next_to_finalize, "one of the vault's last four roots, or not final");
                prop_assert!(epoch + 1 < next_to_close, "the next epoch opens with it, or it is not closed");
                prop_assert!(epochs.is_some() || days.is_some());
                prop_assert!(epochs.is_none_or(|epochs| epoch + epochs < next_to_close));
                let age = progress.now_unix - (CALENDAR.genesis_unix + (epoch as i64 + 1) * 86_400);
                prop_assert!(days.is_none_or(|days| age >= i64::from(days) * SECONDS_PER_DAY));
            }
        }
    }
}
