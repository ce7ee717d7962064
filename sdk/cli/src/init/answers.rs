//! What is asked, what it may be, and what it is if nobody says.

use std::net::SocketAddr;

use serde::Deserialize;
use trellis_client::addresses;

use crate::commands::{Unusable, cluster::parse_url};

/// Where the local chain of `trellis up` is.
pub const LOCAL_URL: &str = "http://127.0.0.1:8899";
/// The word for it.
pub const LOCAL: &str = "local";
const SECONDS_IN_A_YEAR: u64 = 365 * 86_400;
/// A mint with more could not hold a million tokens in 64 bits.
const MAX_DECIMALS: u8 = 12;

/// As somebody gave them; all may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    pub name: Option<String>,
    /// `local`, the name of a cluster, or a URL.
    pub url: Option<String>,
    pub epoch_seconds: Option<u32>,
    pub interval_seconds: Option<u32>,
    pub rated_power_watts: Option<u64>,
    pub tokens_per_epoch: Option<u64>,
    pub decimals: Option<u8>,
    /// Where the oracle's API listens.
    pub oracle_listen: Option<SocketAddr>,
}

/// Answers that can be, with nothing left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub name: String,
    pub url: String,
    pub epoch_seconds: u32,
    pub interval_seconds: u32,
    pub challenge_seconds: u32,
    pub grace_seconds: u32,
    pub rated_power_watts: u64,
    /// In smallest units.
    pub first_amount: u64,
    pub tail_amount: u64,
    pub cap: u64,
    pub epochs_in_a_year: u32,
    pub decimals: u8,
    pub oracle_listen: SocketAddr,
}

impl Answers {
    /// # Errors
    /// The text is not TOML, or names what is not asked.
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        toml::from_str(text).map_err(|error| Unusable(error.to_string().trim_end().to_owned()))
    }

    /// Is the network for the local chain of this machine?
    pub fn is_local(&self) -> bool {
        self.url.as_deref().is_none_or(|url| url == LOCAL || is_loopback(url))
    }

    /// Short epochs on the local chain, so that one sees something; a day on a cluster.
    pub fn default_epoch_seconds(&self) -> u32 {
        if self.is_local() { 120 } else { 86_400 }
    }

    pub fn default_interval_seconds(&self) -> u32 {
        if self.is_local() { 10 } else { 600 }
    }

    /// # Errors
    /// Names the answer that cannot be.
    pub fn settle(&self, folder_name: &str) -> Result<Settled, Unusable> {
        let unusable = |what: String| Err(Unusable(what));
        let name = self.name.clone().unwrap_or_else(|| folder_name.to_owned());
        if addresses::network_name(&name).is_none() || name.contains(['"', '\\', '\n']) {
            return unusable(format!("name is `{name}`: 1 to 32 bytes without quotes are wanted"));
        }
        let url = match self.url.as_deref() {
            None | Some(LOCAL) => LOCAL_URL.to_owned(),
            Some(url) => parse_url(url).map_err(|error| Unusable(format!("url is `{url}`: {error}, nor `{LOCAL}`")))?,
        };
        let epoch_seconds = self.epoch_seconds.unwrap_or_else(|| self.default_epoch_seconds());
        let interval_seconds = self.interval_seconds.unwrap_or_else(|| self.default_interval_seconds());
        if !(60..=31 * 86_400).contains(&epoch_seconds) {
            return unusable(format!("epoch_seconds is {epoch_seconds}: from 60 seconds to 31 days"));
        }
        if interval_seconds == 0 || !epoch_seconds.is_multiple_of(interval_seconds) {
            return unusable(format!(
                "interval_seconds is {interval_seconds}: epochs of {epoch_seconds} s must be a multiple of it"
            ));
        }
        let rated_power_watts = self.rated_power_watts.unwrap_or(10_000);
        if !(1..=10_000_000_000).contains(&rated_power_watts) {
            return unusable(format!("rated_power_watts is {rated_power_watts}: from 1 W to 10 GW"));
        }
        let amounts = self.amounts(epoch_seconds)?;
        let (challenge_seconds, grace_seconds) = if self.is_local() { (60, 10) } else { (3_600, 600) };
        Ok(Settled {
            name,
            url,
            epoch_seconds,
            interval_seconds,
            challenge_seconds,
            grace_seconds,
            rated_power_watts,
            first_amount: amounts.first,
            tail_amount: amounts.first / 10,
            cap: amounts.cap,
            epochs_in_a_year: amounts.epochs_in_a_year,
            decimals: amounts.decimals,
            oracle_listen: self.oracle_listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8_787))),
        })
    }

    /// The first epoch's tokens in smallest units, and twenty years of them as the most that there will ever be.
    fn amounts(&self, epoch_seconds: u32) -> Result<Amounts, Unusable> {
        let decimals = self.decimals.unwrap_or(6);
        if decimals > MAX_DECIMALS {
            return Err(Unusable(format!("decimals is {decimals}: at most {MAX_DECIMALS}")));
        }
        let tokens = self.tokens_per_epoch.unwrap_or(1_000);
        let epochs_in_a_year = SECONDS_IN_A_YEAR / u64::from(epoch_seconds);
        let first = 10u64.checked_pow(u32::from(decimals)).and_then(|unit| tokens.checked_mul(unit));
        let cap = first.and_then(|first| first.checked_mul(20 * epochs_in_a_year.max(1)));
        match (first, cap) {
            (Some(first @ 10..), Some(cap)) => {
                let epochs_in_a_year = u32::try_from(epochs_in_a_year.max(1)).unwrap_or(u32::MAX);
                Ok(Amounts { first, cap, epochs_in_a_year, decimals })
            }
            _ => Err(Unusable(format!(
                "tokens_per_epoch is {tokens}: with {decimals} decimals, twenty years of that do not fit 64 bits, or are nothing"
            ))),
        }
    }
}

struct Amounts {
    first: u64,
    cap: u64,
    epochs_in_a_year: u32,
    decimals: u8,
}

/// Is this the address of something on this machine?
pub fn is_loopback(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn settle_without_answers_is_a_quick_local_network() {
        let settled = Answers::default().settle("my-network").unwrap();
        assert_eq!((settled.name.as_str(), settled.url.as_str()), ("my-network", LOCAL_URL));
        assert_eq!((settled.epoch_seconds, settled.interval_seconds, settled.challenge_seconds), (120, 10, 60));
        assert_eq!((settled.first_amount, settled.decimals), (1_000_000_000, 6));
    }

    #[test]
    fn settle_for_a_cluster_takes_epochs_of_a_day() {
        let answers = Answers { url: Some("devnet".to_owned()), ..Answers::default() };
        let settled = answers.settle("n").unwrap();
        assert_eq!(settled.url, "https://api.devnet.solana.com");
        assert_eq!((settled.epoch_seconds, settled.challenge_seconds, settled.epochs_in_a_year), (86_400, 3_600, 365));
    }

    #[test]
    fn settle_names_each_answer_that_cannot_be() {
        for (text, named) in [
            ("name = \"\"", "name"),
            ("name = \"a\\\"b\"", "name"),
            ("url = \"mainnet\"", "mainnet-beta"),
            ("epoch_seconds = 59", "epoch_seconds is 59"),
            ("interval_seconds = 0", "interval_seconds is 0"),
            ("interval_seconds = 7", "a multiple"),
            ("rated_power_watts = 0", "rated_power_watts is 0"),
            ("decimals = 13", "decimals is 13"),
            ("tokens_per_epoch = 0", "tokens_per_epoch is 0"),
            ("tokens_per_epoch = 18446744073709551615", "do not fit"),
        ] {
            let refused = Answers::parse(text).and_then(|answers| answers.settle("n")).unwrap_err().to_string();
            assert!(refused.contains(named), "{text}: {refused}");
        }
        assert!(Answers::parse("naem = \"\"").is_err_and(|error| error.to_string().contains("naem")));
    }
}
