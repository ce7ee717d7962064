//! `[quorum]`: the other oracles that close epochs together with this one.

use std::collections::BTreeSet;

use serde::Deserialize;
use solana_address::Address;

use super::{SettingsError, invalid};
use crate::quorum::{Limits, Peer, Timing};

/// As written by the operator. Without peers, the oracle closes and proposes by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuorumSettings {
    /// The other oracles of the vault's set.
    pub peers: Vec<PeerSettings>,
    /// How long an epoch's leader has before the next member of the set may propose too. By the chain's clock.
    pub leader_timeout_seconds: u32,
    /// How long the leader waits for everybody's batches, after an epoch's grace. By the chain's clock.
    pub exchange_timeout_seconds: u32,
    /// Most that is taken from one oracle for one epoch: its batches together, and a bundle that it proposes.
    pub max_peer_bytes: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSettings {
    /// Address of its key, base58.
    pub oracle: String,
    /// Where its API is, `http://` or `https://`.
    pub url: String,
}

impl Default for QuorumSettings {
    fn default() -> Self {
        Self { peers: Vec::new(), leader_timeout_seconds: 600, exchange_timeout_seconds: 300, max_peer_bytes: 16 << 30 }
    }
}

impl QuorumSettings {
    /// Errors with the first value that cannot be used.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let mut seen = BTreeSet::new();
        for peer in self.peers()? {
            if !peer.url.starts_with("http://") && !peer.url.starts_with("https://") {
                return Err(invalid("quorum.peers.url", peer.url, "an http:// or https:// address is wanted"));
            }
            if !seen.insert(peer.oracle.to_bytes()) {
                return Err(invalid("quorum.peers.oracle", peer.oracle, "each oracle once"));
            }
        }
        for (name, seconds) in [
            ("quorum.leader_timeout_seconds", self.leader_timeout_seconds),
            ("quorum.exchange_timeout_seconds", self.exchange_timeout_seconds),
        ] {
            if !(1..=86_400).contains(&seconds) {
                return Err(invalid(name, seconds, "from 1 second to 1 day"));
            }
        }
        if self.max_peer_bytes < 1 << 20 {
            return Err(invalid("quorum.max_peer_bytes", self.max_peer_bytes, "at least 1 MiB (1048576)"));
        }
        Ok(())
    }

    /// The peers, their URLs without a slash at the end.
    pub fn peers(&self) -> Result<Vec<Peer>, SettingsError> {
        let peer = |peer: &PeerSettings| {
            let oracle: Result<Address, _> = peer.oracle.parse();
            let oracle =
                oracle.map_err(|_| invalid("quorum.peers.oracle", &peer.oracle, "a base58 address is wanted"))?;
            Ok(Peer { oracle, url: peer.url.trim_end_matches('/').to_owned() })
        };
        self.peers.iter().map(peer).collect()
    }

    pub fn timing(&self, grace_seconds: u32) -> Timing {
        Timing {
            grace_seconds,
            exchange_seconds: self.exchange_timeout_seconds,
            leader_seconds: self.leader_timeout_seconds,
        }
    }

    pub fn limits(&self) -> Limits {
        Limits { peer_bytes: self.max_peer_bytes }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ONE: &str = "4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG";
    const TWO: &str = "11111111111111111111111111111112";

    fn parse(text: &str) -> Result<QuorumSettings, String> {
        let settings: QuorumSettings = toml_of(text).map_err(|error| error.to_string())?;
        settings.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    fn toml_of(text: &str) -> Result<QuorumSettings, config::ConfigError> {
        let file = config::File::from_str(text, config::FileFormat::Toml);
        config::Config::builder().add_source(file).build()?.try_deserialize()
    }

    #[test]
    fn no_peers_is_the_default() {
        let settings = parse("").unwrap();
        assert!(settings.peers().unwrap().is_empty());
        assert_eq!((settings.exchange_timeout_seconds, settings.leader_timeout_seconds), (300, 600));
    }

    #[test]
    fn peers_are_read_and_their_urls_end_without_a_slash() {
        let text = format!(
            "peers = [{{ oracle = \"{ONE}\", url = \"http://a:1/\" }}, {{ oracle = \"{TWO}\", url = \"https://b\" }}]"
        );
        let peers = parse(&text).unwrap().peers().unwrap();
        assert_eq!(peers[0], Peer { oracle: ONE.parse().unwrap(), url: "http://a:1".to_owned() });
        assert_eq!(peers[1].url, "https://b");
    }

    #[test]
    fn every_mistake_is_named_with_its_value() {
        for (text, words) in [
            ("peers = [{ oracle = \"x\", url = \"http://a\" }]".to_owned(), "`quorum.peers.oracle` is `x`"),
            (format!("peers = [{{ oracle = \"{ONE}\", url = \"ftp://a\" }}]"), "`quorum.peers.url` is `ftp://a`"),
            (
                format!(
                    "peers = [{{ oracle = \"{ONE}\", url = \"http://a\" }}, {{ oracle = \"{ONE}\", url = \"http://b\" }}]"
                ),
                "each oracle once",
            ),
            (format!("peers = [{{ oracle = \"{ONE}\" }}]"), "url"),
            ("leader_timeout_seconds = 0".to_owned(), "`quorum.leader_timeout_seconds` is `0`"),
            ("exchange_timeout_seconds = 90000".to_owned(), "`quorum.exchange_timeout_seconds` is `90000`"),
            ("max_peer_bytes = 5".to_owned(), "`quorum.max_peer_bytes` is `5`"),
            ("leader_timeout = 1".to_owned(), "leader_timeout"),
        ] {
            let refused = parse(&text).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
