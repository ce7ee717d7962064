//! `[jetstream]`: the log on a NATS JetStream cluster.

use std::path::PathBuf;

use serde::Deserialize;

/// Most replicas that JetStream keeps of a stream.
const MAX_REPLICAS: u8 = 5;
/// Each is a stream with leader, files and consumers of its own.
const MAX_PARTITIONS: u16 = 256;
const MIN_LEASE_SECONDS: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JetStreamSettings {
    /// Brokers of one cluster, `nats://HOST:PORT` or `tls://HOST:PORT`: whichever answers is taken.
    pub servers: Vec<String>,
    /// File with the user's JWT and key, as `nsc` writes it. Default: no credentials.
    pub credentials: Option<PathBuf>,
    /// The authority that signed the brokers' certificates, PEM. Default: those that the machine trusts.
    pub ca_certificate: Option<PathBuf>,
    /// First part of the names of all streams and subjects.
    pub stream_prefix: String,
    /// Streams that devices are spread over. The same on all nodes, and never changed.
    pub partitions: u16,
    /// Brokers that keep a copy of each stream: 3 survive the loss of one.
    pub replicas: u8,
    /// Closed epochs whose attestations the streams keep: the bundle has them.
    pub keep_epochs: u32,
    /// A node that closes epochs and is not heard for this long loses its turn to another one.
    pub lease_seconds: u32,
}

impl Default for JetStreamSettings {
    fn default() -> Self {
        Self {
            servers: vec!["nats://127.0.0.1:4222".to_owned()],
            credentials: None,
            ca_certificate: None,
            stream_prefix: "trellis".to_owned(),
            partitions: 8,
            replicas: 3,
            keep_epochs: 7,
            lease_seconds: 30,
        }
    }
}

/// What no cluster can work with.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JetStreamSettingsError {
    #[error("jetstream.servers is empty: name at least one broker, such as nats://127.0.0.1:4222")]
    NoServer,
    #[error("jetstream.servers: `{0}` is no broker's address; nats://HOST:PORT or tls://HOST:PORT is wanted")]
    Server(String),
    #[error("jetstream.stream_prefix is `{0}`: 1 to 32 letters, digits, `-` or `_` are wanted")]
    Prefix(String),
    #[error("jetstream.partitions is {0}; 1 to {MAX_PARTITIONS} are possible")]
    Partitions(u16),
    #[error("jetstream.replicas is {0}; 1, 3 or {MAX_REPLICAS} are possible: an even number survives no more losses")]
    Replicas(u8),
    #[error("jetstream.keep_epochs is 0; at least 1 is needed: a node that takes over looks at the last one")]
    KeepEpochs,
    #[error("jetstream.lease_seconds is {0}; at least {MIN_LEASE_SECONDS} are needed to renew it in time")]
    Lease(u32),
}

impl JetStreamSettings {
    pub fn validate(&self) -> Result<(), JetStreamSettingsError> {
        if self.servers.is_empty() {
            return Err(JetStreamSettingsError::NoServer);
        }
        if let Some(server) = self.servers.iter().find(|server| !is_server(server)) {
            return Err(JetStreamSettingsError::Server(server.clone()));
        }
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=32).contains(&self.stream_prefix.len()) || !self.stream_prefix.bytes().all(named) {
            return Err(JetStreamSettingsError::Prefix(self.stream_prefix.clone()));
        }
        if !(1..=MAX_PARTITIONS).contains(&self.partitions) {
            return Err(JetStreamSettingsError::Partitions(self.partitions));
        }
        if ![1, 3, MAX_REPLICAS].contains(&self.replicas) {
            return Err(JetStreamSettingsError::Replicas(self.replicas));
        }
        if self.keep_epochs == 0 {
            return Err(JetStreamSettingsError::KeepEpochs);
        }
        if self.lease_seconds < MIN_LEASE_SECONDS {
            return Err(JetStreamSettingsError::Lease(self.lease_seconds));
        }
        Ok(())
    }
}

fn is_server(server: &str) -> bool {
    let host = ["nats://", "tls://"].into_iter().find_map(|scheme| server.strip_prefix(scheme));
    host.is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    type Change = fn(&mut JetStreamSettings);

    #[test]
    fn default_group_is_valid() {
        assert_eq!(JetStreamSettings::default().validate(), Ok(()));
    }

    #[test]
    fn each_bad_value_is_named() {
        let bad: [(Change, &str); 8] = [
            (|settings| settings.servers.clear(), "jetstream.servers is empty"),
            (|settings| settings.servers[0] = "localhost".to_owned(), "`localhost` is no broker's address"),
            (|settings| settings.stream_prefix = "a.b".to_owned(), "stream_prefix is `a.b`"),
            (|settings| settings.stream_prefix.clear(), "stream_prefix is ``"),
            (|settings| settings.partitions = 0, "partitions is 0"),
            (|settings| settings.replicas = 2, "replicas is 2"),
            (|settings| settings.keep_epochs = 0, "keep_epochs is 0"),
            (|settings| settings.lease_seconds = 2, "lease_seconds is 2"),
        ];
        for (change, words) in bad {
            let mut settings = JetStreamSettings::default();
            change(&mut settings);
            let said = settings.validate().unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn unknown_name_is_refused() {
        let error = toml::from_str::<JetStreamSettings>("partition = 3").unwrap_err();
        assert!(error.to_string().contains("unknown field `partition`"), "{error}");
    }
}
