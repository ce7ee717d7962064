//! How many attestations of a request had which outcome.

use std::collections::BTreeMap;

use trellis_epoch::reason::Reason;

use super::{Outcome, Taken};
use crate::metrics::Metrics;

/// Counts by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: usize,
    /// By reason.
    pub refused: BTreeMap<Reason, usize>,
    /// To be sent again.
    pub retry: usize,
    /// The shortest wait of those.
    pub retry_after_seconds: Option<u32>,
}

impl Taken {
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for outcome in self.outcomes() {
            match outcome {
                Outcome::Accepted(_) => tally.accepted += 1,
                Outcome::Refused { refusal, .. } => *tally.refused.entry(refusal.reason).or_default() += 1,
                Outcome::Retry { after_seconds, .. } => {
                    tally.retry += 1;
                    let least = tally.retry_after_seconds.map_or(*after_seconds, |least| least.min(*after_seconds));
                    tally.retry_after_seconds = Some(least);
                }
            }
        }
        tally
    }
}

impl Tally {
    pub fn refused_in_all(&self) -> usize {
        self.refused.values().sum()
    }

    /// Are all refused as replays?
    pub fn is_replay(&self) -> bool {
        self.accepted + self.retry == 0 && self.refused.keys().all(|reason| *reason == Reason::ReplayedSequence)
    }

    /// Adds the counts to the metrics.
    pub fn count(&self, metrics: &Metrics) {
        metrics.attestations_answered("accepted", "", self.accepted);
        metrics.attestations_answered("retry", "", self.retry);
        self.refused.iter().for_each(|(reason, count)| metrics.attestations_answered("refused", reason.name(), *count));
    }
}
