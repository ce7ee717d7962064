//! Values that settings may have.

use super::{LogKind, Role, Settings, SettingsError, invalid};
use crate::telemetry;

impl Settings {
    pub fn validate(&self) -> Result<(), SettingsError> {
        for (name, url) in self.named_servers() {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return Err(invalid(name, url, "an http:// or https:// address is wanted"));
            }
        }
        if let Some(url) = &self.ws_url
            && !url.starts_with("ws://")
            && !url.starts_with("wss://")
        {
            return Err(invalid("ws_url", url, "a ws:// or wss:// address is wanted"));
        }
        if self.servers().is_empty() {
            return Err(invalid("rpc_url", "", "the address of an RPC server is wanted, or several in `rpc_urls`"));
        }
        self.network_address()?;
        self.vault_address()?;
        self.key_source()?;
        self.dashboard.validate()?;
        self.tls.validate()?;
        self.mqtt.validate()?;
        self.traces.validate()?;
        self.limits.validate()?;
        self.relay.validate()?;
        if !(1..=31 * 86_400).contains(&self.grace_seconds) {
            return Err(invalid("grace_seconds", self.grace_seconds, "from 1 second to 31 days"));
        }
        if !(10..=600_000).contains(&self.poll_ms) {
            return Err(invalid("poll_ms", self.poll_ms, "from 10 ms to 10 minutes"));
        }
        if !(100..=120_000).contains(&self.rpc_timeout_ms) {
            return Err(invalid("rpc_timeout_ms", self.rpc_timeout_ms, "from 100 ms to 2 minutes"));
        }
        if self.priority_fee_percentile > 100 {
            return Err(invalid("priority_fee_percentile", self.priority_fee_percentile, "from 0 to 100"));
        }
        if let Some(level) = &self.log_level {
            telemetry::parse_level(level).map_err(|_| invalid("log_level", level, "such as `info` is wanted"))?;
        }
        if !(1..=65_536).contains(&self.max_batch) {
            return Err(invalid("max_batch", self.max_batch, "from 1 to 65,536"));
        }
        if self.max_pending < self.max_batch {
            return Err(invalid("max_pending", self.max_pending, "at least `max_batch`"));
        }
        if self.role == Role::Ingest && self.log == LogKind::Embedded {
            return Err(invalid("role", "ingest", "only with `log = \"jetstream\"`: nobody else can close this log"));
        }
        self.bundles.validate()?;
        self.jetstream.validate()?;
        self.validate_shared_log()?;
        self.quorum.validate()
    }

    /// What nodes that share a log do not do.
    fn validate_shared_log(&self) -> Result<(), SettingsError> {
        if self.log != LogKind::JetStream {
            return Ok(());
        }
        if !self.quorum.peers.is_empty() {
            return Err(invalid("log", "jetstream", "not together with `quorum.peers`: one of the two"));
        }
        if !self.bundles.retention().keeps_all() {
            let wanted =
                "only with the embedded log: with `jetstream`, nodes delete nothing from their shared bundle folder";
            return Err(invalid("bundles.keep_epochs", "set, or `bundles.keep_days`", wanted));
        }
        Ok(())
    }
}
