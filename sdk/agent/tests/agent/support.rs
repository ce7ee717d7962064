//! A source that is listened to.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::mpsc;
use trellis_agent::{
    clock::AgentClock,
    config::AgentConfig,
    event::{Event, Say},
    measurement::Measurement,
    sources::{self, Measured, StopSource},
};

/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Settings with this `[source]`.
pub fn config(source: &str) -> AgentConfig {
    let address = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG";
    let text = format!(
        "network = \"{address}\"\noracles = [\"http://127.0.0.1:9\"]\noracle_keys = [\"{address}\"]\n\
         interval_seconds = 60\n[source]\n{source}"
    );
    AgentConfig::parse(&text).unwrap()
}

pub struct Listening {
    measured: mpsc::Receiver<Measured>,
    events: Arc<Mutex<Vec<Event>>>,
    _source: StopSource,
}

impl Listening {
    pub fn start(source: &str) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let say = Say::new(move |event| heard.lock().unwrap().push(event));
        let (measured, source) = sources::start(&config(source), "device", AgentClock::new(Some(0..=i64::MAX)), say);
        Self { measured, events, _source: source }
    }

    /// The next measurement; `None` when the source has ended.
    pub async fn next(&mut self) -> Option<Measured> {
        tokio::time::timeout(PATIENCE, self.measured.recv()).await.expect("nothing was measured")
    }

    /// What the counter shows next, other than `not`.
    pub async fn counter_other_than(&mut self, not: u64) -> u64 {
        loop {
            let measured = self.next().await.unwrap();
            let Measurement::Counter { meter, .. } = measured.measurement else { panic!("no counter") };
            measured.done.into_iter().for_each(|done| done());
            if meter.get() != not {
                return meter.get();
            }
        }
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// Waits until an event's words hold these.
    pub async fn says(&self, words: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !self.events().iter().any(|event| event.to_string().contains(words)) {
            assert!(tokio::time::Instant::now() < deadline, "`{words}` was not said: {:?}", self.events());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
