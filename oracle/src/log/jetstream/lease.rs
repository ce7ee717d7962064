//! Whose turn it is to close epochs: one node's at a time.
//!
//! The holder writes the lease again three times in its term. Another node takes it over when it has seen the same
//! revision for a whole term by its own clock: no two machines' clocks are compared. A holder that cannot renew for two
//! thirds of a term lets go by itself. A node that is stopped for longer and then goes on may close beside the new
//! holder; then only the first of their bundles counts (`Control::set_closed`), and nothing is posted before that.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::control::Control;

const LEASE: &str = "lease";

/// Is it this node's turn? Clones tell the same.
#[derive(Clone, Default)]
pub struct Turn(Arc<Mutex<Option<Instant>>>);

impl Turn {
    pub fn is_ours(&self) -> bool {
        self.until().is_some_and(|until| Instant::now() < until)
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, until: Option<Instant>) {
        let before = std::mem::replace(&mut *self.until(), until);
        if before.is_some() != until.is_some() {
            tracing::info!(ours = until.is_some(), "the turn to close epochs");
        }
    }
}

/// Takes the lease whenever it is free, and keeps it, for as long as the process lives.
pub async fn keep(control: Arc<Control>, node: String, term: Duration, turn: Turn) {
    let mut held = Held { control, node, term, turn, seen: None };
    loop {
        held.round().await;
        tokio::time::sleep(term / 3).await;
    }
}

struct Held {
    control: Arc<Control>,
    node: String,
    term: Duration,
    turn: Turn,
    /// The last revision that was seen, and since when.
    seen: Option<(u64, Instant)>,
}

impl Held {
    async fn round(&mut self) {
        // Counted from before it is asked for: no other node counts from earlier.
        let until = Instant::now() + self.term * 2 / 3;
        match tokio::time::timeout(self.term / 3, self.write()).await {
            Ok(Ok(revision)) => self.turn.set(revision.map(|_| until)),
            Ok(Err(error)) => tracing::warn!(%error, "the lease could not be asked for"),
            Err(_) => tracing::warn!("the brokers were too slow to say whose turn it is"),
        }
    }

    /// Our new revision, if the lease is ours.
    async fn write(&mut self) -> Result<Option<u64>, super::fault::Fault> {
        let found = self.control.get(LEASE).await?;
        let revision = found.as_ref().map_or(0, |entry| entry.revision);
        let ours = found.is_none_or(|entry| entry.value == self.node.as_bytes());
        let since = match self.seen {
            Some((seen, since)) if seen == revision => since,
            _ => Instant::now(),
        };
        self.seen = Some((revision, since));
        match ours || since.elapsed() >= self.term {
            true => self.control.set(LEASE, self.node.clone().into_bytes(), revision).await,
            false => Ok(None),
        }
    }
}
