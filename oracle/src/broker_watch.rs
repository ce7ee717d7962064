//! Watches the brokers of a log that several nodes share.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use trellis_core::Epoch;

use crate::{
    alarms::{Alarms, LOG_AWAY},
    clock::Clock,
    log::{JetStreamLog, Log},
    settings::Role,
    shared::Shared,
    worker::pause,
};

/// Raises the alarm while the brokers cannot be reached, and learns what other nodes closed.
pub struct BrokerWatch {
    pub log: Arc<JetStreamLog>,
    pub alarms: Alarms,
    pub clock: Clock,
    pub shared: Arc<Shared>,
    /// An `ingest` node has no closer that says which epoch is next.
    pub role: Role,
}

impl BrokerWatch {
    pub async fn run(self, poll: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            let problem = self.log.ask_for_problem().await;
            let detail = problem.as_ref().map(|fault| {
                format!("attestations are refused: {fault}. Start the brokers; devices send again, nothing is lost")
            });
            self.alarms.set(LOG_AWAY, detail, self.clock.now_unix());
            if problem.is_none()
                && self.role == Role::Ingest
                && let Ok(closed) = tokio::task::block_in_place(|| self.log.closed())
            {
                let next = Epoch(closed.len() as u64);
                self.shared.update(|view| view.next_to_close = next);
            }
            if pause(poll, &mut stop).await {
                return;
            }
        }
    }
}
