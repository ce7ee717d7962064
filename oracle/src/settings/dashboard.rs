//! `[dashboard]`: the pages that browsers see at `/`.

use std::path::PathBuf;

use serde::Deserialize;

use super::{SettingsError, invalid};

/// Without `dir` no pages are served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DashboardSettings {
    /// Folder of the built dashboard.
    pub dir: Option<PathBuf>,
    /// Solana's JSON-RPC for browsers: where wallets send and readers check. Everybody sees it, so it is not taken from
    /// `rpc_url`, which may hold a key. Default: browsers ask no chain.
    pub rpc_url: Option<String>,
}

impl DashboardSettings {
    pub fn validate(&self) -> Result<(), SettingsError> {
        let Some(url) = &self.rpc_url else { return Ok(()) };
        let wanted = "an http:// or https:// address without a user's name is wanted: everybody can read it";
        let fits = reqwest::Url::parse(url).is_ok_and(|url| {
            ["http", "https"].contains(&url.scheme()) && url.username().is_empty() && url.password().is_none()
        });
        fits.then_some(()).ok_or_else(|| invalid("dashboard.rpc_url", url, wanted))
    }

    /// Scheme, host and port of `rpc_url`: what the pages may connect to beside the oracle.
    pub fn rpc_origin(&self) -> Option<String> {
        let url = reqwest::Url::parse(self.rpc_url.as_ref()?).ok()?;
        Some(url.origin().ascii_serialization())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> DashboardSettings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn addresses_for_browsers_are_web_addresses_without_names() {
        assert!(parsed("").validate().is_ok());
        let good = parsed("dir = \"dist\"\nrpc_url = \"https://rpc.example.org:8443/path\"");
        assert!(good.validate().is_ok());
        assert_eq!(good.rpc_origin().unwrap(), "https://rpc.example.org:8443");
        assert_eq!(parsed("").rpc_origin(), None);
        for bad in ["rpc.example.org", "ws://rpc.example.org", "https://user:word@rpc.example.org", "http://"] {
            let message = parsed(&format!("rpc_url = \"{bad}\"")).validate().unwrap_err().to_string();
            assert!(message.contains("`dashboard.rpc_url`") && message.contains(bad), "{message}");
        }
        assert!(toml::from_str::<DashboardSettings>("folder = \"dist\"").is_err());
    }
}
