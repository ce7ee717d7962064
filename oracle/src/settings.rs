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
mod checks;
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

use crate::watch::Thresholds;

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
mod tests;
