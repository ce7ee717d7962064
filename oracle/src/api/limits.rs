//! Bounds on what callers can make the oracle hold in memory.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::ApiError;

/// Requests answered at the same time; more are told to come again.
const MAX_REQUESTS: usize = 128;
/// A request that takes longer, because it is sent slowly or answered slowly, is ended.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Room for requests.
pub fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_REQUESTS))
}

/// Takes a place before the body is read, or answers 503 at once.
pub async fn take_place(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match room.try_acquire_owned() {
        Ok(_place) => next.run(request).await,
        Err(_) => {
            let detail = "too many requests at the same time; send this again in a second";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).into_response()
        }
    }
}
