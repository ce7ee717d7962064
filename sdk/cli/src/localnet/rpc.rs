//! One JSON-RPC call to a Solana node on this machine.

use std::time::Duration;

use serde_json::{Value, json};

/// How long one call may take. The node is on this machine; only an overloaded one is slow.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// No answer came, or one that isn't JSON.
    #[error("{method} got no answer from {url}: is the local chain running there?")]
    NoAnswer { url: String, method: &'static str, source: reqwest::Error },
    /// The node answered with an error.
    #[error("the node refused {method}: {message} (code {code})")]
    Refused { method: &'static str, code: i64, message: String },
    /// The node answered with something else than this method's result.
    #[error("the node's answer to {method} is not as expected: {answer}")]
    Unexpected { method: &'static str, answer: Value },
}

/// A client of one node.
pub(super) struct RpcClient {
    http: reqwest::Client,
    url: String,
}

impl RpcClient {
    pub fn new(url: &str) -> Result<Self, RpcError> {
        let http = reqwest::Client::builder()
            // The node is on the loopback interface, where no proxy leads.
            .no_proxy()
            .timeout(CALL_TIMEOUT)
            .build()
            .map_err(|source| RpcError::NoAnswer { url: url.into(), method: "the set-up of the client", source })?;
        Ok(Self { http, url: url.into() })
    }

    /// Calls `method` and gives its `result`.
    pub async fn call(&self, method: &'static str, params: Value) -> Result<Value, RpcError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let no_answer = |source| RpcError::NoAnswer { url: self.url.clone(), method, source };
        let response = self.http.post(&self.url).json(&request).send().await.map_err(no_answer)?;
        let mut answer: Value = response.json().await.map_err(no_answer)?;
        if let Some(error) = answer.get("error") {
            return Err(RpcError::Refused {
                method,
                code: error["code"].as_i64().unwrap_or_default(),
                message: match error["message"].as_str() {
                    Some(message) => message.to_owned(),
                    None => error.to_string(),
                },
            });
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(RpcError::Unexpected { method, answer }),
        }
    }
}
