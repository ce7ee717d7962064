//! The oracle's relay: it sends for those who have no SOL, and pays.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use solana_address::Address;

use super::{OracleApi, OracleError};

/// How long a relay may take: it answers when its transactions are confirmed.
const TIMEOUT: Duration = Duration::from_secs(180);

/// `GET /v1/relay`, of which this is a part: what the oracle sends and pays for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelayTerms {
    /// Does it send claims?
    pub claims: bool,
    /// Does it pay for registrations of owners whom the founder invited?
    pub registrations: bool,
    /// The relay's key, which is the fee payer.
    #[serde(default, deserialize_with = "optional_address")]
    pub payer: Option<Address>,
    /// Does it pay for a payout wallet's token account?
    #[serde(default)]
    pub creates_token_accounts: bool,
}

/// `POST /v1/relay/claim`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelayedClaims {
    /// Whose root the claims were made for.
    pub epoch: u64,
    /// One for each operator, in the order of their indices.
    pub results: Vec<RelayedOperator>,
}

/// What became of an operator's claim.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelayedOperator {
    pub operator_index: u32,
    /// `paid`, `already_claimed`, or why not: the document of the API (`oracle/openapi.json`) lists them.
    pub outcome: String,
    #[serde(default, deserialize_with = "optional_address")]
    pub payout_wallet: Option<Address>,
    /// In the mint's smallest unit.
    #[serde(default, deserialize_with = "optional_amount")]
    pub amount: Option<u64>,
    pub signature: Option<String>,
    /// Why it was not paid, and what to do.
    pub detail: Option<String>,
    pub retry_after_seconds: Option<u32>,
}

/// `POST /v1/relay/transaction`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelayedTransaction {
    pub signature: String,
    /// What it cost the relay, at most.
    pub cost_lamports: u64,
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    super::address(deserializer).map(Some)
}

fn optional_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    super::amount(deserializer).map(Some)
}

impl OracleApi {
    /// What the oracle's relay offers.
    pub async fn relay(&self) -> Result<RelayTerms, OracleError> {
        self.get("/v1/relay").await
    }

    /// Has the relay claim for operators, by index or wallet, at most 64. Asking again pays nothing twice.
    pub async fn relay_claim(&self, operators: &[String]) -> Result<RelayedClaims, OracleError> {
        self.post("/v1/relay/claim", &json!({ "operators": operators })).await
    }

    /// Has the relay sign a transaction as its fee payer, and send it. `transaction`: its wire bytes, signed by everybody
    /// else. The same again is answered alike.
    pub async fn relay_transaction(
        &self,
        transaction: &[u8],
        invitation: Option<&str>,
    ) -> Result<RelayedTransaction, OracleError> {
        let body = json!({ "transaction": BASE64_STANDARD.encode(transaction), "invitation": invitation });
        self.post("/v1/relay/transaction", &body).await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, OracleError> {
        self.answer(path, self.http.post(format!("{}{path}", self.url)).timeout(TIMEOUT).json(body)).await
    }
}
