//! What a caller sees when something is wrong.

use std::any::Any;

use axum::{
    Json,
    extract::rejection::PathRejection,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{limits::Rate, log::AppendError};

/// An answer other than 2xx.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    /// Stable name for programs.
    code: &'static str,
    /// For people: what was wrong, with which value, what to do.
    detail: String,
    /// With 429 and 503.
    retry_after_seconds: u32,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_seconds: Rate::SOON_SECONDS }
    }

    /// 429: not before `seconds`.
    pub fn too_many(code: &'static str, seconds: u32, detail: impl Into<String>) -> Self {
        Self { retry_after_seconds: seconds, ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail) }
    }

    /// In a line, where the status is out already.
    pub fn in_words(&self) -> String {
        format!("{}: {}", self.code, self.detail)
    }

    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// It was here, and is elsewhere now.
    pub fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "gone", detail)
    }

    pub fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    pub fn is_gone(&self) -> bool {
        self.status == StatusCode::GONE
    }

    /// Our own fault: the log gets the cause, the caller does not.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the oracle failed to answer; nothing was lost, try again",
        )
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match error {
            // A full disk, say: which one and why is the operator's own business.
            AppendError::Storage(_) => {
                tracing::error!(%error, "not stored");
                let detail = "the log cannot be written, and nothing was acknowledged; send this again in a second";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "log_away", detail)
            }
            // Where the signer is asked is the operator's own business.
            AppendError::NoReceipt(_) => {
                tracing::error!(%error, "no receipt");
                let detail = "stored, but the receipt cannot be signed now; send this again in a second";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_receipt", detail)
            }
            AppendError::Unavailable(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "log_away", error.to_string()),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string()),
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), "path", rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": { "code": self.code, "detail": self.detail } }));
        let mut response = (self.status, body).into_response();
        if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&self.status) {
            response.headers_mut().insert(header::RETRY_AFTER, self.retry_after_seconds.into());
        }
        response
    }
}

pub async fn no_such_path(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at {}", uri.path()))
}

pub async fn no_such_method(method: Method, uri: Uri) -> ApiError {
    let detail = format!("{} does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// A panic in a handler ends its request, not the process.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::internal("a handler panicked").into_response()
}
