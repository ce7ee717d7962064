//! Of the copies of bundles.

use std::time::Duration;

use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use super::{GaugeU64, Metrics};

pub(super) struct BundleMetrics {
    copied: Counter,
    copy_seconds: Histogram,
    failures: Counter,
    deleted: Counter,
    next_to_copy: GaugeU64,
}

impl Default for BundleMetrics {
    fn default() -> Self {
        Self {
            copied: Counter::default(),
            copy_seconds: Histogram::new(exponential_buckets(0.01, 2.0, 18)),
            failures: Counter::default(),
            deleted: Counter::default(),
            next_to_copy: Gauge::default(),
        }
    }
}

impl BundleMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("bundles_copied", "Bundles copied to the store", self.copied.clone());
        registry.register("bundle_copy_seconds", "Time to copy a bundle to the store", self.copy_seconds.clone());
        let failures = self.failures.clone();
        registry.register("bundle_failures", "Failed attempts to copy or delete bundles", failures);
        registry.register("bundles_deleted", "Bundles deleted here", self.deleted.clone());
        let next = self.next_to_copy.clone();
        registry.register("next_bundle_to_copy", "The epoch whose bundle is to be copied next", next);
    }
}

impl Metrics {
    /// A bundle is in the store, after this time.
    pub fn bundle_copied(&self, took: Duration) {
        self.0.bundles.copied.inc();
        self.0.bundles.copy_seconds.observe(took.as_secs_f64());
    }

    pub fn bundles_failed(&self) {
        self.0.bundles.failures.inc();
    }

    pub fn bundle_deleted(&self) {
        self.0.bundles.deleted.inc();
    }

    pub fn next_to_copy(&self, epoch: u64) {
        self.0.bundles.next_to_copy.set(epoch);
    }
}
