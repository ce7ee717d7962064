//! Of the relay.

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{GaugeU64, Metrics, OutcomeLabels};
use crate::relay::outcome::Kind;

#[derive(Default)]
pub(super) struct RelayMetrics {
    claims: Family<OutcomeLabels, Counter>,
    spent_lamports: Counter,
    balance_lamports: GaugeU64,
}

impl RelayMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("relay_claims", "Relayed claims by what became of them", self.claims.clone());
        let spent = self.spent_lamports.clone();
        registry.register("relay_spent_lamports", "What relaying has cost, at most", spent);
        let balance: Gauge<u64, _> = self.balance_lamports.clone();
        registry.register("relay_balance_lamports", "What the relay's key has", balance);
    }
}

impl Metrics {
    /// An operator's claim was answered.
    pub fn relayed(&self, kind: Kind) {
        self.0.relay.claims.get_or_create(&OutcomeLabels { outcome: kind.name() }).inc();
    }

    pub fn relay_spent(&self, lamports: u64) {
        self.0.relay.spent_lamports.inc_by(lamports);
    }

    pub fn relay_balance(&self, lamports: u64) {
        self.0.relay.balance_lamports.set(lamports);
    }
}
