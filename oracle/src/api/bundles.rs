//! `GET /v1/bundles/{hash}/{file}`: a bundle's files and its signature, by the hash that is on the chain.

use std::path::PathBuf;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use trellis_core::Hash;
use trellis_epoch::bundle::{FILES, MANIFEST, SIGNATURE};

use super::{ApiError, ApiState, epochs, files};

/// The manifest, a file that it names, or its signature, of a closed epoch or of one that the oracles have not decided yet.
pub async fn file(
    State(state): State<ApiState>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path((hash, file)) = path?;
    let hash = parse_hash(&hash)?;
    if !FILES.contains(&file.as_str()) && file != MANIFEST && file != SIGNATURE {
        let detail = format!("no bundle has a file `{file}`; `{MANIFEST}` names all but `{SIGNATURE}`");
        return Err(ApiError::not_found(detail));
    }
    let found = tokio::task::spawn_blocking(move || folder(&state, &hash)).await.map_err(ApiError::internal)??;
    if let Some(folder) = found
        && let Some(response) = files::immutable(&folder.join(&file)).await?
    {
        return Ok(response);
    }
    Err(ApiError::not_found(format!("bundle {} is not here", hex::encode(hash))))
}

/// Where the bundle `hash` lies.
fn folder(state: &ApiState, hash: &Hash) -> Result<Option<PathBuf>, ApiError> {
    let candidate = state.candidates.path(hash);
    if candidate.exists() {
        return Ok(Some(candidate));
    }
    let closed = state.log.closed().map_err(ApiError::internal)?;
    let epoch = closed.into_iter().rev().find(|(_, closed)| closed == hash).map(|(epoch, _)| epoch);
    let bundle = epoch.map(|epoch| state.epochs.bundle(epoch)).transpose();
    let bundle = bundle.map_err(epochs::unread)?;
    Ok(bundle.map(|bundle| bundle.folder().to_owned()))
}

pub(super) fn parse_hash(text: &str) -> Result<Hash, ApiError> {
    let hash = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    hash.ok_or_else(|| ApiError::bad_request("hash", format!("`{text}` is no hash: 64 hex digits are wanted")))
}
