//! `[mqtt]`: attestations over a broker, beside HTTP.

use std::path::PathBuf;

use axum::http::Uri;
use serde::Deserialize;

use super::{SettingsError, invalid};

/// Without `url` there is no MQTT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MqttSettings {
    /// `mqtt://HOST[:1883]`, or `mqtts://HOST[:8883]` over TLS.
    pub url: Option<String>,
    /// The broker keeps what comes for this name while the oracle is away, so it stays the same. Default:
    /// `trellis-oracle-` and the oracle's address.
    pub client_id: Option<String>,
    /// A line `USER:PASSWORD`, in a file that its owner alone can read.
    pub credentials: Option<PathBuf>,
    /// PEM: the authorities that a broker's certificate may lead to. Default: the public ones.
    pub ca: Option<PathBuf>,
    /// First level, or levels, of all topics.
    pub topic_prefix: String,
    /// Most messages that the broker may send before the log has the first of them.
    pub max_in_flight: u16,
}

impl Default for MqttSettings {
    fn default() -> Self {
        Self {
            url: None,
            client_id: None,
            credentials: None,
            ca: None,
            topic_prefix: "trellis".to_owned(),
            max_in_flight: 256,
        }
    }
}

/// Where the broker listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerAddress {
    /// A name or an IP address; IPv6 without brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

const WANTED_URL: &str = "mqtt://HOST, mqtt://HOST:PORT, or the same with mqtts:// is wanted";

impl MqttSettings {
    pub fn validate(&self) -> Result<(), SettingsError> {
        let address = self.address()?;
        if self.ca.is_some() && address.is_some_and(|address| !address.tls) {
            let url = self.url.clone().unwrap_or_default();
            return Err(invalid("mqtt.url", url, "`mqtt.ca` is for mqtts:// addresses"));
        }
        let levels = self.topic_prefix.split('/');
        let illegal = |level: &str| level.is_empty() || level.contains(['+', '#', '\0']);
        // Topics that begin with a dollar sign are the broker's own.
        if self.topic_prefix.len() > 256 || self.topic_prefix.starts_with('$') || levels.into_iter().any(illegal) {
            let wanted = "levels with `/` between them, none empty or with `+` or `#` in it, 256 bytes at most";
            return Err(invalid("mqtt.topic_prefix", &self.topic_prefix, wanted));
        }
        if self.max_in_flight == 0 {
            return Err(invalid("mqtt.max_in_flight", 0, "from 1 to 65,535"));
        }
        if let Some(id) = &self.client_id
            && (id.is_empty() || id.len() > 256)
        {
            return Err(invalid("mqtt.client_id", id, "from 1 to 256 bytes"));
        }
        Ok(())
    }

    /// `None`: no MQTT.
    pub fn address(&self) -> Result<Option<BrokerAddress>, SettingsError> {
        let Some(url) = &self.url else { return Ok(None) };
        let wrong = || invalid("mqtt.url", url, WANTED_URL);
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let tls = match uri.scheme_str() {
            Some("mqtt") => false,
            Some("mqtts") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        if authority.as_str().contains('@') {
            // Not shown: it may hold the password.
            return Err(invalid("mqtt.url", "…@…", "user and password belong into the file `mqtt.credentials`"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => Some(if tls { 8_883 } else { 1_883 }),
            _ => authority.port_u16().filter(|port| *port != 0),
        };
        match (host.is_empty(), port) {
            (false, Some(port)) => Ok(Some(BrokerAddress { host, port, tls })),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn with_url(url: &str) -> MqttSettings {
        MqttSettings { url: Some(url.to_owned()), ..MqttSettings::default() }
    }

    #[test]
    fn address_takes_names_and_addresses_with_and_without_a_port() {
        assert_eq!(MqttSettings::default().address().unwrap(), None);
        for (url, host, port, tls) in [
            ("mqtt://broker", "broker", 1_883, false),
            ("mqtts://broker/", "broker", 8_883, true),
            ("mqtt://10.0.0.1:1999", "10.0.0.1", 1_999, false),
            ("mqtts://[::1]:8884", "::1", 8_884, true),
            ("mqtts://[::1]", "::1", 8_883, true),
        ] {
            let wanted = BrokerAddress { host: host.to_owned(), port, tls };
            assert_eq!(with_url(url).address().unwrap(), Some(wanted), "{url}");
        }
    }

    #[test]
    fn validate_names_every_mistake() {
        let message = |settings: MqttSettings| settings.validate().unwrap_err().to_string();
        for url in [
            "broker",
            "http://broker",
            "mqtt://",
            "mqtt://broker:",
            "mqtt://broker:x",
            "mqtt://broker:0",
            "mqtt://broker:70000",
            "mqtt://broker/topic",
            "mqtt://broker?x",
            "mqtt:///x",
            "",
        ] {
            let said = message(with_url(url));
            assert!(said.contains(&format!("`mqtt.url` is `{url}`")), "{said}");
        }
        let said = message(with_url("mqtt://user:secret@broker"));
        assert!(said.contains("mqtt.credentials") && !said.contains("secret"), "{said}");
        let plain = MqttSettings { ca: Some("ca.pem".into()), ..with_url("mqtt://broker") };
        assert!(message(plain).contains("mqtt.ca"));
        let long = "x".repeat(257);
        for prefix in ["", "/", "a//b", "a/", "+", "a/#", "a+", "$SYS", "a\0", &long] {
            let settings = MqttSettings { topic_prefix: prefix.to_owned(), ..with_url("mqtt://broker") };
            assert!(message(settings).contains("mqtt.topic_prefix"), "{prefix}");
        }
        assert!(message(MqttSettings { max_in_flight: 0, ..MqttSettings::default() }).contains("mqtt.max_in_flight"));
        for id in ["", &long] {
            let settings = MqttSettings { client_id: Some(id.to_owned()), ..MqttSettings::default() };
            assert!(message(settings).contains("mqtt.client_id"));
        }
        let nested = MqttSettings { topic_prefix: "acme/trellis".to_owned(), ..with_url("mqtts://broker") };
        assert!(MqttSettings { ca: Some("ca.pem".into()), ..nested }.validate().is_ok());
    }
}
