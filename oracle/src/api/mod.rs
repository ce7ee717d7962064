//! HTTP. What goes wrong is said as `{"error": {"code", "detail"}}` with a 4xx or 5xx; the log has the cause.

pub mod admin;
mod appeals;
mod attestations;
mod corrections;
mod decimal;
mod devices;
mod epochs;
mod error;
mod findings;
mod health;
mod json_body;
mod limits;
mod openapi;
mod operators;
mod status;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    http::StatusCode,
    middleware,
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer, trace::TraceLayer};

pub use error::ApiError;
pub use openapi::DOCUMENT as OPENAPI;

use crate::{
    alarms::Alarms,
    chain_view::{SnapshotCell, Target},
    clock::Clock,
    epochs::Epochs,
    health::Health,
    ingest::Ingest,
    log::Log,
    metrics::Metrics,
    service::Shared,
    statements::{Appeals, Corrections},
};

/// Everything that the API reads; cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    pub target: Target,
    pub ingest: Ingest,
    pub snapshot: SnapshotCell,
    pub clock: Clock,
    pub log: Arc<dyn Log>,
    pub epochs: Arc<Epochs>,
    pub shared: Arc<Shared>,
    pub oracle: solana_address::Address,
    pub max_batch: usize,
    pub health: Health,
    pub metrics: Metrics,
    pub alarms: Alarms,
    pub corrections: Arc<Corrections>,
    pub appeals: Arc<Appeals>,
}

impl FromRef<ApiState> for Health {
    fn from_ref(state: &ApiState) -> Self {
        state.health.clone()
    }
}

/// The API's routes.
pub fn router(state: ApiState) -> Router {
    let body_limit_bytes = attestations::body_limit_bytes(state.max_batch);
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/attestations", post(attestations::submit))
        .route("/v1/status", get(status::status))
        .route("/v1/epochs", get(epochs::list))
        .route("/v1/epochs/{epoch}", get(epochs::one))
        .route("/v1/operators/{operator}/proof", get(operators::proof))
        .route("/v1/devices/{device}", get(findings::device))
        .route("/v1/corrections", get(corrections::list).post(corrections::submit))
        .route("/v1/appeals", get(appeals::list).post(appeals::submit))
        .route("/v1/devices/{device}/attestations", get(devices::history))
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(body_limit_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits::REQUEST_TIMEOUT))
        .layer(middleware::from_fn_with_state(limits::room(), limits::take_place))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}
