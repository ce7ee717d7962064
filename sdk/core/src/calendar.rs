//! Which moment belongs to which epoch.

use crate::Epoch;

/// A network's fixed division of time: epoch `n` covers `[genesis + n·length, genesis + (n+1)·length)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Start of epoch 0, unix seconds.
    pub genesis_unix: i64,
    /// Length of every epoch in seconds, at least 1.
    pub epoch_seconds: u32,
}

impl Calendar {
    /// The epoch that `unix` falls into; `None` before genesis.
    pub fn epoch_at(&self, unix: i64) -> Option<Epoch> {
        let since = unix.checked_sub(self.genesis_unix)?;
        let since = u64::try_from(since).ok()?;
        Some(Epoch(since.checked_div(u64::from(self.epoch_seconds))?))
    }

    /// First second of `epoch`; `None` if it lies past what an i64 can hold.
    pub fn start_of(&self, epoch: Epoch) -> Option<i64> {
        let offset = epoch.get().checked_mul(u64::from(self.epoch_seconds))?;
        self.genesis_unix.checked_add_unsigned(offset)
    }

    /// First second after `epoch`.
    pub fn end_of(&self, epoch: Epoch) -> Option<i64> {
        self.start_of(epoch.next()?)
    }

    /// Is `epoch` over at `now_unix`?
    pub fn has_elapsed(&self, epoch: Epoch, now_unix: i64) -> bool {
        self.end_of(epoch).is_some_and(|end| now_unix >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: Calendar = Calendar { genesis_unix: 1_000, epoch_seconds: 86_400 };

    #[test]
    fn epoch_at_boundaries_is_half_open() {
        assert_eq!(DAILY.epoch_at(999), None);
        assert_eq!(DAILY.epoch_at(1_000), Some(Epoch(0)));
        assert_eq!(DAILY.epoch_at(1_000 + 86_399), Some(Epoch(0)));
        assert_eq!(DAILY.epoch_at(1_000 + 86_400), Some(Epoch(1)));
    }

    #[test]
    fn has_elapsed_at_its_end_not_before() {
        assert!(!DAILY.has_elapsed(Epoch(0), 1_000 + 86_399));
        assert!(DAILY.has_elapsed(Epoch(0), 1_000 + 86_400));
    }

    #[test]
    fn far_epochs_overflow_to_none() {
        assert_eq!(DAILY.start_of(Epoch(u64::MAX)), None);
        assert_eq!(DAILY.end_of(Epoch(u64::MAX)), None);
        assert!(!DAILY.has_elapsed(Epoch(u64::MAX), i64::MAX));
        assert_eq!(Calendar { genesis_unix: i64::MIN, epoch_seconds: 1 }.epoch_at(i64::MAX), None);
    }

    #[test]
    fn zero_length_names_no_epoch() {
        assert_eq!(Calendar { genesis_unix: 0, epoch_seconds: 0 }.epoch_at(5), None);
    }
}
