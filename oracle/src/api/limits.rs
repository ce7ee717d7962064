//! Bounds on what callers can make the oracle hold in memory, and do in vain.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::ApiError;
use crate::limits::{AddressLimit, ClientAddress};

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

/// Who sends a request, where the server knows it.
#[derive(Clone, Copy, Debug)]
pub struct Client(Option<ClientAddress>);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<ClientAddress>>().map(|info| info.0)))
    }
}

impl Client {
    pub fn address(self) -> Option<ClientAddress> {
        self.0
    }

    /// 429 if too much of what the client has sent was refused.
    pub fn check(self, limit: &AddressLimit) -> Result<(), ApiError> {
        let Some(address) = self.0 else { return Ok(()) };
        limit.room(address).map_err(|seconds| {
            let detail = format!("too much of what {} sends is refused; try again in {seconds} s", address.0.ip());
            ApiError::too_many("refused_rate", seconds, detail)
        })
    }

    /// So many attestations of the client's were refused.
    pub fn charge(self, limit: &AddressLimit, refused: usize) {
        if let Some(address) = self.0 {
            limit.charge(address, refused);
        }
    }
}
