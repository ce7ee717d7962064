//! The oracles as an agent knows them, over HTTP.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Response, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::{Value, json};
use trellis_core::exchange::{Answer, Message};
use trellis_epoch::encoding::base58;

/// Longest time until an oracle has answered.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer that is looked at.
const MAX_ANSWER_BYTES: usize = 4 * 1_024 * 1_024;
/// Content type of frames, and of the messages that answer them.
const COMPACT: &str = "application/octet-stream";

/// What an agent reads of `GET /v1/status`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    #[serde(with = "base58")]
    pub network: [u8; 32],
    #[serde(with = "base58")]
    pub oracle: [u8; 32],
    pub now_unix: i64,
    /// Length of the network's intervals; older oracles do not tell it.
    pub energy_interval_seconds: Option<u32>,
}

/// Why a request brought no answer to the attestations. They are kept and sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("{0}")]
    Away(String),
    #[error("{detail}")]
    Busy { after: Duration, detail: String },
    #[error("it takes no request of that size: {0}")]
    TooLarge(String),
    #[error("its answer is none of a Trellis oracle: {0}")]
    Answer(String),
    #[error("it answered {status}: {detail}")]
    Refused { status: u16, detail: String },
}

/// One oracle.
#[derive(Clone, Debug)]
pub struct OracleApi {
    http: reqwest::Client,
    url: String,
}

impl OracleApi {
    /// `url`: checked by the settings.
    pub fn new(url: &str) -> Result<Self, RequestError> {
        let http = reqwest::Client::builder().timeout(PATIENCE).connect_timeout(CONNECT_PATIENCE);
        // An oracle that sends its devices elsewhere is to be named in the settings where it is.
        let http = http.redirect(reqwest::redirect::Policy::none()).build().map_err(away)?;
        Url::parse(url).map_err(|error| RequestError::Away(format!("{url} is no URL: {error}")))?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn status(&self) -> Result<Status, RequestError> {
        let response = self.http.get(format!("{}/v1/status", self.url)).send().await.map_err(away)?;
        if !response.status().is_success() {
            return Err(problem(response).await);
        }
        serde_json::from_slice(&body(response).await?).map_err(|error| RequestError::Answer(error.to_string()))
    }

    /// Hands frames in.
    pub async fn submit(&self, frames: Vec<u8>) -> Result<Answer, RequestError> {
        let request = self.http.post(format!("{}/v1/attestations", self.url));
        let request = request.header(header::CONTENT_TYPE, COMPACT).body(frames);
        let response = request.send().await.map_err(away)?;
        let content_type = response.headers().get(header::CONTENT_TYPE);
        if !content_type.is_some_and(|found| found.as_bytes().starts_with(COMPACT.as_bytes())) {
            return Err(problem(response).await);
        }
        match Message::from_bytes(&body(response).await?) {
            Ok(Message::Answer(answer)) => Ok(answer),
            Ok(Message::Problem(words)) => Err(RequestError::Away(words)),
            Err(error) => Err(RequestError::Answer(error.to_string())),
        }
    }

    /// Why an attestation is refused, in the oracle's words: it is judged once more, with the same outcome. `None` if it
    /// cannot be told now.
    pub async fn explain(&self, wire: &[u8]) -> Option<String> {
        let body = json!({ "attestations": [BASE64_STANDARD.encode(wire)] });
        let request = self.http.post(format!("{}/v1/attestations", self.url)).json(&body);
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        Some(answer.get("results")?.get(0)?.get("detail")?.as_str()?.to_owned())
    }
}

fn away(error: reqwest::Error) -> RequestError {
    // The innermost cause says what happened; the outer ones repeat the URL.
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    RequestError::Away(match error.is_timeout() {
        true => format!("no answer within {} s", PATIENCE.as_secs()),
        false => cause.to_string(),
    })
}

async fn body(mut response: Response) -> Result<Vec<u8>, RequestError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(away)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(RequestError::Answer(format!("it is longer than {MAX_ANSWER_BYTES} bytes")));
        }
    }
    Ok(body)
}

/// An answer that says what is wrong: `{"error": {"code", "detail"}}`.
async fn problem(response: Response) -> RequestError {
    let status = response.status();
    let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let text = match body(response).await {
        Ok(body) => body,
        Err(error) => return error,
    };
    let json: Value = serde_json::from_slice(&text).unwrap_or_default();
    let detail = match json.pointer("/error/detail").and_then(Value::as_str) {
        Some(detail) => detail.to_owned(),
        None => "no words that an oracle would use; is this an oracle's address?".to_owned(),
    };
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            RequestError::Busy { after: Duration::from_secs(after.unwrap_or(1)), detail }
        }
        StatusCode::PAYLOAD_TOO_LARGE => RequestError::TooLarge(detail),
        _ => RequestError::Refused { status: status.as_u16(), detail },
    }
}
