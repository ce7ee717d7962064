//! `GET /v1/peers/…`: for the other oracles of the vault's set, who sign their requests.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use trellis_core::Epoch;

use super::{ApiError, ApiState, bundles::parse_hash, epochs::parse_epoch, files};
use crate::quorum::{
    auth::{self, Asked, AuthError, Credentials, ORACLE_HEADER, SIGNATURE_HEADER, TIME_HEADER},
    offer::Offers,
    store::PeerStore,
};

/// What this oracle holds for an epoch: its own sealed batches, and those of others that it has whole.
pub async fn offers(
    State(state): State<ApiState>,
    uri: Uri,
    headers: HeaderMap,
    epoch: Result<Path<String>, PathRejection>,
) -> Result<Json<Offers>, ApiError> {
    let store = for_member(&state, &uri, &headers)?;
    let Path(epoch) = epoch?;
    let epoch = parse_epoch(&epoch)?;
    let offers = store.offers(epoch).ok_or_else(|| not_here(epoch))?;
    Ok(Json(Offers { offers }))
}

/// A batch's bytes.
pub async fn batch(
    State(state): State<ApiState>,
    uri: Uri,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let store = for_member(&state, &uri, &headers)?;
    let Path((epoch, hash)) = path?;
    let (epoch, hash) = (parse_epoch(&epoch)?, parse_hash(&hash)?);
    let finding = tokio::task::spawn_blocking(move || store.find_batch(epoch, &hash));
    let found = finding.await.map_err(ApiError::internal)?;
    let missing = || ApiError::not_found(format!("batch {} of epoch {epoch} is not here", hex::encode(hash)));
    files::immutable(&found.ok_or_else(missing)?).await?.ok_or_else(missing)
}

fn not_here(epoch: Epoch) -> ApiError {
    ApiError::not_found(format!("epoch {epoch} is not sealed yet, or was closed long ago"))
}

/// Errors unless a member of the vault's oracle set signed the request.
fn for_member(state: &ApiState, uri: &Uri, headers: &HeaderMap) -> Result<Arc<PeerStore>, ApiError> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let request = Credentials {
        oracle: header(ORACLE_HEADER),
        time: header(TIME_HEADER),
        signature: header(SIGNATURE_HEADER),
        path: uri.path_and_query().map_or_else(|| uri.path(), |path| path.as_str()),
    };
    let members = state.shared.view().members;
    let (vault, oracle, now_unix) = (state.target.vault, state.oracle, state.clock.now_unix());
    auth::check(&request, &Asked { vault, oracle, members: &members, now_unix }).map_err(|refused| {
        let (status, code) = match refused {
            AuthError::NotMember { .. } => (StatusCode::FORBIDDEN, "not_a_member"),
            _ => (StatusCode::UNAUTHORIZED, "unauthorized"),
        };
        ApiError::new(status, code, refused.to_string())
    })?;
    let none = || ApiError::not_found("this oracle has no peers in its settings: it exchanges nothing");
    state.peers.clone().ok_or_else(none)
}
