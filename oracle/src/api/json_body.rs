//! The body of a request, as JSON of a given shape.

use axum::{
    body::Bytes,
    extract::rejection::BytesRejection,
    http::{HeaderMap, StatusCode, header},
};
use serde::de::DeserializeOwned;

use super::ApiError;

/// Longest statement: a few hundred bytes of fields, whatever the spaces between them.
const MAX_BYTES: usize = 16 << 10;

/// Errors name what is wrong: the content type, the length, or the field. `wanted` says what it should be.
pub fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    wanted: &str,
) -> Result<T, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    // Parameters, such as a charset, may follow.
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let detail = format!("the content type is `{content_type}`, `application/json` is wanted");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", detail));
    }
    let body = body.map_err(|rejection| ApiError::new(rejection.status(), "body", rejection.body_text()))?;
    if body.len() > MAX_BYTES {
        let detail = format!("the body has {} bytes; {wanted} has at most {MAX_BYTES}", body.len());
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body", detail));
    }
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_request("body", format!("the body is not {wanted}: {error}")))
}
