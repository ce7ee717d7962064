//! What an oracle says over HTTP. Nothing of it has to be believed: a [`Proof`] is checked against the chain, a receipt by its
//! signature, an epoch by its bundle.

mod relay;

use std::time::Duration;

use reqwest::RequestBuilder;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use solana_address::Address;
use trellis_core::{Amount, Epoch, Hash};

use crate::claims::Claim;

pub use relay::{RelayTerms, RelayedClaims, RelayedOperator, RelayedTransaction};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One oracle. Clones share its connections.
#[derive(Clone, Debug)]
pub struct OracleApi {
    http: reqwest::Client,
    url: String,
}

/// Why an oracle gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    #[error("the oracle's address `{url}`: {what}")]
    Url { url: String, what: String },
    #[error("no oracle answers at {url}: is it running, and is the address right?")]
    NoAnswer { url: String, source: reqwest::Error },
    #[error("the oracle at {url} says: {detail}")]
    Refused { url: String, status: u16, detail: String },
    #[error(
        "what answers at {url}{path} (status {status}) does not speak as an oracle of Trellis: is the address right?"
    )]
    NotAnOracle { url: String, path: String, status: u16 },
}

impl OracleError {
    /// There is no such thing, or not yet.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

/// `GET /v1/status`, of which this is a part.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    #[serde(deserialize_with = "address")]
    pub network: Address,
    #[serde(deserialize_with = "address")]
    pub vault: Address,
    #[serde(deserialize_with = "address")]
    pub oracle: Address,
    pub version: String,
    pub now_unix: i64,
    pub next_to_close: u64,
    pub next_to_finalize: Option<u64>,
    /// Attestations in its log.
    pub acknowledged: u64,
    pub problem: Option<String>,
    pub alarms: Vec<Alarm>,
}

/// Something that its operator should look at.
#[derive(Clone, Debug, Deserialize)]
pub struct Alarm {
    pub code: String,
    pub detail: String,
}

/// `GET /v1/operators/{operator}/proof`: what an operator has earned, and the proof of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Proof {
    pub epoch: u64,
    #[serde(deserialize_with = "address")]
    pub vault: Address,
    pub operator_index: u32,
    #[serde(deserialize_with = "address")]
    pub payout_wallet: Address,
    /// Earned in this epoch, in the mint's smallest unit.
    #[serde(deserialize_with = "amount")]
    pub earned: u64,
    /// Earned in all epochs up to this one.
    #[serde(deserialize_with = "amount")]
    pub cumulative: u64,
    proof: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct Node(#[serde(with = "hex")] Hash);

impl Proof {
    /// The claim, to be [checked](Claim::check) against the vault on the chain.
    pub fn claim(&self) -> Claim {
        Claim {
            epoch: Epoch(self.epoch),
            vault: self.vault,
            operator_index: self.operator_index,
            payout_wallet: self.payout_wallet,
            cumulative: Amount(self.cumulative),
            proof: self.proof.iter().map(|node| node.0).collect(),
        }
    }
}

/// An address in base58.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("`{text}` is no address ({error})")))
}

/// The API gives amounts as decimal strings.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no amount")))
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalDetail,
}

#[derive(Deserialize)]
struct RefusalDetail {
    detail: String,
}

impl OracleApi {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`OracleError::Url`]: `url` is no http:// or https:// address.
    pub fn new(url: &str) -> Result<Self, OracleError> {
        let wrong = |what: String| OracleError::Url { url: url.to_owned(), what };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(wrong("an http:// or https:// address is wanted".to_owned()));
        }
        reqwest::Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let http = reqwest::Client::builder().build().map_err(|error| wrong(error.to_string()))?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn status(&self) -> Result<Status, OracleError> {
        self.get("/v1/status").await
    }

    /// The proof of `operator`, an index or a wallet: of `epoch`, or of the last final one.
    pub async fn proof(&self, operator: &str, epoch: Option<Epoch>) -> Result<Proof, OracleError> {
        let which = epoch.map(|epoch| format!("?epoch={epoch}")).unwrap_or_default();
        self.get(&format!("/v1/operators/{operator}/proof{which}")).await
    }

    /// GETs JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, OracleError> {
        self.answer(path, self.http.get(format!("{}{path}", self.url)).timeout(TIMEOUT)).await
    }

    async fn answer<T: DeserializeOwned>(&self, path: &str, request: RequestBuilder) -> Result<T, OracleError> {
        let url = self.url.clone();
        let no_answer = |source| OracleError::NoAnswer { url: self.url.clone(), source };
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let body = response.bytes().await.map_err(no_answer)?;
        let not_an_oracle = || OracleError::NotAnOracle { url, path: path.to_owned(), status: status.as_u16() };
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| not_an_oracle());
        }
        match serde_json::from_slice::<Refusal>(&body) {
            Ok(refusal) => Err(OracleError::Refused {
                url: self.url.clone(),
                status: status.as_u16(),
                detail: refusal.error.detail,
            }),
            Err(_) => Err(not_an_oracle()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn new_refuses_what_is_no_address() {
        for (url, named) in [("127.0.0.1:8787", "http://"), ("http://", "http://"), ("ftp://host", "http://")] {
            assert!(OracleApi::new(url).is_err_and(|error| error.to_string().contains(named)), "{url}");
        }
        assert_eq!(OracleApi::new("http://host:1/").unwrap().url(), "http://host:1");
    }
}
