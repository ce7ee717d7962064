//! Settings, from a TOML file and the environment.
//!
//! `TRELLIS_ORACLE_<NAME>` overrides `<name>` of the file, for example `TRELLIS_ORACLE_LISTEN=0.0.0.0:8787`; and
//! `TRELLIS_ORACLE_<GROUP>__<NAME>` what is named so in a group, for example `TRELLIS_ORACLE_BUNDLES__KEEP_DAYS=90`.

pub mod dashboard;
pub mod mqtt;
pub mod relay;
pub mod tls;
pub mod traces;

mod bundles;
mod jetstream;
pub mod limits;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Config, Environment, File};
use serde::Deserialize;
use solana_address::Address;
use trellis_client::{Chain, chain::Fees};

pub use bundles::BundleSettings;
pub use jetstream::{JetStreamSettings, JetStreamSettingsError};

use crate::{telemetry, watch::Thresholds};

pub mod quorum;

use quorum::QuorumSettings;

/// As written by the operator. Paths are relative to the working directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Solana's JSON-RPC.
    pub rpc_url: Option<String>,
    /// Several servers of one cluster: whichever answers is asked. In the environment: with commas between them.
    #[serde(default)]
    pub rpc_urls: Vec<String>,
    /// Solana's websocket, `ws://` or `wss://`: the registry's changes are told there, and not read in every round.
    pub ws_url: Option<String>,
    /// How long one RPC server may take to answer before the next is asked.
    #[serde(default = "default_rpc_timeout_ms")]
    pub rpc_timeout_ms: u64,
    /// An RPC server that is more slots behind the newest than this is asked last.
    #[serde(default = "default_max_slots_behind")]
    pub max_slots_behind: u64,
    /// Address of the network, base58.
    pub network: String,
    /// Address of the reward vault, base58. Default: the vault of the network's own mint.
    pub vault: Option<String>,
    /// Where the API listens: an IP address and a port.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Where metrics, health and the log level are served, apart from the API. Default: metrics are not served.
    pub metrics_listen: Option<SocketAddr>,
    /// Folder of the log. One oracle, one folder.
    pub data_dir: PathBuf,
    /// Folder of the bundles.
    pub bundle_dir: PathBuf,
    /// The scoring policy, TOML. Its hash must be the one in the network's account.
    pub policy: PathBuf,
    /// The oracle's keypair: a JSON array of 64 bytes, readable by its owner alone.
    pub keypair: Option<PathBuf>,
    /// Instead of `keypair`, where another process signs: `unix:PATH` of the socket of `trellis-oracle signer`.
    pub signer: Option<String>,
    /// Where time comes from.
    #[serde(default)]
    pub clock: ClockSource,
    /// How far the chain's clock may be ahead of the machine's. A server that shows more is not believed: it would close
    /// epochs early.
    #[serde(default = "default_clock_max_ahead_seconds")]
    pub clock_max_ahead_seconds: u32,
    /// Percentile of the recent priority fees on the accounts that a transaction writes to: what is paid for it.
    #[serde(default = "default_priority_fee_percentile")]
    pub priority_fee_percentile: u8,
    /// Most that is paid for a compute unit, in micro-lamports. 0: no priority fee.
    #[serde(default = "default_priority_fee_max")]
    pub priority_fee_max_micro_lamports: u64,
    /// Alarm if the oracle's key has less.
    #[serde(default = "default_balance_alarm_lamports")]
    pub balance_alarm_lamports: u64,
    /// Alarm if the chain does not have the oracle's vote this long after an epoch was to be closed.
    #[serde(default = "default_vote_alarm_seconds")]
    pub vote_alarm_seconds: u32,
    /// Not ready with a registry that was read longer ago than this.
    #[serde(default = "default_snapshot_max_age_seconds")]
    pub snapshot_max_age_seconds: u32,
    /// How long after its end an epoch still takes attestations.
    #[serde(default = "default_grace_seconds")]
    pub grace_seconds: u32,
    /// How often the chain is asked for its time and the registry.
    #[serde(default = "default_poll_ms")]
    pub poll_ms: u64,
    /// Most attestations in one request.
    #[serde(default = "default_max_batch")]
    pub max_batch: usize,
    /// Most attestations waiting for the disk; beyond that requests get 503 and lose nothing.
    #[serde(default = "default_max_pending")]
    pub max_pending: usize,
    /// Where attestations are kept until their epoch is closed.
    #[serde(default)]
    pub log: LogKind,
    /// What this node does.
    #[serde(default)]
    pub role: Role,
    /// With `log = "jetstream"`.
    #[serde(default)]
    pub jetstream: JetStreamSettings,
    /// Other oracles that close epochs together with this one.
    #[serde(default)]
    pub quorum: QuorumSettings,
    /// Log lines as JSON.
    #[serde(default)]
    pub log_json: bool,
    /// What is logged, such as `info` or `warn,trellis_oracle=debug`. Read again on SIGHUP. Default: `RUST_LOG`, else
    /// `warn,trellis_oracle=info`.
    pub log_level: Option<String>,
    /// How much anyone may send.
    #[serde(default)]
    pub limits: limits::LimitSettings,
    /// Pages for browsers at `/`.
    #[serde(default)]
    pub dashboard: dashboard::DashboardSettings,
    /// The API over HTTPS.
    #[serde(default)]
    pub tls: tls::TlsSettings,
    /// Attestations over an MQTT broker.
    #[serde(default)]
    pub mqtt: mqtt::MqttSettings,
    /// Traces for an OpenTelemetry collector.
    #[serde(default)]
    pub traces: traces::TracesSettings,
    /// Copies of the bundles, and for how long they stay here.
    #[serde(default)]
    pub bundles: BundleSettings,
    /// Claims that the oracle sends and pays for.
    #[serde(default)]
    pub relay: relay::RelaySettings,
}

/// Where attestations are kept until their epoch is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogKind {
    /// In this machine's data folder.
    #[default]
    Embedded,
    /// On a NATS JetStream cluster that several nodes share.
    JetStream,
}

/// What a node does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes attestations, closes epochs and posts roots.
    #[default]
    All,
    /// Takes attestations only; other nodes of the same log close.
    Ingest,
}

/// Where the oracle's key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a file, and then in this process's memory.
    File(PathBuf),
    /// In the process at this Unix socket.
    Socket(PathBuf),
}

/// Where the oracle's time comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockSource {
    /// The machine's clock.
    System,
    /// The chain's clock, which decides when an epoch has elapsed: the two cannot drift apart.
    #[default]
    Chain,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8787))
}
const fn default_rpc_timeout_ms() -> u64 {
    10_000
}
const fn default_max_slots_behind() -> u64 {
    64
}
const fn default_clock_max_ahead_seconds() -> u32 {
    300
}
fn default_priority_fee_percentile() -> u8 {
    Fees::default().percentile
}
fn default_priority_fee_max() -> u64 {
    Fees::default().max_micro_lamports
}
const fn default_balance_alarm_lamports() -> u64 {
    100_000_000
}
const fn default_vote_alarm_seconds() -> u32 {
    1_800
}
const fn default_snapshot_max_age_seconds() -> u32 {
    120
}
const fn default_grace_seconds() -> u32 {
    600
}
const fn default_poll_ms() -> u64 {
    2_000
}
const fn default_max_batch() -> usize {
    1_024
}
const fn default_max_pending() -> usize {
    65_536
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("settings: {0}")]
    Unreadable(config::ConfigError),
    #[error("settings: `{name}` is `{value}`: {wanted}")]
    Invalid { name: &'static str, value: String, wanted: &'static str },
    #[error("settings: {0}")]
    JetStream(#[from] JetStreamSettingsError),
}

fn invalid(name: &'static str, value: impl ToString, wanted: &'static str) -> SettingsError {
    SettingsError::Invalid { name, value: value.to_string(), wanted }
}

impl Settings {
    /// Reads the file, then the environment over it, and checks every value.
    pub fn load(file: &Path) -> Result<Self, SettingsError> {
        let settings: Self = Config::builder()
            .add_source(File::from(file).format(config::FileFormat::Toml))
            .add_source(
                Environment::with_prefix("TRELLIS_ORACLE")
                    .prefix_separator("_")
                    .separator("__")
                    .try_parsing(true)
                    .list_separator(",")
                    .with_list_parse_key("rpc_urls"),
            )
            .build()
            .and_then(Config::try_deserialize)
            .map_err(SettingsError::Unreadable)?;
        settings.validate()?;
        Ok(settings)
    }

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

    fn named_servers(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let one = self.rpc_url.iter().map(|url| ("rpc_url", url));
        one.chain(self.rpc_urls.iter().map(|url| ("rpc_urls", url)))
    }

    /// All RPC servers, each once: `rpc_url` first.
    pub fn servers(&self) -> Vec<String> {
        let mut servers: Vec<String> = Vec::new();
        for (_, url) in self.named_servers() {
            if !servers.contains(url) {
                servers.push(url.clone());
            }
        }
        servers
    }

    /// A connection to the cluster through all of its servers. Does not connect yet.
    pub fn chain(&self) -> Chain {
        let (percentile, max_micro_lamports) = (self.priority_fee_percentile, self.priority_fee_max_micro_lamports);
        Chain::with_servers(&self.servers(), Duration::from_millis(self.rpc_timeout_ms))
            .with_fees(Fees { percentile, max_micro_lamports })
    }

    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            max_slots_behind: self.max_slots_behind,
            balance_lamports: self.balance_alarm_lamports,
            grace_seconds: self.grace_seconds,
            vote_seconds: self.vote_alarm_seconds,
        }
    }

    /// Where the oracle's key is.
    pub fn key_source(&self) -> Result<KeySource, SettingsError> {
        match (&self.keypair, &self.signer) {
            (Some(file), None) => Ok(KeySource::File(file.clone())),
            (None, Some(signer)) => match signer.strip_prefix("unix:") {
                Some(socket) if !socket.is_empty() => Ok(KeySource::Socket(socket.into())),
                _ => Err(invalid("signer", signer, "`unix:` and the path of the signer's socket are wanted")),
            },
            (Some(_), Some(signer)) => Err(invalid("signer", signer, "either this or `keypair`, not both")),
            (None, None) => Err(invalid("keypair", "", "the oracle's key is wanted, or who signs, in `signer`")),
        }
    }

    pub fn network_address(&self) -> Result<Address, SettingsError> {
        self.network.parse().map_err(|_| invalid("network", &self.network, "a base58 address is wanted"))
    }

    pub fn vault_address(&self) -> Result<Option<Address>, SettingsError> {
        let parse = |text: &String| text.parse().map_err(|_| invalid("vault", text, "a base58 address is wanted"));
        self.vault.as_ref().map(parse).transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        rpc_url = "http://127.0.0.1:8899"
        network = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG"
        data_dir = "data"
        bundle_dir = "bundles"
        policy = "policy.toml"
        keypair = "oracle.json"
    "#;

    fn load(text: &str) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("oracle.toml");
        std::fs::write(&file, text).unwrap();
        Settings::load(&file)
    }

    #[test]
    fn load_fills_in_defaults() {
        let settings = load(GOOD).unwrap();
        assert_eq!(settings.listen, default_listen());
        assert_eq!(settings.clock, ClockSource::Chain);
        assert_eq!(settings.grace_seconds, 600);
    }

    #[test]
    fn load_takes_one_server_or_several_each_once() {
        let several = "rpc_urls = [\"http://b\", \"http://127.0.0.1:8899\", \"https://c\"]";
        let settings = load(&format!("{several}\n{GOOD}")).unwrap();
        assert_eq!(settings.servers(), ["http://127.0.0.1:8899", "http://b", "https://c"]);
        let without_one = GOOD.replace("rpc_url = \"http://127.0.0.1:8899\"", several);
        assert_eq!(load(&without_one).unwrap().servers(), ["http://b", "http://127.0.0.1:8899", "https://c"]);
    }

    #[test]
    fn load_names_every_mistake() {
        let message = |text: &str| load(text).unwrap_err().to_string();
        assert!(message("").contains("network"), "{}", message(""));
        for (from, to, words) in [
            ("http://127.0.0.1:8899", "127.0.0.1:8899", "`rpc_url` is `127.0.0.1:8899`"),
            ("rpc_url = \"http://127.0.0.1:8899\"", "", "`rpc_url` is ``"),
            ("keypair =", "rpc_urls = [\"ws://x\"]\nkeypair =", "`rpc_urls` is `ws://x`"),
            ("keypair =", "ws_url = \"http://x\"\nkeypair =", "`ws_url` is `http://x`"),
            ("keypair =", "rpc_timeout_ms = 1\nkeypair =", "`rpc_timeout_ms` is `1`"),
            ("keypair =", "priority_fee_percentile = 101\nkeypair =", "`priority_fee_percentile` is `101`"),
            ("keypair =", "log_level = \"oracle=loud\"\nkeypair =", "`log_level` is `oracle=loud`"),
            ("4Q8TDc3b", "0000", "`network` is `0000"),
            ("keypair =", "grace_seconds = 0\nkeypair =", "`grace_seconds` is `0`"),
            ("keypair =", "poll_ms = 1\nkeypair =", "`poll_ms` is `1`"),
            ("keypair =", "max_batch = 0\nkeypair =", "`max_batch` is `0`"),
            ("keypair =", "max_pending = 1\nkeypair =", "`max_pending` is `1`"),
            ("keypair =", "vault = \"x\"\nkeypair =", "`vault` is `x`"),
            ("keypair = \"oracle.json\"", "", "`keypair` is ``"),
            ("keypair = \"oracle.json\"", "signer = \"tcp:x\"", "`signer` is `tcp:x`"),
            ("keypair =", "signer = \"unix:x\"\nkeypair =", "not both"),
            ("keypair =", "role = \"ingest\"\nkeypair =", "`role` is `ingest`"),
            ("keypair =", "log = \"paper\"\nkeypair =", "paper"),
            (
                "keypair =",
                "log = \"jetstream\"\nquorum.peers = [{ oracle = \"4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\", \
                 url = \"http://x\" }]\nkeypair =",
                "not together with `quorum.peers`",
            ),
            ("keypair =", "bundles.keep_days = 0\nkeypair =", "`bundles.keep_days` is `0`"),
            ("keypair =", "log = \"jetstream\"\nbundles.keep_days = 9\nkeypair =", "shared bundle folder"),
            ("keypair =", "jetstream.partitions = 0\nkeypair =", "jetstream.partitions is 0"),
            ("keypair =", "relay.minimum_amount = 0\nkeypair =", "`relay.minimum_amount` is `0`"),
            ("keypair =", "listen = \"here\"\nkeypair =", "listen"),
            ("keypair =", "clock = \"sundial\"\nkeypair =", "sundial"),
            ("keypair =", "grace_second = 1\nkeypair =", "grace_second"),
            (
                "keypair = \"oracle.json\"",
                "keypair = \"oracle.json\"\n[limits]\ndevice_burst = 0",
                "`limits.device_burst`",
            ),
        ] {
            let shown = message(&GOOD.replace(from, to));
            assert!(shown.contains(words), "{shown}");
        }
        assert!(Settings::load(Path::new("no/such/file.toml")).unwrap_err().to_string().contains("no/such/file.toml"));
    }
}
