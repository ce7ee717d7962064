//! What is served where `metrics_listen` says, for the operator alone: metrics, health, the log's level.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use serde::Serialize;

use super::{ApiError, error, health};
use crate::{
    health::Health,
    metrics::{self, Metrics},
    telemetry::{LevelError, LogLevel},
};

/// Everything that these routes read.
#[derive(Clone)]
pub struct AdminState {
    pub health: Health,
    pub metrics: Metrics,
    /// `None` where logging was not set up by [`crate::telemetry::init`].
    pub level: Option<LogLevel>,
}

#[derive(Serialize)]
struct Level {
    level: String,
}

/// The routes.
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/log-level", put(set_level))
        .with_state(state.clone())
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(state.health)
}

async fn metrics(State(state): State<AdminState>) -> Result<Response, ApiError> {
    let health = state.health.clone();
    // So that `ready` is what it is now.
    tokio::task::spawn_blocking(move || health.problems()).await.map_err(ApiError::internal)?;
    let text = state.metrics.text().map_err(ApiError::internal)?;
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
    Ok(response)
}

/// The body is the level, such as `debug` or `warn,trellis_oracle=debug`.
async fn set_level(State(state): State<AdminState>, level: String) -> Result<Json<Level>, ApiError> {
    let handle = state.level.ok_or_else(|| ApiError::internal("the log's level cannot be changed here"))?;
    match handle.set(level.trim()) {
        Ok(()) => Ok(Json(Level { level: level.trim().to_owned() })),
        Err(error @ LevelError::Unknown { .. }) => Err(ApiError::bad_request("log_level", error.to_string())),
        Err(error) => Err(ApiError::internal(error)),
    }
}
