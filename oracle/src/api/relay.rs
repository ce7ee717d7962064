//! `GET /v1/relay`, `POST /v1/relay/claim` and `POST /v1/relay/transaction`: what the oracle sends and pays for.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use trellis_client::claims::ClaimError;

use super::{ApiError, ApiState, decimal::Decimal, epochs, json_body, limits::Client, operators};
use crate::relay::{
    MOST_OPERATORS, Relay,
    book::BookError,
    claims::RelayError,
    outcome::{Kind, Outcome},
    transactions::{Landed, TransactionRefused},
};

/// What the relay offers; without a relay, `claims` alone.
#[derive(Serialize)]
pub struct Offered {
    /// Does it send claims?
    claims: bool,
    /// Does it pay for registrations of owners whom the founder invited?
    registrations: bool,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    terms: Option<Terms>,
}

#[derive(Serialize)]
struct Terms {
    payer: String,
    max_operators: usize,
    /// Less is not paid out.
    minimum_amount: Decimal,
    creates_token_accounts: bool,
    operator_claims_per_day: u32,
    /// 0: no limit.
    client_per_minute: u32,
    client_burst: u32,
    /// 0: it pays for no registrations.
    devices_per_owner: u32,
    /// Of a claim that its sender made; 0: such claims are not taken.
    token_fee: Decimal,
    /// Where it is paid to; absent until the chain was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_account: Option<String>,
    daily_budget_lamports: u64,
    left_lamports: u64,
    /// When the next day begins.
    renews_unix: i64,
}

pub async fn offer(State(state): State<ApiState>) -> Json<Offered> {
    let terms = state.relay.map(|relay| {
        let offer = relay.offer();
        Terms {
            payer: offer.payer.to_string(),
            max_operators: MOST_OPERATORS,
            minimum_amount: Decimal(offer.settings.minimum_amount),
            creates_token_accounts: offer.settings.create_accounts,
            operator_claims_per_day: offer.settings.operator_claims_per_day,
            client_per_minute: offer.settings.client_per_minute,
            client_burst: offer.settings.client_burst,
            devices_per_owner: if offer.settings.sponsors() { offer.settings.devices_per_owner } else { 0 },
            token_fee: Decimal(offer.settings.token_fee),
            token_account: offer.token_account.map(|account| account.to_string()),
            daily_budget_lamports: offer.settings.daily_budget_lamports,
            left_lamports: offer.left_lamports,
            renews_unix: offer.renews_unix,
        }
    });
    let registrations = terms.as_ref().is_some_and(|terms| terms.devices_per_owner > 0);
    Json(Offered { claims: terms.is_some(), registrations, terms })
}

/// Either of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Indices or wallets.
    operators: Option<Vec<String>>,
    range: Option<Neighbours>,
}

/// Operators by their indices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Neighbours {
    first: u32,
    count: u32,
}

#[derive(Serialize)]
pub struct Answer {
    /// The epoch whose root the claims were made for.
    epoch: u64,
    /// One for each operator, in the order of their indices.
    results: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    operator_index: u32,
    outcome: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_wallet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u32>,
}

impl From<Outcome> for Row {
    fn from(outcome: Outcome) -> Self {
        Self {
            operator_index: outcome.operator_index,
            outcome: outcome.kind,
            payout_wallet: outcome.payout_wallet.map(|wallet| wallet.to_string()),
            amount: outcome.amount.map(|amount| Decimal(amount.get())),
            signature: outcome.signature.map(|signature| signature.to_string()),
            detail: outcome.detail,
            retry_after_seconds: outcome.retry_after_seconds,
        }
    }
}

/// Claims for these operators, by the last final root. Asking again pays nothing twice.
pub async fn claim(
    State(state): State<ApiState>,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Answer>, ApiError> {
    let relay = relay(&state)?;
    let shape =
        "operators to be paid: {\"operators\": [\"index or wallet\", …]} or {\"range\": {\"first\", \"count\"}}";
    let wanted: Wanted = json_body::read(&headers, body, shape)?;
    let operators = operators_of(&state, wanted)?;
    admit(&relay, client)?;
    let epoch = operators::last_final(&state)?;
    let view = epochs::closed(&state, epoch, move |epochs| epochs.view(epoch)).await?;
    // On a task of its own: what was begun is brought to its end, though the caller may go away.
    let claiming = tokio::spawn(relay.claim(view, operators)).await.map_err(ApiError::internal)?;
    let results = claiming?.into_iter().map(Row::from).collect();
    Ok(Json(Answer { epoch: epoch.get(), results }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    /// Base64.
    transaction: String,
    invitation: Option<String>,
}

#[derive(Serialize)]
pub struct Sent {
    signature: String,
    /// What it cost the relay, at most.
    cost_lamports: u64,
}

/// Signs a transaction as its fee payer, if its rules allow it, and sends it. The same again is answered alike.
pub async fn transaction(
    State(state): State<ApiState>,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Sent>, ApiError> {
    let relay = relay(&state)?;
    let Signed { transaction, invitation } =
        json_body::read(&headers, body, "a transaction to pay for: {\"transaction\": \"<base64>\", \"invitation\"}")?;
    let bytes = BASE64_STANDARD.decode(transaction).map_err(|error| {
        ApiError::bad_request("transaction", format!("`transaction` is no base64 (with padding): {error}"))
    })?;
    admit(&relay, client)?;
    let sending = tokio::spawn(relay.transaction(bytes, invitation)).await.map_err(ApiError::internal)?;
    let Landed { signature, cost_lamports } = sending?;
    Ok(Json(Sent { signature: signature.to_string(), cost_lamports }))
}

impl From<TransactionRefused> for ApiError {
    fn from(error: TransactionRefused) -> Self {
        use TransactionRefused as Refused;
        let (status, code) = match &error {
            Refused::NotATransaction => (StatusCode::BAD_REQUEST, "transaction"),
            Refused::Rule(_) | Refused::NothingToPayFor { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_allowed"),
            Refused::BadSignature { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad_signature"),
            Refused::NoTokenFee | Refused::TokenFeeTooSmall { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "token_fee"),
            Refused::Chain(_) => (StatusCode::UNPROCESSABLE_ENTITY, "chain_refused"),
            Refused::Book(BookError::OverBudget { renews_in_seconds, .. }) => {
                return Self::too_many("relay_budget", *renews_in_seconds, error.to_string());
            }
            Refused::Book(BookError::Unwritable(_)) | Refused::Files(_) => return Self::internal(error),
            Refused::Book(_) => (StatusCode::FORBIDDEN, "not_invited"),
            Refused::InProgress => (StatusCode::CONFLICT, "in_progress"),
            Refused::ChainAway(_) => (StatusCode::SERVICE_UNAVAILABLE, "chain_away"),
            Refused::RelayEmpty => (StatusCode::SERVICE_UNAVAILABLE, "relay_empty"),
            Refused::Unconfirmed(_) => (StatusCode::SERVICE_UNAVAILABLE, "unconfirmed"),
        };
        Self::new(status, code, error.to_string())
    }
}

fn relay(state: &ApiState) -> Result<Arc<Relay>, ApiError> {
    state.relay.clone().ok_or_else(|| {
        let detail = "this oracle relays nothing: send the claim with a wallet of your own, or ask another oracle";
        ApiError::new(StatusCode::NOT_FOUND, "no_relay", detail)
    })
}

fn admit(relay: &Relay, client: Client) -> Result<(), ApiError> {
    let Some(address) = client.address() else { return Ok(()) };
    relay.admit(address).map_err(|seconds| {
        let detail = format!("{} asks more often than this relay answers; try again in {seconds} s", address.0.ip());
        ApiError::too_many("relay_rate", seconds, detail)
    })
}

/// Indices of the operators, each once and in order.
fn operators_of(state: &ApiState, wanted: Wanted) -> Result<Vec<u32>, ApiError> {
    let count_is_wrong = |count: usize| {
        let detail = format!("{count} operators are asked for: from 1 to {MOST_OPERATORS} in a request");
        ApiError::bad_request("operators", detail)
    };
    let indices: BTreeSet<u32> = match wanted {
        Wanted { operators: Some(operators), range: None } => {
            if !(1..=MOST_OPERATORS).contains(&operators.len()) {
                return Err(count_is_wrong(operators.len()));
            }
            operators.iter().map(|text| operators::operator_index(state, text)).collect::<Result<_, _>>()?
        }
        Wanted { operators: None, range: Some(Neighbours { first, count }) } => {
            let size = usize::try_from(count).unwrap_or(usize::MAX);
            if !(1..=MOST_OPERATORS).contains(&size) {
                return Err(count_is_wrong(size));
            }
            let end = first.checked_add(count).ok_or_else(|| {
                ApiError::bad_request("operators", format!("no operator has an index beyond {}", u32::MAX))
            })?;
            (first..end).collect()
        }
        _ => return Err(ApiError::bad_request("operators", "either `operators` or `range` is wanted")),
    };
    Ok(indices.into_iter().collect())
}

impl From<RelayError> for ApiError {
    fn from(error: RelayError) -> Self {
        match &error {
            RelayError::ChainAway(cause) => {
                tracing::warn!(%cause, "claims were not relayed");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "chain_away", error.to_string())
            }
            RelayError::Paused { .. } => Self::new(StatusCode::CONFLICT, "vault_paused", error.to_string()),
            RelayError::Root(ClaimError::NotFinal { .. } | ClaimError::Stale { .. }) => {
                let detail = "the chain has moved on from the root that this oracle knows: ask again in some seconds";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "behind", detail)
            }
            RelayError::Root(ClaimError::InvalidProof { .. }) => Self::internal(error),
        }
    }
}
