//! The agent's time: the oracle's, carried on by the machine's monotonic clock.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use trellis_device::{NetworkClock, clock::USUAL_DRIFT_PPM};

/// Clones are one clock.
#[derive(Clone)]
pub struct AgentClock {
    network: Arc<Mutex<NetworkClock>>,
    started: Instant,
    /// Until an oracle was heard, the machine's clock is the time.
    machine_clock: bool,
}

impl AgentClock {
    pub fn new(machine_clock: bool) -> Self {
        let network = Arc::new(Mutex::new(NetworkClock::new(USUAL_DRIFT_PPM)));
        Self { network, started: Instant::now(), machine_clock }
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
        heard.or_else(|| self.machine_clock.then(machine_unix).flatten())
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
mod tests {
    use super::*;

    #[test]
    fn machine_s_clock_is_the_time_until_an_oracle_was_heard() {
        let strict = AgentClock::new(false);
        assert_eq!(strict.now_unix(), None);
        let clock = AgentClock::new(true);
        let machine = machine_unix();
        assert!(clock.now_unix() >= machine && machine > Some(1_700_000_000));
        for clock in [strict, clock] {
            clock.observe(clock.local_ms(), 1_391_472_000);
            let now = clock.now_unix();
            assert!(now >= Some(1_391_472_000) && now < Some(1_391_475_600), "{now:?}");
        }
    }
}
