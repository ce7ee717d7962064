//! `POST /v1/attestations`: one attestation or a batch, in JSON or in the compact form.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use trellis_core::{attestation::MAX_WIRE_BYTES, exchange};

use super::{ApiError, ApiState, limits::Client};
use crate::ingest::{Answer, Tally};

/// Content type of frames, and of the messages that answer them.
pub const COMPACT: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// The request's body in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    /// Wire bytes of each, base64.
    attestations: Vec<String>,
}

/// The response's body in JSON: one answer for each attestation, in order.
#[derive(Serialize)]
struct Submitted {
    results: Vec<Answer>,
}

/// Largest body: a full batch of the longest attestations in base64, with quotes and commas.
pub fn body_limit_bytes(max_batch: usize) -> usize {
    max_batch.saturating_mul(MAX_WIRE_BYTES.div_ceil(3) * 4 + 4).saturating_add(1_024)
}

/// The content type, without its parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Whoever asks for something else than what is taken.
pub fn unsupported(headers: &HeaderMap, wanted: &str) -> ApiError {
    let found = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let detail = format!("the content type is `{found}`, {wanted} is wanted");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", detail)
}

/// Answers in the form that was asked in. See [`status`]; every answer says what became of which attestation.
pub async fn submit(
    State(state): State<ApiState>,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    client.check(&state.refused)?;
    let compact = match media_type(&headers).as_str() {
        JSON => false,
        COMPACT => true,
        _ => return Err(unsupported(&headers, "`application/json` or `application/octet-stream`")),
    };
    let body = body.map_err(|rejection| ApiError::new(rejection.status(), "body", rejection.body_text()))?;
    let read = if compact { read_frames(&body) } else { read_json(&body) };
    let wires = read.and_then(|wires| check_count(wires, state.max_batch)).inspect_err(|_| {
        // What cannot even be read counts as one.
        client.charge(&state.refused, 1);
    })?;
    state.metrics.batch_received(wires.len());
    let taken = state.ingest.take(wires).await?;
    let tally = taken.tally();
    tally.count(&state.metrics);
    client.charge(&state.refused, tally.refused_in_all());
    let status = status(&tally)?;
    Ok(match compact {
        true => (status, [(header::CONTENT_TYPE, COMPACT)], taken.message()).into_response(),
        false => (status, Json(Submitted { results: taken.answers() })).into_response(),
    })
}

/// 200 if any attestation was accepted; 429 if all are to be sent again, and 200 if only some are; else 409 if all were
/// replays, 422 otherwise.
fn status(tally: &Tally) -> Result<StatusCode, ApiError> {
    match tally.retry_after_seconds {
        Some(seconds) if tally.accepted == 0 && tally.refused.is_empty() => {
            let detail =
                format!("the devices send more than they may; nothing was taken in; send it again in {seconds} s");
            Err(ApiError::too_many("device_rate", seconds, detail))
        }
        _ if tally.accepted + tally.retry > 0 => Ok(StatusCode::OK),
        _ if tally.is_replay() => Ok(StatusCode::CONFLICT),
        _ => Ok(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

fn check_count(wires: Vec<Vec<u8>>, max_batch: usize) -> Result<Vec<Vec<u8>>, ApiError> {
    match wires.len() {
        0 => Err(ApiError::bad_request("empty", "there is no attestation in the request")),
        count if count > max_batch => {
            let detail = format!("{count} attestations are too many for one request: at most {max_batch}");
            Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large", detail))
        }
        _ => Ok(wires),
    }
}

fn read_json(body: &[u8]) -> Result<Vec<Vec<u8>>, ApiError> {
    let submission: Submission = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("the body is not {{\"attestations\": [\"<base64>\", …]}}: {error}");
        ApiError::bad_request("body", detail)
    })?;
    let decode = |(position, text): (usize, &String)| {
        let decoded = BASE64_STANDARD.decode(text);
        decoded.map_err(|error| ApiError::bad_request("base64", format!("attestation {position}: {error}")))
    };
    submission.attestations.iter().enumerate().map(decode).collect()
}

fn read_frames(mut body: &[u8]) -> Result<Vec<Vec<u8>>, ApiError> {
    let mut wires = Vec::with_capacity(body.len() / MAX_WIRE_BYTES + 1);
    loop {
        match exchange::next_frame(&mut body) {
            Ok(Some(wire)) => wires.push(wire.to_vec()),
            Ok(None) => return Ok(wires),
            Err(error) => {
                return Err(ApiError::bad_request("frame", format!("attestation {}: {error}", wires.len())));
            }
        }
    }
}
