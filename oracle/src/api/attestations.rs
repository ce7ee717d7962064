//! `POST /v1/attestations`: one attestation or a batch.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use trellis_core::attestation::MAX_WIRE_BYTES;
use trellis_epoch::reason::Reason;

use super::{ApiError, ApiState};
use crate::ingest::Answer;

/// The request's body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    /// Wire bytes of each, base64.
    attestations: Vec<String>,
}

/// The response's body: one answer for each attestation, in order.
#[derive(Serialize)]
pub struct Submitted {
    results: Vec<Answer>,
}

/// Largest body: a full batch of the longest attestations in base64, with quotes and commas.
pub fn body_limit_bytes(max_batch: usize) -> usize {
    max_batch.saturating_mul(MAX_WIRE_BYTES.div_ceil(3) * 4 + 4).saturating_add(1_024)
}

/// 200 if any attestation was accepted; else 409 if all were replays, 422 otherwise. Every answer says which.
pub async fn submit(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Submitted>), ApiError> {
    let wires = read(&headers, body, state.max_batch)?;
    state.metrics.batch_received(wires.len());
    let results = state.ingest.take(wires).await?.answers();
    results.iter().for_each(|answer| state.metrics.attestation_answered(answer.reason.map(|reason| reason.name())));
    let status = if results.iter().any(Answer::is_accepted) {
        StatusCode::OK
    } else if results.iter().all(|answer| answer.reason == Some(Reason::ReplayedSequence)) {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok((status, Json(Submitted { results })))
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>, max_batch: usize) -> Result<Vec<Vec<u8>>, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    // Parameters, such as a charset, may follow.
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let detail = format!("the content type is `{content_type}`, `application/json` is wanted");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", detail));
    }
    let body = body.map_err(|rejection| ApiError::new(rejection.status(), "body", rejection.body_text()))?;
    let submission: Submission = serde_json::from_slice(&body).map_err(|error| {
        let detail = format!("the body is not {{\"attestations\": [\"<base64>\", …]}}: {error}");
        ApiError::bad_request("body", detail)
    })?;
    let count = submission.attestations.len();
    if count == 0 {
        return Err(ApiError::bad_request("empty", "`attestations` is empty"));
    }
    if count > max_batch {
        let detail = format!("{count} attestations are too many for one request: at most {max_batch}");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large", detail));
    }
    let decode = |(position, text): (usize, &String)| {
        let decoded = BASE64_STANDARD.decode(text);
        decoded.map_err(|error| ApiError::bad_request("base64", format!("attestation {position}: {error}")))
    };
    submission.attestations.iter().enumerate().map(decode).collect()
}
