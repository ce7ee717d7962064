//! Where time comes from. Everything else is given the time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::settings::ClockSource;

/// Longest time that the chain's clock is carried on without being heard. Beyond that it stands still: an oracle that is
/// cut off must not close epochs.
const MAX_CARRIED: Duration = Duration::from_secs(30);

/// Tells the time, unix seconds. Clones share what was last heard from the chain.
#[derive(Clone, Debug)]
pub struct Clock {
    source: ClockSource,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    chain_unix: i64,
    at: Instant,
}

impl Clock {
    /// `chain_unix`: what the chain's clock shows now.
    pub fn new(source: ClockSource, chain_unix: i64) -> Self {
        Self { source, heard: Arc::new(Mutex::new(Heard { chain_unix, at: Instant::now() })) }
    }

    /// Takes in what the chain's clock shows, unless it showed more before.
    pub fn hear_chain(&self, chain_unix: i64) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if chain_unix >= heard.chain_unix {
            *heard = Heard { chain_unix, at: Instant::now() };
        }
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
            ClockSource::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
            }
        }
    }

    /// The chain's time as it was last heard, which decides whether a challenge window is over.
    pub fn chain_unix(&self) -> i64 {
        self.heard().chain_unix
    }
}
