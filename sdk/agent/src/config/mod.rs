//! `agent.toml`.

mod mqtt;
mod source;
mod template;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use trellis_core::h3;
use trellis_epoch::encoding::base58;

pub use mqtt::{BrokerAddress, MqttConfig};
pub use source::{
    LinesConfig, ModbusConfig, RegisterTable, SourceConfig, SunspecConfig, SunspecDirection, split_address,
};
pub use template::template;

/// The name of the settings in the agent's folder.
pub const FILE_NAME: &str = "agent.toml";

/// As written by the device's owner. Paths are relative to the file's folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Address of the network.
    #[serde(with = "base58")]
    pub network: [u8; 32],
    /// Where oracles of the network listen; whichever answers is used.
    pub oracles: Vec<String>,
    /// Whose receipts are believed.
    pub oracle_keys: Vec<Address>,
    /// Length of the network's intervals.
    pub interval_seconds: u32,
    /// Number of the device's class in the network: for its registration.
    #[serde(default)]
    pub class: u16,
    /// The H3 cell that readings say they were taken in, in hex. Default: they say none.
    pub cell: Option<String>,
    #[serde(default = "default_key")]
    pub key: PathBuf,
    /// Queue, receipts and what was refused.
    #[serde(default = "default_data_dir")]
    pub data_dir: PathBuf,
    /// Room for attestations that wait for an oracle: the queue's files are twice as large at most.
    #[serde(default = "default_queue_mib")]
    pub queue_mib: u32,
    /// What a new queue's counter starts from. Default: the seconds since 1970 × 1,000 Wh, which is more than any device below
    /// 3.6 GW can have counted before: so a device whose queue was lost goes on with the same key.
    pub first_counter_wh: Option<u64>,
    /// Until an oracle was heard, the machine's clock is the time, if the last reading is at most two days old by it. Without
    /// this, nothing is signed before.
    #[serde(default = "yes")]
    pub machine_clock: bool,
    pub source: SourceConfig,
    #[serde(default)]
    pub sending: SendingConfig,
}

/// An address in base58.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Address(#[serde(with = "base58")] pub [u8; 32]);

/// How attestations are sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SendingConfig {
    /// Most attestations in one request.
    pub batch: usize,
    /// First pause after a request that failed; each further one is twice as long.
    pub retry_first_ms: u64,
    /// Longest pause.
    pub retry_longest_seconds: u64,
    /// How often an oracle is asked for the time while there is nothing to send.
    pub status_seconds: u64,
}

impl Default for SendingConfig {
    fn default() -> Self {
        Self { batch: 256, retry_first_ms: 1_000, retry_longest_seconds: 60, status_seconds: 30 }
    }
}

impl SendingConfig {
    pub fn retry_first(&self) -> Duration {
        Duration::from_millis(self.retry_first_ms)
    }

    pub fn retry_longest(&self) -> Duration {
        Duration::from_secs(self.retry_longest_seconds)
    }

    pub fn status_every(&self) -> Duration {
        Duration::from_secs(self.status_seconds)
    }
}

fn default_key() -> PathBuf {
    "device-key.json".into()
}

fn default_data_dir() -> PathBuf {
    "data".into()
}

fn default_queue_mib() -> u32 {
    16
}

fn yes() -> bool {
    true
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the settings {path} cannot be read: {source}; `trellis agent init` makes them")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the settings {path} cannot be read: {detail}")]
    Syntax { path: PathBuf, detail: String },
    #[error("`{name}` is `{value}`: {wanted}")]
    Invalid { name: &'static str, value: String, wanted: &'static str },
}

pub(crate) fn invalid(name: &'static str, value: impl ToString, wanted: &'static str) -> ConfigError {
    ConfigError::Invalid { name, value: value.to_string(), wanted }
}

impl AgentConfig {
    /// Reads `agent.toml` in `folder`, and makes its paths absolute ones or relative to where the process runs.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(FILE_NAME);
        let text = fs::read_to_string(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        let mut config = Self::parse(&text).map_err(|error| match error {
            ConfigError::Syntax { detail, .. } => ConfigError::Syntax { path, detail },
            other => other,
        })?;
        config.key = folder.join(&config.key);
        config.data_dir = folder.join(&config.data_dir);
        config.source.place_in(folder);
        Ok(config)
    }

    /// Reads and checks settings.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            path: FILE_NAME.into(),
            detail: error.to_string().trim_end().to_owned(),
        };
        let config: Self = toml::from_str(text).map_err(syntax)?;
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if self.oracles.is_empty() {
            return Err(invalid("oracles", "", "at least one oracle's URL is wanted"));
        }
        if let Some(url) = self.oracles.iter().find(|url| !is_http(url)) {
            return Err(invalid("oracles", url, "http://HOST:PORT or https://HOST is wanted"));
        }
        if self.oracle_keys.is_empty() {
            let wanted =
                "at least one oracle's address is wanted, or no receipt can be believed (`oracle` in its /v1/status)";
            return Err(invalid("oracle_keys", "", wanted));
        }
        if self.interval_seconds == 0 {
            return Err(invalid("interval_seconds", 0, "the length of the network's intervals is wanted"));
        }
        if self.queue_mib == 0 || self.queue_mib > 1_024 {
            return Err(invalid("queue_mib", self.queue_mib, "from 1 to 1,024"));
        }
        self.cell()?;
        let SendingConfig { batch, retry_first_ms, retry_longest_seconds, status_seconds } = self.sending;
        if !(1..=1_024).contains(&batch) {
            return Err(invalid("sending.batch", batch, "from 1 to 1,024"));
        }
        if retry_first_ms == 0 || retry_longest_seconds == 0 || status_seconds == 0 {
            return Err(invalid("sending", "0", "pauses last at least one millisecond or second"));
        }
        self.source.validate()
    }

    /// The H3 cell as a number.
    pub fn cell(&self) -> Result<Option<u64>, ConfigError> {
        let Some(text) = &self.cell else { return Ok(None) };
        let cell = u64::from_str_radix(text, 16).ok().filter(|cell| h3::resolution_of(*cell).is_some());
        cell.map(Some).ok_or_else(|| invalid("cell", text, "an H3 cell in hex is wanted, such as 891f1d48177ffff"))
    }
}

fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.trim_end_matches('/').is_empty()) && reqwest::Url::parse(url).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = "network = \"4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\"\n\
        oracles = [\"http://127.0.0.1:8787\"]\n\
        oracle_keys = [\"4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\"]\n\
        interval_seconds = 600\n[source]\nkind = \"csv\"\npath = \"readings.csv\"\n";

    #[test]
    fn defaults_are_filled_in_and_paths_are_the_folder_s() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), GOOD).unwrap();
        let config = AgentConfig::read(folder.path()).unwrap();
        assert_eq!(config.key, folder.path().join("device-key.json"));
        assert_eq!(config.data_dir, folder.path().join("data"));
        assert!(matches!(&config.source, SourceConfig::Csv(lines) if lines.path == folder.path().join("readings.csv")));
        assert_eq!((config.queue_mib, config.machine_clock, config.sending.batch), (16, true, 256));
        assert_eq!((config.cell().unwrap(), config.first_counter_wh), (None, None));
    }

    #[test]
    fn validate_names_every_mistake() {
        let said = |from: &str, to: &str| AgentConfig::parse(&GOOD.replace(from, to)).unwrap_err().to_string();
        let oracles = "[\"http://127.0.0.1:8787\"]";
        assert!(said(oracles, "[]").contains("`oracles`"));
        for url in ["ftp://x", "http://", "127.0.0.1:8787", "http://a b"] {
            assert!(said(oracles, &format!("[\"{url}\"]")).contains(&format!("`oracles` is `{url}`")), "{url}");
        }
        assert!(
            said("oracle_keys = [\"4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\"]", "oracle_keys = []")
                .contains("no receipt can be believed")
        );
        assert!(said("600", "0").contains("`interval_seconds` is `0`"));
        let with = |line: &str| said("interval_seconds", &format!("{line}\ninterval_seconds"));
        for (line, name) in [
            ("queue_mib = 0", "`queue_mib` is `0`"),
            ("queue_mib = 1025", "`queue_mib` is `1025`"),
            ("cell = \"12\"", "`cell` is `12`"),
            ("cell = \"north\"", "`cell` is `north`"),
            ("sends = 3", "unknown field `sends`"),
        ] {
            assert!(with(line).contains(name), "{}", with(line));
        }
        for line in
            ["batch = 0", "batch = 1025", "retry_first_ms = 0", "retry_longest_seconds = 0", "status_seconds = 0"]
        {
            let said = AgentConfig::parse(&format!("{GOOD}[sending]\n{line}\n")).unwrap_err().to_string();
            assert!(said.contains("sending"), "{said}");
        }
        assert!(said("4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\"\noracles", "x\"\noracles").contains("base58"));
    }

    #[test]
    fn file_that_is_absent_or_no_toml_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = AgentConfig::read(folder.path()).unwrap_err();
        assert!(matches!(error, ConfigError::Read { .. }), "{error}");
        assert!(error.to_string().contains("agent.toml") && error.to_string().contains("agent init"), "{error}");
        fs::write(folder.path().join(FILE_NAME), "network = ").unwrap();
        let error = AgentConfig::read(folder.path()).unwrap_err();
        assert!(matches!(&error, ConfigError::Syntax { path, .. } if path.starts_with(folder.path())), "{error}");
    }

    #[test]
    fn cell_is_read_in_hex() {
        let config = AgentConfig::parse(&format!("cell = \"891f1d48177ffff\"\n{GOOD}")).unwrap();
        assert_eq!(config.cell().unwrap(), Some(0x0891_f1d4_8177_ffff));
    }
}
