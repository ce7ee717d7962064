//! `POST /v1/corrections` and `GET /v1/corrections`: what the network's corrections key signed.

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
use trellis_epoch::corrections::{CorrectionError, CorrectionJson};

use super::{ApiError, ApiState, json_body};
use crate::statements::NotTaken;

/// Most corrections in one answer.
const MAX_PAGE: usize = 100;

#[derive(Serialize)]
pub struct Kept {
    /// `waiting`: on the disk, for the next epoch that is closed.
    state: &'static str,
    number: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// First number to list; default 0.
    #[serde(default)]
    from: u64,
}

#[derive(Serialize)]
pub struct Listed {
    /// The number that the next correction must have.
    next: u64,
    /// At most 100, in order; ask again from the last one's successor for more.
    corrections: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// `taken` by a closed epoch, whose bundle says what became of it; or `waiting`.
    state: &'static str,
    #[serde(flatten)]
    correction: CorrectionJson,
}

/// Keeps a correction. The very same again is answered alike.
pub async fn submit(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Kept>, ApiError> {
    let json: CorrectionJson = json_body::read(&headers, body, "a correction, as `trellis correction sign` prints it")?;
    let (signed, snapshot) = (json.signed(), state.snapshot.get());
    let (corrections, policy) = (Arc::clone(&state.corrections), Arc::clone(&state.ingest.policy));
    let kept = tokio::task::spawn_blocking(move || corrections.hand_in(&signed, &snapshot, &policy));
    match kept.await.map_err(ApiError::internal)? {
        Ok(()) => Ok(Json(Kept { state: "waiting", number: json.number })),
        Err(NotTaken::Files(error)) => Err(ApiError::internal(error)),
        Err(error @ NotTaken::NumberTaken(_)) => {
            Err(ApiError::new(StatusCode::CONFLICT, "number_taken", error.to_string()))
        }
        Err(NotTaken::Refused(error)) => {
            let status = match error {
                CorrectionError::OutOfOrder { .. } => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Err(ApiError::new(status, error.name(), error.to_string()))
        }
    }
}

pub async fn list(
    State(state): State<ApiState>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Json<Listed>, ApiError> {
    let Query(from) = from.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let snapshot = state.snapshot.get();
    let (next, taken, kept) = state.corrections.list(from.from, MAX_PAGE, &snapshot, &state.ingest.policy);
    let row = |signed| {
        let correction = CorrectionJson::from(&signed);
        Row { state: if correction.number < taken { "taken" } else { "waiting" }, correction }
    };
    Ok(Json(Listed { next, corrections: kept.into_iter().map(row).collect() }))
}
