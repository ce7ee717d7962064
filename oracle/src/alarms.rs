//! What somebody must be told: a line at ERROR when it begins, a metric while it holds, and the status.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::metrics::Metrics;

/// The oracle's key has little left for fees.
pub const BALANCE_LOW: &str = "balance_low";
/// The chain does not have the oracle's vote on an epoch that was to be closed long ago.
pub const VOTE_MISSED: &str = "vote_missed";
/// The vault's oracle set does not name this oracle.
pub const NOT_A_MEMBER: &str = "not_a_member";
/// What the chain's servers show as the time is not believed.
pub const CLOCK_REFUSED: &str = "clock_refused";
/// There is no connection to the MQTT broker.
pub const MQTT_AWAY: &str = "mqtt_away";
/// The API's certificate ends soon, or does not hold.
pub const CERTIFICATE_EXPIRES: &str = "certificate_expires";
/// The brokers of the log cannot be reached.
pub const LOG_AWAY: &str = "log_away";
/// Another oracle proposed a root that this one does not vote for.
pub const ROOT_REFUSED: &str = "root_refused";
/// What another oracle acknowledged did not come before the exchange ended.
pub const PEER_MISSING: &str = "peer_missing";
/// Another oracle signed two lists of what it acknowledged for one epoch.
pub const PEER_CONTRADICTS: &str = "peer_contradicts";
/// The last final root leaves out what this oracle acknowledged.
pub const LEFT_OUT: &str = "left_out";
/// A threshold of oracles made a root final that is not right.
pub const FINAL_ROOT_WRONG: &str = "final_root_wrong";

/// Bundles cannot be copied to their store, or not be deleted here.
pub const BUNDLES_FAILING: &str = "bundles_failing";

/// The relay's key has little left.
pub const RELAY_BALANCE_LOW: &str = "relay_balance_low";

/// Every alarm there is.
pub const ALL: [&str; 14] = [
    BALANCE_LOW,
    VOTE_MISSED,
    NOT_A_MEMBER,
    CLOCK_REFUSED,
    LOG_AWAY,
    ROOT_REFUSED,
    PEER_MISSING,
    PEER_CONTRADICTS,
    LEFT_OUT,
    FINAL_ROOT_WRONG,
    MQTT_AWAY,
    CERTIFICATE_EXPIRES,
    BUNDLES_FAILING,
    RELAY_BALANCE_LOW,
];

/// One that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// One of [`ALL`].
    pub code: &'static str,
    /// For people: what is wrong, with which value, what to do.
    pub detail: String,
    /// By the oracle's time.
    pub since_unix: i64,
}

/// The alarms that hold. Clones share them.
#[derive(Clone)]
pub struct Alarms {
    held: Arc<Mutex<BTreeMap<&'static str, Alarm>>>,
    metrics: Metrics,
}

impl Alarms {
    pub fn new(metrics: Metrics) -> Self {
        for code in ALL {
            metrics.alarm(code, false);
        }
        Self { held: Arc::default(), metrics }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<&'static str, Alarm>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises the alarm, or ends it if there is nothing to say.
    pub fn set(&self, code: &'static str, detail: Option<String>, now_unix: i64) {
        let mut held = self.held();
        self.metrics.alarm(code, detail.is_some());
        match detail {
            Some(detail) => {
                let known = held.get(code).map(|alarm| alarm.since_unix);
                if known.is_none() {
                    tracing::error!(alarm = code, "{detail}");
                }
                held.insert(code, Alarm { code, detail, since_unix: known.unwrap_or(now_unix) });
            }
            None => {
                if held.remove(code).is_some() {
                    tracing::info!(alarm = code, "the alarm is over");
                }
            }
        }
    }

    pub fn all(&self) -> Vec<Alarm> {
        self.held().values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarm_holds_since_it_was_raised_first_until_it_ends() {
        let metrics = Metrics::default();
        let alarms = Alarms::new(metrics.clone());
        alarms.set(BALANCE_LOW, Some("5 left".to_owned()), 10);
        alarms.set(BALANCE_LOW, Some("4 left".to_owned()), 20);
        let wanted = Alarm { code: BALANCE_LOW, detail: "4 left".to_owned(), since_unix: 10 };
        assert_eq!(alarms.all(), [wanted]);
        let line = |value| format!("trellis_oracle_alarm{{alarm=\"balance_low\"}} {value}\n");
        assert!(metrics.text().is_ok_and(|text| text.contains(&line(1))));
        alarms.set(BALANCE_LOW, None, 30);
        assert_eq!(alarms.all(), []);
        assert!(metrics.text().is_ok_and(|text| text.contains(&line(0))));
    }
}
