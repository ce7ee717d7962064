//! `GET /v1/epochs` and `GET /v1/epochs/{epoch}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;

use super::{ApiError, ApiState, decimal::Decimal};
use crate::{bundles::Gone, epochs::Epochs};

/// Most epochs in one answer.
const MAX_PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// First epoch to list; default 0.
    #[serde(default)]
    from: u64,
}

#[derive(Serialize)]
pub struct Listed {
    /// At most 100, in order; ask again from the last one's successor for more.
    epochs: Vec<EpochRow>,
}

#[derive(Serialize)]
struct EpochRow {
    epoch: u64,
    bundle_hash: String,
    r#final: bool,
}

#[derive(Serialize)]
pub struct EpochDetail {
    epoch: u64,
    r#final: bool,
    bundle_hash: String,
    root: String,
    devices_root: String,
    leaf_count: u32,
    attestations: u64,
    /// How many of them count.
    accepted: u64,
    emission: Decimal,
    distributed: Decimal,
    carry: Decimal,
    cumulative_total: Decimal,
}

pub async fn list(
    State(state): State<ApiState>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Listed>, ApiError> {
    let Query(page) = page.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let closed = state.log.closed().map_err(ApiError::internal)?;
    let rows = closed.into_iter().filter(|(epoch, _)| epoch.get() >= page.from).take(MAX_PAGE);
    let epochs = rows.map(|(epoch, hash)| EpochRow {
        epoch: epoch.get(),
        bundle_hash: hex::encode(hash),
        r#final: state.shared.view().is_final(epoch),
    });
    Ok(Json(Listed { epochs: epochs.collect() }))
}

pub async fn one(
    State(state): State<ApiState>,
    epoch: Result<Path<String>, PathRejection>,
) -> Result<Json<EpochDetail>, ApiError> {
    let Path(epoch) = epoch?;
    let epoch = parse_epoch(&epoch)?;
    let bundle = closed(&state, epoch, move |epochs| epochs.bundle(epoch)).await?;
    let manifest = &bundle.manifest;
    Ok(Json(EpochDetail {
        epoch: epoch.get(),
        r#final: state.shared.view().is_final(epoch),
        bundle_hash: hex::encode(bundle.hash),
        root: hex::encode(manifest.root),
        devices_root: hex::encode(manifest.devices_root),
        leaf_count: manifest.leaf_count,
        attestations: manifest.attestations,
        accepted: manifest.accepted,
        emission: Decimal(manifest.emission),
        distributed: Decimal(manifest.distributed),
        carry: Decimal(manifest.carry),
        cumulative_total: Decimal(manifest.cumulative_total),
    }))
}

pub(super) fn parse_epoch(text: &str) -> Result<Epoch, ApiError> {
    let number = text.parse().map(Epoch);
    number.map_err(|_| ApiError::bad_request("epoch", format!("`{text}` is no epoch: a whole number is wanted")))
}

/// What `read` reads of a closed epoch, off the async threads; 404 for any other epoch, 410 for one whose bundle was
/// deleted here.
pub(super) async fn closed<T: Send + 'static>(
    state: &ApiState,
    epoch: Epoch,
    read: impl FnOnce(&Epochs) -> anyhow::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let next = state.shared.view().next_to_close;
    if epoch >= next {
        return Err(ApiError::not_found(format!("epoch {epoch} is not closed yet; the next to close is {next}")));
    }
    let epochs = Arc::clone(&state.epochs);
    let read = tokio::task::spawn_blocking(move || read(&epochs)).await.map_err(ApiError::internal)?;
    read.map_err(unread)
}

/// Why a bundle could not be read: it is no longer kept here, or it is our own fault.
pub(super) fn unread(error: anyhow::Error) -> ApiError {
    match error.downcast_ref::<Gone>() {
        Some(gone) => ApiError::gone(gone.to_string()),
        None => ApiError::internal(format!("{error:#}")),
    }
}
