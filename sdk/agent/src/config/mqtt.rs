//! `[source]` with `kind = "mqtt"`: a broker, and a meter's messages there.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{
    ConfigError, invalid,
    source::{check_fields, split_address},
};
use crate::measurement::Fields;

const PORT: u16 = 1_883;
const TLS_PORT: u16 = 8_883;

/// Messages with JSON as their payload, or a bare number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttConfig {
    /// `mqtt://HOST[:1883]`, or `mqtts://HOST[:8883]` with TLS.
    pub url: String,
    /// Certificates of authorities in PEM, of which one vouches for the broker. Default: those that browsers trust.
    pub ca: Option<PathBuf>,
    /// May have wildcards.
    pub topic: String,
    /// The broker keeps what comes for this name while the agent is away. Default: `trellis-agent-` and the device's key.
    pub client_id: Option<String>,
    /// A line `USER:PASSWORD`, in a file that its owner alone can read.
    pub credentials: Option<PathBuf>,
    #[serde(default)]
    pub fields: Fields,
}

/// Where a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerAddress {
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl MqttConfig {
    pub(super) fn place_in(&mut self, folder: &Path) {
        for path in [&mut self.credentials, &mut self.ca].into_iter().flatten() {
            *path = folder.join(&path);
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let broker = self.broker()?;
        if let Some(ca) = self.ca.as_ref().filter(|_| !broker.tls) {
            return Err(invalid(
                "source.ca",
                ca.display(),
                "it is for mqtts:// alone: an mqtt:// broker proves nothing",
            ));
        }
        if self.topic.is_empty() || self.topic.len() > 65_535 || self.topic.contains('\0') {
            return Err(invalid("source.topic", &self.topic, "the topic of the meter's messages is wanted"));
        }
        if self.client_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 256) {
            let id = self.client_id.clone().unwrap_or_default();
            return Err(invalid("source.client_id", id, "from 1 to 256 bytes"));
        }
        check_fields(&self.fields)
    }

    pub fn broker(&self) -> Result<BrokerAddress, ConfigError> {
        let wanted = "mqtt://HOST[:PORT] is wanted for a broker on this machine or in this network, mqtts://HOST[:PORT] elsewhere";
        let wrong = || invalid("source.url", &self.url, wanted);
        let (rest, tls) = match (self.url.strip_prefix("mqtt://"), self.url.strip_prefix("mqtts://")) {
            (Some(rest), _) => (rest, false),
            (_, Some(rest)) => (rest, true),
            (None, None) => return Err(wrong()),
        };
        let rest = rest.trim_end_matches('/');
        if rest.contains('@') {
            // Not shown: it may hold the password.
            return Err(invalid("source.url", "…@…", "user and password belong into the file `source.credentials`"));
        }
        if rest.is_empty() || rest.contains(['/', '?', ' ']) {
            return Err(wrong());
        }
        match split_address(rest) {
            Some((host, port)) => Ok(BrokerAddress { host, port, tls }),
            None if rest.contains(':') => Err(wrong()),
            None => Ok(BrokerAddress { host: rest.to_owned(), port: if tls { TLS_PORT } else { PORT }, tls }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn mqtt(text: &str) -> Result<MqttConfig, String> {
        let mqtt: MqttConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        mqtt.validate().map_err(|error| error.to_string())?;
        Ok(mqtt)
    }

    #[test]
    fn broker_has_the_port_of_its_kind_unless_it_names_one() {
        for (url, host, port, tls) in [
            ("mqtt://b", "b", 1_883, false),
            ("mqtt://b:9/", "b", 9, false),
            ("mqtt://[::1]:9", "::1", 9, false),
            ("mqtts://b", "b", 8_883, true),
            ("mqtts://b:9", "b", 9, true),
        ] {
            let config = mqtt(&format!("url = \"{url}\"\ntopic = \"t\"")).unwrap();
            assert_eq!(config.broker().unwrap(), BrokerAddress { host: host.to_owned(), port, tls });
        }
    }

    #[test]
    fn files_lie_beside_the_settings() {
        let mut config = mqtt("url = \"mqtts://b\"\ntopic = \"t\"\nca = \"ca.pem\"\ncredentials = \"c\"").unwrap();
        config.place_in(Path::new("/device"));
        assert_eq!(config.ca.as_deref(), Some(Path::new("/device/ca.pem")));
        assert_eq!(config.credentials.as_deref(), Some(Path::new("/device/c")));
    }

    #[test]
    fn validate_names_every_mistake() {
        for url in ["http://b", "mqtt://", "mqtts://", "mqtt://b/t", "mqtt://b:x", "mqtt://b:0", "mqttss://b", "b"] {
            let said = mqtt(&format!("url = \"{url}\"\ntopic = \"t\"")).unwrap_err();
            assert!(said.contains(&format!("`source.url` is `{url}`")), "{said}");
        }
        for scheme in ["mqtt", "mqtts"] {
            let said = mqtt(&format!("url = \"{scheme}://me:secret@b\"\ntopic = \"t\"")).unwrap_err();
            assert!(said.contains("source.credentials") && !said.contains("secret"), "{said}");
        }
        for (lines, named) in [
            ("topic = \"\"", "source.topic"),
            ("topic = \"t\"\nclient_id = \"\"", "source.client_id"),
            ("topic = \"t\"\nca = \"ca.pem\"", "`source.ca` is `ca.pem`"),
            ("topic = \"t\"\nfields = { power_w = \"a\", counter_wh = \"b\" }", "source.fields"),
        ] {
            let said = mqtt(&format!("url = \"mqtt://b\"\n{lines}")).unwrap_err();
            assert!(said.contains(named), "{said}");
        }
    }
}
