//! HTTP. What goes wrong is said as `{"error": {"code", "detail"}}` with a 4xx or 5xx; the log has the cause.

pub mod admin;
mod appeals;
mod attestations;
mod bundles;
mod cells;
mod corrections;
mod decimal;
mod devices;
mod directory;
mod earnings;
mod epochs;
mod error;
mod files;
mod findings;
mod health;
mod json_body;
mod limits;
mod network;
mod openapi;
mod operators;
mod pages;
mod peers;
mod relay;
mod status;
mod stream;
mod work;

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
pub use stream::Streams;

use crate::{
    alarms::Alarms,
    chain_view::{SnapshotCell, Target},
    clock::Clock,
    dashboard::Dashboard,
    epochs::Epochs,
    health::Health,
    ingest::Ingest,
    limits::AddressLimit,
    log::Log,
    metrics::Metrics,
    network_facts::NetworkFacts,
    quorum::{candidates::Candidates, store::PeerStore},
    relay::Relay,
    shared::Shared,
    statements::{Appeals, Corrections},
    traces,
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
    /// Refused work, by client address.
    pub refused: AddressLimit,
    pub streams: Streams,
    pub health: Health,
    pub metrics: Metrics,
    pub alarms: Alarms,
    pub corrections: Arc<Corrections>,
    pub appeals: Arc<Appeals>,
    pub candidates: Candidates,
    /// What is exchanged with other oracles; `None` without peers.
    pub peers: Option<Arc<PeerStore>>,
    /// `None`: nothing is relayed.
    pub relay: Option<Arc<Relay>>,
    pub facts: Arc<NetworkFacts>,
    /// Pages for browsers; `None`: none are served.
    pub dashboard: Option<Arc<Dashboard>>,
}

impl FromRef<ApiState> for Health {
    fn from_ref(state: &ApiState) -> Self {
        state.health.clone()
    }
}

/// The API's routes.
pub fn router(state: ApiState) -> Router {
    let bundles = Router::new()
        .route("/v1/epochs", get(epochs::list))
        .route("/v1/epochs/{epoch}", get(epochs::one))
        .route("/v1/network", get(network::network))
        .route("/v1/work", get(work::work))
        .route("/v1/cells", get(cells::cells))
        .route("/v1/operators", get(directory::list_operators))
        .route("/v1/operators/{operator}", get(directory::one_operator))
        .route("/v1/operators/{operator}/earnings", get(earnings::earnings))
        .route("/v1/operators/{operator}/proof", get(operators::proof))
        .route("/v1/devices", get(directory::list_devices))
        .route("/v1/bundles/{hash}/{file}", get(bundles::file))
        .route("/v1/peers/epochs/{epoch}/offers", get(peers::offers))
        .route("/v1/peers/epochs/{epoch}/batches/{hash}", get(peers::batch))
        .route("/v1/devices/{device}", get(findings::device))
        .route("/v1/devices/{device}/attestations", get(devices::history))
        .route("/v1/relay", get(relay::offer))
        .route("/v1/relay/claim", post(relay::claim))
        .route("/v1/relay/transaction", post(relay::transaction))
        .route("/v1/corrections", get(corrections::list).post(corrections::submit))
        .route("/v1/appeals", get(appeals::list).post(appeals::submit));
    layered(ingest_routes().merge(bundles), state)
}

/// The routes of a node that has no bundles: it takes attestations, and tells how it is.
pub fn ingest_router(state: ApiState) -> Router {
    layered(ingest_routes(), state)
}

fn ingest_routes() -> Router<ApiState> {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/attestations", post(attestations::submit))
        .route("/v1/attestations/stream", post(stream::stream))
        .route("/v1/status", get(status::status))
}

fn layered(routes: Router<ApiState>, state: ApiState) -> Router {
    let body_limit_bytes = attestations::body_limit_bytes(state.max_batch);
    routes
        .fallback(pages::page)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(body_limit_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits::REQUEST_TIMEOUT))
        .layer(middleware::from_fn_with_state(limits::room(), limits::take_place))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(TraceLayer::new_for_http().make_span_with(traces::request_span).on_response(traces::answered))
        .with_state(state)
}
