//! Where time comes from. Everything else is given the time.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::settings::ClockSource;

/// Tells the time, unix seconds. Clones share what was last heard from the chain.
#[derive(Clone, Debug)]
pub struct Clock {
    source: ClockSource,
    heard_unix: Arc<AtomicI64>,
}

impl Clock {
    /// `chain_unix`: what the chain's clock shows now.
    pub fn new(source: ClockSource, chain_unix: i64) -> Self {
        Self { source, heard_unix: Arc::new(AtomicI64::new(chain_unix)) }
    }

    /// Takes in what the chain's clock shows. Time does not run back.
    pub fn hear_chain(&self, chain_unix: i64) {
        self.heard_unix.fetch_max(chain_unix, Ordering::Relaxed);
    }

    pub fn now_unix(&self) -> i64 {
        match self.source {
            ClockSource::Chain => self.chain_unix(),
            ClockSource::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
            }
        }
    }

    /// The chain's time, which decides whether a challenge window is over.
    pub fn chain_unix(&self) -> i64 {
        self.heard_unix.load(Ordering::Relaxed)
    }
}
