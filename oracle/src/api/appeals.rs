//! `POST /v1/appeals` and `GET /v1/appeals`: operators' word against findings.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{
        Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use trellis_core::{DeviceKey, Epoch, appeal::Appeal};
use trellis_epoch::{
    encoding::{base58, device_key},
    signatures::{self, Item},
};

use super::{ApiError, ApiState, epochs, json_body};
use crate::statements::{NewAppeal, StoredAppeal};

/// Most appeals in one answer.
const MAX_PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// First number to list; default 0.
    #[serde(default)]
    from: usize,
}

#[derive(Serialize)]
pub struct Listed {
    /// At most 100, in order of arrival; ask again from the last one's successor for more.
    appeals: Vec<Row>,
}

#[derive(Serialize)]
pub struct Row {
    /// In order of arrival at this oracle. Absent where just one was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<usize>,
    epoch: u64,
    #[serde(with = "device_key")]
    device: DeviceKey,
    operator_index: u32,
    finding: String,
    statement: String,
    signature: String,
    received_unix: i64,
    /// Number of the correction that upholds it; absent: none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    upheld_by: Option<u64>,
}

/// Keeps an appeal. The very same again is answered alike; one finding, one appeal.
pub async fn submit(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Row>, ApiError> {
    let appeal: NewAppeal =
        json_body::read(&headers, body, "an appeal: {epoch, device, finding, statement, signature}")?;
    let operator_index = find_operator(&state, &appeal).await?;
    check_signature(&state, &appeal, operator_index)?;
    let stored = StoredAppeal { appeal, operator_index, received_unix: state.clock.now_unix() };
    let (appeals, handed_in) = (Arc::clone(&state.appeals), stored.clone());
    let kept = tokio::task::spawn_blocking(move || appeals.keep(handed_in)).await.map_err(ApiError::internal)?;
    match kept.map_err(ApiError::internal)? {
        None => Ok(Json(row(&state, None, &stored))),
        Some(before) if before.appeal == stored.appeal => Ok(Json(row(&state, None, &before))),
        Some(before) => {
            let statement = hex::encode(before.appeal.statement);
            let detail = format!("an appeal against this finding is kept already, with statement {statement}");
            Err(ApiError::new(StatusCode::CONFLICT, "appealed", detail))
        }
    }
}

/// The operator that the finding meets; 404 if there is no such finding.
async fn find_operator(state: &ApiState, appeal: &NewAppeal) -> Result<u32, ApiError> {
    let (epoch, device) = (Epoch(appeal.epoch), appeal.device);
    let (findings, operator) = epochs::closed(state, epoch, move |epochs| epochs.findings_of(epoch, &device)).await?;
    let (network, vault) = (state.target.network.to_bytes(), state.target.vault.to_bytes());
    let found = findings.iter().any(|finding| finding.hash(&network, &vault) == appeal.finding);
    operator.filter(|_| found).ok_or_else(|| {
        let (finding, device) = (hex::encode(appeal.finding), base58::encode(device.bytes()));
        ApiError::not_found(format!("there is no finding {finding} about device {device} in epoch {epoch}"))
    })
}

fn check_signature(state: &ApiState, new: &NewAppeal, operator_index: u32) -> Result<(), ApiError> {
    let snapshot = state.snapshot.get();
    let operator = snapshot.operators.get(operator_index as usize);
    // Operators never vanish from the registry.
    let wallet = operator.ok_or_else(|| ApiError::internal("an operator is missing"))?.wallet;
    let (network, vault) = (snapshot.network, snapshot.vault);
    let message = Appeal { network, vault, finding: new.finding, statement: new.statement }.signing_bytes();
    let key = DeviceKey::Ed25519(wallet);
    let item = Item { key, message, signature: new.signature };
    if signatures::is_small_order(&key) || !signatures::verify(&item) {
        let wallet = base58::encode(&wallet);
        let detail =
            format!("the signature is not that of wallet {wallet}, whose operator {operator_index} the finding meets");
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_signature", detail));
    }
    Ok(())
}

pub async fn list(
    State(state): State<ApiState>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Json<Listed>, ApiError> {
    let Query(from) = from.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let kept = state.appeals.list(from.from, MAX_PAGE);
    let rows = kept.iter().enumerate();
    let rows = rows.map(|(offset, kept)| row(&state, Some(from.from.saturating_add(offset)), kept));
    Ok(Json(Listed { appeals: rows.collect() }))
}

fn row(state: &ApiState, number: Option<usize>, kept: &StoredAppeal) -> Row {
    let NewAppeal { epoch, device, finding, statement, signature } = kept.appeal;
    Row {
        number,
        epoch,
        device,
        operator_index: kept.operator_index,
        finding: hex::encode(finding),
        statement: hex::encode(statement),
        signature: hex::encode(signature),
        received_unix: kept.received_unix,
        upheld_by: state.corrections.upholding(&finding),
    }
}
