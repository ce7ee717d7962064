//! What Prometheus reads. Clones share the values.
//!
//! Names follow Prometheus's conventions: a prefix, a unit in the name, `_total` for counters (added when written out).

mod bundles;
mod relay;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use bundles::BundleMetrics;
use relay::RelayMetrics;

/// Content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PREFIX: &str = "trellis_oracle";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    outcome: &'static str,
    /// The reason of a refusal; empty for what was accepted.
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServerLabels {
    /// Place of the URL in the settings: URLs often hold a password.
    server: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlarmLabels {
    alarm: &'static str,
}

type GaugeU64 = Gauge<u64, AtomicU64>;

/// The handle that every part has: a method for each thing that happens.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    attestations: Family<AnswerLabels, Counter>,
    batch_attestations: Histogram,
    log_sync_seconds: Histogram,
    log_queue_attestations: GaugeU64,
    epochs_closed: Counter,
    epochs_posted: Counter,
    epochs_finalized: Counter,
    next_epoch_to_close: GaugeU64,
    last_close_seconds: GaugeU64,
    close_seconds: Histogram,
    transactions: Family<OutcomeLabels, Counter>,
    priority_fee: GaugeU64,
    balance_lamports: GaugeU64,
    missed_votes: Counter,
    alarms: Family<AlarmLabels, GaugeU64>,
    ready: GaugeU64,
    snapshot_slot: GaugeU64,
    registry_resyncs: Counter,
    registry_updates: Counter,
    rpc_errors: Family<ServerLabels, Counter>,
    rpc_slot: Family<ServerLabels, GaugeU64>,
    rpc_slots_behind: Family<ServerLabels, GaugeU64>,
    certificate_not_after: Gauge,
    mqtt_connected: GaugeU64,
    mqtt_messages: Family<OutcomeLabels, Counter>,
    mqtt_in_flight: GaugeU64,
    bundles: BundleMetrics,
    relay: RelayMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let inner = Inner {
            registry: Registry::with_prefix(PREFIX),
            attestations: Family::default(),
            batch_attestations: Histogram::new(exponential_buckets(1.0, 2.0, 17)),
            log_sync_seconds: seconds(),
            log_queue_attestations: Gauge::default(),
            epochs_closed: Counter::default(),
            epochs_posted: Counter::default(),
            epochs_finalized: Counter::default(),
            next_epoch_to_close: Gauge::default(),
            last_close_seconds: Gauge::default(),
            close_seconds: Histogram::new(exponential_buckets(0.01, 2.0, 16)),
            transactions: Family::default(),
            priority_fee: Gauge::default(),
            balance_lamports: Gauge::default(),
            missed_votes: Counter::default(),
            alarms: Family::default(),
            ready: Gauge::default(),
            snapshot_slot: Gauge::default(),
            registry_resyncs: Counter::default(),
            registry_updates: Counter::default(),
            rpc_errors: Family::default(),
            rpc_slot: Family::default(),
            rpc_slots_behind: Family::default(),
            certificate_not_after: Gauge::default(),
            mqtt_connected: Gauge::default(),
            mqtt_messages: Family::default(),
            mqtt_in_flight: Gauge::default(),
            bundles: BundleMetrics::default(),
            relay: RelayMetrics::default(),
        };
        Self(Arc::new(inner.registered()))
    }
}

impl Inner {
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("attestations", "Attestations answered", self.attestations.clone());
        registry.register("batch_attestations", "Attestations of a request", self.batch_attestations.clone());
        registry.register("log_sync_seconds", "Time to bring a group to the disk", self.log_sync_seconds.clone());
        let queue = self.log_queue_attestations.clone();
        registry.register("log_queue_attestations", "Attestations that wait for the disk", queue);
        registry.register("epochs_closed", "Epochs closed", self.epochs_closed.clone());
        registry.register("epochs_posted", "Epochs whose root was proposed and voted for", self.epochs_posted.clone());
        registry.register("epochs_finalized", "Epochs whose root was made final", self.epochs_finalized.clone());
        registry.register("next_epoch_to_close", "The epoch to close next", self.next_epoch_to_close.clone());
        let last = self.last_close_seconds.clone();
        registry.register("last_close_timestamp_seconds", "When an epoch was last closed; 0 if none was", last);
        registry.register("close_seconds", "Time to close an epoch", self.close_seconds.clone());
        registry.register("transactions", "Transactions by what became of them", self.transactions.clone());
        let fee = self.priority_fee.clone();
        registry.register("priority_fee_micro_lamports", "Paid for a compute unit, last time", fee);
        registry.register("balance_lamports", "What the oracle's key has for fees", self.balance_lamports.clone());
        registry.register("missed_votes", "Epochs that the oracle did not vote on in time", self.missed_votes.clone());
        registry.register("alarm", "1 while the alarm holds", self.alarms.clone());
        registry.register("ready", "1 if the oracle is ready", self.ready.clone());
        registry.register("snapshot_slot", "Slot of the registry's snapshot", self.snapshot_slot.clone());
        registry.register("registry_resyncs", "Times the whole registry was read", self.registry_resyncs.clone());
        let updates = self.registry_updates.clone();
        registry.register("registry_updates", "Changed accounts that the websocket brought", updates);
        registry.register("rpc_errors", "Requests that the RPC server failed", self.rpc_errors.clone());
        registry.register("rpc_slot", "Newest slot of the RPC server", self.rpc_slot.clone());
        let behind = self.rpc_slots_behind.clone();
        registry.register("rpc_slots_behind", "Slots that the RPC server is behind the newest", behind);
        let not_after = self.certificate_not_after.clone();
        registry.register("certificate_not_after_seconds", "When the API's certificate ends; 0 without one", not_after);
        registry.register("mqtt_connected", "1 while the MQTT broker sends messages", self.mqtt_connected.clone());
        registry.register("mqtt_messages", "MQTT messages by what became of them", self.mqtt_messages.clone());
        let in_flight = self.mqtt_in_flight.clone();
        registry.register("mqtt_in_flight_messages", "MQTT messages that are not acknowledged yet", in_flight);
        self.bundles.register(registry);
        self.relay.register(registry);
        self
    }
}

impl Metrics {
    /// All values in the OpenMetrics text format.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }

    /// So many attestations were answered alike: `accepted`, `refused` for a reason, or `retry`.
    pub fn attestations_answered(&self, outcome: &'static str, reason: &str, count: usize) {
        if count > 0 {
            let labels = AnswerLabels { outcome, reason: reason.to_owned() };
            self.0.attestations.get_or_create(&labels).inc_by(count as u64);
        }
    }

    /// A request with this many attestations came in.
    pub fn batch_received(&self, attestations: usize) {
        self.0.batch_attestations.observe(attestations as f64);
    }

    /// The log has a group on the disk, after this time.
    pub fn log_synced(&self, took: Duration) {
        self.0.log_sync_seconds.observe(took.as_secs_f64());
    }

    /// So many attestations wait for the disk.
    pub fn log_queue(&self, attestations: usize) {
        self.0.log_queue_attestations.set(attestations as u64);
    }

    /// An epoch was closed, after this time.
    pub fn epoch_closed(&self, took: Duration) {
        self.0.epochs_closed.inc();
        self.0.close_seconds.observe(took.as_secs_f64());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.last_close_seconds.set(now.as_secs());
    }

    pub fn next_to_close(&self, epoch: u64) {
        self.0.next_epoch_to_close.set(epoch);
    }

    pub fn epoch_posted(&self) {
        self.0.epochs_posted.inc();
    }

    pub fn epoch_finalized(&self) {
        self.0.epochs_finalized.inc();
    }

    /// A transaction ended: `confirmed`, `refused` or `unconfirmed`.
    pub fn transaction(&self, outcome: &'static str) {
        self.0.transactions.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    pub fn priority_fee(&self, micro_lamports: u64) {
        self.0.priority_fee.set(micro_lamports);
    }

    pub fn balance(&self, lamports: u64) {
        self.0.balance_lamports.set(lamports);
    }

    pub fn vote_missed(&self) {
        self.0.missed_votes.inc();
    }

    pub fn alarm(&self, alarm: &'static str, holds: bool) {
        self.0.alarms.get_or_create(&AlarmLabels { alarm }).set(u64::from(holds));
    }

    pub fn ready(&self, ready: bool) {
        self.0.ready.set(u64::from(ready));
    }

    pub fn snapshot_slot(&self, slot: u64) {
        self.0.snapshot_slot.set(slot);
    }

    /// The whole registry was read.
    pub fn registry_resynced(&self) {
        self.0.registry_resyncs.inc();
    }

    /// The websocket brought a changed account.
    pub fn registry_updated(&self) {
        self.0.registry_updates.inc();
    }

    /// The API's certificate holds until then.
    pub fn certificate_expires(&self, not_after_unix: i64) {
        self.0.certificate_not_after.set(not_after_unix);
    }

    pub fn mqtt_connected(&self, connected: bool) {
        self.0.mqtt_connected.set(u64::from(connected));
    }

    /// What became of a message: `taken`, `refused` as a whole, `passed_over` until the next connection, or `dropped`
    /// because its sender asked for no more than a try.
    pub fn mqtt_message(&self, outcome: &'static str) {
        self.0.mqtt_messages.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// So many messages are not acknowledged to the broker yet.
    pub fn mqtt_in_flight(&self, messages: usize) {
        self.0.mqtt_in_flight.set(messages as u64);
    }

    /// What was found out about an RPC server. `slot`: `None` if it did not answer.
    pub fn rpc_server(&self, index: usize, slot: Option<u64>, behind: u64, errors: u64) {
        let labels = ServerLabels { server: index };
        if let Some(slot) = slot {
            self.0.rpc_slot.get_or_create(&labels).set(slot);
            self.0.rpc_slots_behind.get_or_create(&labels).set(behind);
        }
        let counted = self.0.rpc_errors.get_or_create(&labels);
        counted.inc_by(errors.saturating_sub(counted.get()));
    }
}
