//! Where time comes from. Everything else is given the time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::settings::ClockSource;

/// Longest time that the chain's clock is carried on without being heard. Beyond that it stands still: an oracle that is
/// cut off must not close epochs.
const MAX_CARRIED: Duration = Duration::from_secs(30);

/// Why what the chain's servers show is not taken as the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the chain's clock, as its servers show it, is {ahead_seconds} s ahead of this machine's, and at most \
     {max_seconds} are believed (`clock_max_ahead_seconds`): is this machine's clock right, and that server?"
)]
pub struct TooFarAhead {
    pub ahead_seconds: i64,
    pub max_seconds: u32,
}

/// Tells the time, unix seconds. Clones share what was last heard from the chain.
#[derive(Clone, Debug)]
pub struct Clock {
    source: ClockSource,
    heard: Arc<Mutex<Heard>>,
    /// How far the chain may be ahead of the machine.
    max_ahead_seconds: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    chain_unix: i64,
    at: Instant,
}

impl Clock {
    /// `chain_unix`: what the chain's clock shows now.
    pub fn new(source: ClockSource, chain_unix: i64) -> Self {
        Self { source, heard: Arc::new(Mutex::new(Heard { chain_unix, at: Instant::now() })), max_ahead_seconds: None }
    }

    /// The same, but it believes no more than this far ahead of the machine's clock. Errors if `chain_unix` is.
    pub fn bounded(source: ClockSource, chain_unix: i64, max_ahead_seconds: u32) -> Result<Self, TooFarAhead> {
        let clock = Self { max_ahead_seconds: Some(max_ahead_seconds), ..Self::new(source, chain_unix) };
        clock.hear_chain(chain_unix)?;
        Ok(clock)
    }

    /// Takes in what the chain's clock shows, unless it showed more before.
    pub fn hear_chain(&self, chain_unix: i64) -> Result<(), TooFarAhead> {
        let ahead_seconds = chain_unix.saturating_sub(machine_unix());
        if let Some(max_seconds) = self.max_ahead_seconds
            && ahead_seconds > i64::from(max_seconds)
        {
            return Err(TooFarAhead { ahead_seconds, max_seconds });
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if chain_unix >= heard.chain_unix {
            *heard = Heard { chain_unix, at: Instant::now() };
        }
        Ok(())
    }

    /// Is the time known? Not so while the chain's clock is not heard and stands still here.
    pub fn is_known(&self) -> bool {
        self.source == ClockSource::System || self.heard().at.elapsed() < MAX_CARRIED
    }

    fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now_unix(&self) -> i64 {
        match self.source {
            ClockSource::Chain => {
                let heard = self.heard();
                let carried = heard.at.elapsed().min(MAX_CARRIED).as_secs();
                heard.chain_unix.saturating_add_unsigned(carried)
            }
            ClockSource::System => machine_unix(),
        }
    }

    /// The chain's time as it was last heard, which decides whether a challenge window is over.
    pub fn chain_unix(&self) -> i64 {
        self.heard().chain_unix
    }
}

/// The machine's clock, unix seconds.
pub(crate) fn machine_unix() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}

/// The time that several servers show: as many show less as show more, and of two in the middle it is the earlier. So
/// fewer than half of them cannot bring an epoch's end forward.
pub fn median(mut times: Vec<i64>) -> Option<i64> {
    times.sort_unstable();
    times.get(times.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn median_of_servers_ignores_an_outlier() {
        let far = 1_000_000;
        for (times, wanted) in [
            (vec![], None),
            (vec![5], Some(5)),
            (vec![far, 5], Some(5)),
            (vec![far, 5, 7], Some(7)),
            (vec![5, -far, 7], Some(5)),
            (vec![far, far, 5, 7], Some(7)),
        ] {
            assert_eq!(median(times.clone()), wanted, "{times:?}");
        }
    }

    #[test]
    fn clock_refuses_a_chain_far_ahead_of_the_machine_and_stays_as_it_was() {
        let now = machine_unix();
        let clock = Clock::bounded(ClockSource::Chain, now - 100, 300).unwrap();
        let refused = clock.hear_chain(now + 18_000).unwrap_err();
        assert!((17_990..=18_000).contains(&refused.ahead_seconds), "{refused}");
        assert!(refused.to_string().contains("clock_max_ahead_seconds"), "{refused}");
        assert!(clock.chain_unix() < now, "an epoch could be closed early");
        clock.hear_chain(now + 200).unwrap();
        assert_eq!(clock.chain_unix(), now + 200);
        assert!(Clock::bounded(ClockSource::Chain, now + 18_000, 300).is_err());
    }

    #[test]
    fn clock_never_runs_back() {
        let clock = Clock::new(ClockSource::Chain, 100);
        clock.hear_chain(50).unwrap();
        assert_eq!(clock.chain_unix(), 100);
    }
}
