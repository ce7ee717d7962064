//! `[traces]`: where the time goes, for an OpenTelemetry collector.

use axum::http::Uri;
use serde::Deserialize;

use super::{SettingsError, invalid};

/// Without `endpoint` nothing is traced, and tracing costs nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TracesSettings {
    /// OTLP over HTTP: the whole address, mostly `http://HOST:4318/v1/traces`.
    pub endpoint: Option<String>,
    /// The part of all traces that is sent, from 0 to 1. A request that comes with a trace of its own is sent if its
    /// caller says so.
    pub sample_ratio: f64,
    /// What the collector calls this oracle.
    pub service_name: String,
}

impl Default for TracesSettings {
    fn default() -> Self {
        Self { endpoint: None, sample_ratio: 0.1, service_name: "trellis-oracle".to_owned() }
    }
}

impl TracesSettings {
    pub fn validate(&self) -> Result<(), SettingsError> {
        if let Some(endpoint) = &self.endpoint {
            let uri: Option<Uri> = endpoint.parse().ok();
            let scheme = uri.as_ref().and_then(|uri| uri.scheme_str());
            if !matches!(scheme, Some("http" | "https")) {
                let wanted = "an http:// or https:// address is wanted, such as http://127.0.0.1:4318/v1/traces";
                return Err(invalid("traces.endpoint", endpoint, wanted));
            }
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return Err(invalid("traces.sample_ratio", self.sample_ratio, "from 0 to 1"));
        }
        if self.service_name.trim().is_empty() {
            return Err(invalid("traces.service_name", &self.service_name, "a name is wanted"));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn validate_names_every_mistake() {
        let parsed = |text: &str| toml::from_str::<TracesSettings>(text).unwrap();
        assert_eq!(parsed(""), TracesSettings::default());
        let good = "endpoint = \"https://collector/v1/traces\"\nsample_ratio = 1.0\nservice_name = \"mine\"";
        parsed(good).validate().unwrap();
        for (text, named) in [
            ("endpoint = \"collector:4318\"", "`traces.endpoint` is `collector:4318`"),
            ("endpoint = \"grpc://collector\"", "`traces.endpoint`"),
            ("endpoint = \"\"", "`traces.endpoint` is ``"),
            ("sample_ratio = 1.5", "`traces.sample_ratio` is `1.5`"),
            ("sample_ratio = -0.1", "`traces.sample_ratio`"),
            ("sample_ratio = nan", "`traces.sample_ratio`"),
            ("service_name = \" \"", "`traces.service_name`"),
        ] {
            let said = parsed(text).validate().unwrap_err().to_string();
            assert!(said.contains(named), "{said}");
        }
    }
}
