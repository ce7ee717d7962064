//! `GET /v1/operators/{operator}/proof`: what an operator can claim, and the proof of it.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;
use trellis_epoch::encoding::base58;

use super::{ApiError, ApiState, decimal::Decimal, epochs};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Default: the last epoch whose root is final.
    epoch: Option<String>,
}

#[derive(Serialize)]
pub struct Proof {
    epoch: u64,
    r#final: bool,
    vault: String,
    operator_index: u32,
    payout_wallet: String,
    /// Earned in this epoch.
    earned: Decimal,
    /// Earned in all epochs up to this one.
    cumulative: Decimal,
    root: String,
    leaf_count: u32,
    /// Hex, from the leaf's sibling upwards.
    proof: Vec<String>,
}

/// `operator` is an index or a wallet.
pub async fn proof(
    State(state): State<ApiState>,
    operator: Result<Path<String>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Proof>, ApiError> {
    let Path(operator) = operator?;
    let Query(which) = which.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let index = operator_index(&state, &operator)?;
    let epoch = match which.epoch {
        Some(text) => epochs::parse_epoch(&text)?,
        None => last_final(&state)?,
    };
    let view = epochs::closed(&state, epoch, move |epochs| epochs.view(epoch)).await?;
    let (line, proof) = view.proofs.proof(index).ok_or_else(|| {
        ApiError::not_found(format!("operator {index} was not in epoch {epoch}: it registered later"))
    })?;
    Ok(Json(Proof {
        epoch: epoch.get(),
        r#final: state.shared.view().is_final(epoch),
        vault: state.target.vault.to_string(),
        operator_index: line.index,
        payout_wallet: base58::encode(&line.payout_wallet),
        earned: Decimal(line.earned),
        cumulative: Decimal(line.cumulative),
        root: hex::encode(view.bundle.manifest.root),
        leaf_count: view.bundle.manifest.leaf_count,
        proof: proof.iter().map(hex::encode).collect(),
    }))
}

pub(super) fn operator_index(state: &ApiState, text: &str) -> Result<u32, ApiError> {
    if let Ok(index) = text.parse() {
        return Ok(index);
    }
    let wallet = base58::decode(text).ok_or_else(|| {
        ApiError::bad_request("operator", format!("`{text}` is neither an operator's index nor a wallet's address"))
    })?;
    let snapshot = state.snapshot.get();
    let found = snapshot.operators.iter().find(|operator| operator.wallet == wallet);
    found
        .map(|operator| operator.index)
        .ok_or_else(|| ApiError::not_found(format!("wallet {text} is no operator of this network")))
}

pub(super) fn last_final(state: &ApiState) -> Result<Epoch, ApiError> {
    let next = state.shared.view().next_to_finalize.map_or(0, |epoch| epoch.get());
    next.checked_sub(1).map(Epoch).ok_or_else(|| ApiError::not_found("no epoch's root is final yet"))
}
