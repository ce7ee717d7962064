//! What commands ask an oracle over HTTP.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use solana_address::Address;

use super::Unusable;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One oracle.
#[derive(Clone, Debug)]
pub struct OracleApi {
    http: reqwest::Client,
    /// Without a slash at its end.
    pub url: String,
}

/// Why an oracle gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    #[error("no oracle answers at {url}: is it running, and is the address right? Name another one with --oracle")]
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

/// What commands read of `GET /v1/status`.
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
    pub acknowledged: u64,
    pub problem: Option<String>,
    pub alarms: Vec<Alarm>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Alarm {
    pub code: String,
    pub detail: String,
}

/// An address in base58.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("`{text}` is no address ({error})")))
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
    /// `url` is no http:// or https:// address.
    pub fn new(url: &str) -> Result<Self, Unusable> {
        let wrong = |what: String| Unusable(format!("the oracle's address `{url}`: {what}"));
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(wrong("an http:// or https:// address is wanted".to_owned()));
        }
        reqwest::Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(|error| wrong(error.to_string()))?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    pub async fn status(&self) -> Result<Status, OracleError> {
        self.get("/v1/status").await
    }

    /// GETs JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, OracleError> {
        let url = self.url.clone();
        let no_answer = |source| OracleError::NoAnswer { url: self.url.clone(), source };
        let response = self.http.get(format!("{url}{path}")).send().await.map_err(no_answer)?;
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
mod tests {
    use super::*;

    #[test]
    fn new_refuses_what_is_no_address() {
        for (url, named) in [("127.0.0.1:8787", "http://"), ("http://", "http://"), ("ftp://host", "http://")] {
            assert!(OracleApi::new(url).is_err_and(|error| error.to_string().contains(named)), "{url}");
        }
        assert_eq!(OracleApi::new("http://host:1/").map(|oracle| oracle.url).ok().as_deref(), Some("http://host:1"));
    }
}
