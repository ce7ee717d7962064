//! `GET /v1/work`: what was done and paid for, epoch by epoch.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;

use super::{ApiError, ApiState, decimal::Decimal, epochs};
use crate::epochs::Summary;

/// Most epochs in one answer.
const EPOCHS: u64 = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// First epoch to tell; default: so that the last closed one is the last.
    from_epoch: Option<u64>,
}

#[derive(Serialize)]
pub struct Work {
    /// The closed epochs that are told: from the first, up to but not including the second.
    from_epoch: u64,
    to_epoch: u64,
    epochs: Vec<WorkRow>,
}

#[derive(Serialize)]
struct WorkRow {
    epoch: u64,
    r#final: bool,
    start_unix: i64,
    end_unix: i64,
    attestations: u64,
    accepted: u64,
    /// Of all operators: a decimal string.
    points: String,
    emission: Decimal,
    distributed: Decimal,
    carry: Decimal,
}

/// The epochs to look at: `EPOCHS` from `from` on, or the last closed ones; those whose bundles are kept here.
pub(super) fn window(state: &ApiState, from: Option<u64>) -> (u64, u64) {
    let next = state.shared.view().next_to_close.get();
    let kept_from = state.epochs.book().map_or(0, |book| book.kept_from().get());
    let first = from.unwrap_or_else(|| next.saturating_sub(EPOCHS)).max(kept_from).min(next);
    (first, first.saturating_add(EPOCHS).min(next))
}

pub async fn work(
    State(state): State<ApiState>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Json<Work>, ApiError> {
    let Query(from) = from.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let (from_epoch, to_epoch) = window(&state, from.from_epoch);
    let mut epochs = Vec::new();
    for epoch in (from_epoch..to_epoch).map(Epoch) {
        let summary = epochs::closed(&state, epoch, move |epochs| epochs.summary(epoch)).await?;
        epochs.push(row(&state, epoch, &summary));
    }
    Ok(Json(Work { from_epoch, to_epoch, epochs }))
}

fn row(state: &ApiState, epoch: Epoch, summary: &Summary) -> WorkRow {
    let calendar = state.snapshot.get().calendar();
    WorkRow {
        epoch: epoch.get(),
        r#final: state.shared.view().is_final(epoch),
        // A closed epoch's times are within what the calendar can hold.
        start_unix: calendar.start_of(epoch).unwrap_or(i64::MAX),
        end_unix: calendar.end_of(epoch).unwrap_or(i64::MAX),
        attestations: summary.attestations,
        accepted: summary.accepted,
        points: summary.points.to_string(),
        emission: Decimal(summary.emission),
        distributed: Decimal(summary.distributed),
        carry: Decimal(summary.carry),
    }
}
