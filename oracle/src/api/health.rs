//! `GET /healthz` and `GET /readyz`: for whoever watches the process, and for load balancers.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use super::ApiError;
use crate::health::Health;

#[derive(Serialize)]
pub struct Fine {
    status: &'static str,
}

/// The process answers.
pub async fn live() -> Json<Fine> {
    Json(Fine { status: "alive" })
}

/// 503 with words if the oracle should get no attestations now.
pub async fn ready(State(health): State<Health>) -> Result<Json<Fine>, ApiError> {
    let looking = tokio::task::spawn_blocking(move || health.problems());
    let problems = looking.await.map_err(ApiError::internal)?;
    if problems.is_empty() {
        return Ok(Json(Fine { status: "ready" }));
    }
    Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", problems.join("; ")))
}
