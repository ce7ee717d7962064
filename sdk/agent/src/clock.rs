//! The agent's time: the oracle's, carried on by the machine's monotonic clock.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use trellis_device::{NetworkClock, clock::USUAL_DRIFT_PPM};

/// Clones are one clock.
#[derive(Clone)]
pub struct AgentClock {
    network: Arc<Mutex<NetworkClock>>,
    started: Instant,
    /// Until an oracle was heard, the machine's clock is the time, if it shows one of these.
    plausible_unix: Option<RangeInclusive<i64>>,
}

impl AgentClock {
    /// `plausible_unix`: within which the machine's clock is believed until an oracle was heard; `None`: never. What is signed with
    /// a clock that is far ahead stands in the way of everything until then.
    pub fn new(plausible_unix: Option<RangeInclusive<i64>>) -> Self {
        let network = Arc::new(Mutex::new(NetworkClock::new(USUAL_DRIFT_PPM)));
        Self { network, started: Instant::now(), plausible_unix }
    }

    /// Milliseconds since the agent started.
    pub fn local_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// An oracle showed this time, after the request left at `sent_ms` and before now.
    pub fn observe(&self, sent_ms: u64, oracle_unix: i64) {
        self.network().observe(sent_ms, self.local_ms(), oracle_unix);
    }

    /// The network's time; `None`: nobody knows it yet.
    pub fn now_unix(&self) -> Option<i64> {
        let heard = self.network().now_unix(self.local_ms());
        heard.or_else(|| {
            machine_unix().filter(|unix| self.plausible_unix.as_ref().is_some_and(|range| range.contains(unix)))
        })
    }

    fn network(&self) -> std::sync::MutexGuard<'_, NetworkClock> {
        // Nothing in there can be left half done.
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the machine's clock shows.
pub fn machine_unix() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn machine_s_clock_is_the_time_where_it_is_plausible_until_an_oracle_was_heard() {
        let strict = AgentClock::new(None);
        let machine = machine_unix().unwrap();
        assert!(machine > 1_700_000_000);
        let behind = AgentClock::new(Some(0..=machine - 1));
        let ahead = AgentClock::new(Some(machine + 1_000..=i64::MAX));
        for clock in [&strict, &behind, &ahead] {
            assert_eq!(clock.now_unix(), None);
        }
        let clock = AgentClock::new(Some(machine..=i64::MAX));
        assert!(clock.now_unix() >= Some(machine));
        for clock in [strict, behind, ahead, clock] {
            clock.observe(clock.local_ms(), 1_391_472_000);
            let now = clock.now_unix();
            assert!(now >= Some(1_391_472_000) && now < Some(1_391_475_600), "{now:?}");
        }
    }
}
