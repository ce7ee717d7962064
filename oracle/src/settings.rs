//! Settings, from a TOML file and the environment.
//!
//! `TRELLIS_ORACLE_<NAME>` overrides `<name>` of the file, for example `TRELLIS_ORACLE_LISTEN=0.0.0.0:8787`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::{Config, Environment, File};
use serde::Deserialize;
use solana_address::Address;

/// As written by the operator. Paths are relative to the working directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Solana's JSON-RPC.
    pub rpc_url: String,
    /// Address of the network, base58.
    pub network: String,
    /// Address of the reward vault, base58. Default: the vault of the network's own mint.
    pub vault: Option<String>,
    /// Where the API listens: an IP address and a port.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Folder of the log. One oracle, one folder.
    pub data_dir: PathBuf,
    /// Folder of the bundles.
    pub bundle_dir: PathBuf,
    /// The scoring policy, TOML. Its hash must be the one in the network's account.
    pub policy: PathBuf,
    /// The oracle's keypair: a JSON array of 64 bytes, readable by its owner alone.
    pub keypair: PathBuf,
    /// Where time comes from.
    #[serde(default)]
    pub clock: ClockSource,
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
    /// Log lines as JSON.
    #[serde(default)]
    pub log_json: bool,
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
}

fn invalid(name: &'static str, value: impl ToString, wanted: &'static str) -> SettingsError {
    SettingsError::Invalid { name, value: value.to_string(), wanted }
}

impl Settings {
    /// Reads the file, then the environment over it, and checks every value.
    pub fn load(file: &Path) -> Result<Self, SettingsError> {
        let settings: Self = Config::builder()
            .add_source(File::from(file).format(config::FileFormat::Toml))
            .add_source(Environment::with_prefix("TRELLIS_ORACLE").try_parsing(true))
            .build()
            .and_then(Config::try_deserialize)
            .map_err(SettingsError::Unreadable)?;
        settings.validate()?;
        Ok(settings)
    }

    pub fn validate(&self) -> Result<(), SettingsError> {
        if !self.rpc_url.starts_with("http://") && !self.rpc_url.starts_with("https://") {
            return Err(invalid("rpc_url", &self.rpc_url, "an http:// or https:// address is wanted"));
        }
        self.network_address()?;
        self.vault_address()?;
        if !(1..=31 * 86_400).contains(&self.grace_seconds) {
            return Err(invalid("grace_seconds", self.grace_seconds, "from 1 second to 31 days"));
        }
        if !(10..=600_000).contains(&self.poll_ms) {
            return Err(invalid("poll_ms", self.poll_ms, "from 10 ms to 10 minutes"));
        }
        if !(1..=65_536).contains(&self.max_batch) {
            return Err(invalid("max_batch", self.max_batch, "from 1 to 65,536"));
        }
        if self.max_pending < self.max_batch {
            return Err(invalid("max_pending", self.max_pending, "at least `max_batch`"));
        }
        Ok(())
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
    fn load_names_every_mistake() {
        let message = |text: &str| load(text).unwrap_err().to_string();
        assert!(message("").contains("rpc_url"), "{}", message(""));
        for (from, to, words) in [
            ("http://127.0.0.1:8899", "127.0.0.1:8899", "`rpc_url` is `127.0.0.1:8899`"),
            ("4Q8TDc3b", "0000", "`network` is `0000"),
            ("keypair =", "grace_seconds = 0\nkeypair =", "`grace_seconds` is `0`"),
            ("keypair =", "poll_ms = 1\nkeypair =", "`poll_ms` is `1`"),
            ("keypair =", "max_batch = 0\nkeypair =", "`max_batch` is `0`"),
            ("keypair =", "max_pending = 1\nkeypair =", "`max_pending` is `1`"),
            ("keypair =", "vault = \"x\"\nkeypair =", "`vault` is `x`"),
            ("keypair =", "listen = \"here\"\nkeypair =", "listen"),
            ("keypair =", "clock = \"sundial\"\nkeypair =", "sundial"),
            ("keypair =", "grace_second = 1\nkeypair =", "grace_second"),
        ] {
            let shown = message(&GOOD.replace(from, to));
            assert!(shown.contains(words), "{shown}");
        }
        assert!(Settings::load(Path::new("no/such/file.toml")).unwrap_err().to_string().contains("no/such/file.toml"));
    }
}
