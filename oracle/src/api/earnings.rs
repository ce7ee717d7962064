//! `GET /v1/operators/{operator}/earnings`: what an operator earned, epoch by epoch.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;
use trellis_epoch::bundle::OperatorLine;

use super::{ApiError, ApiState, decimal::Decimal, epochs, operators::operator_index, work};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// First epoch to tell; default: so that the last closed one is the last.
    from_epoch: Option<u64>,
}

#[derive(Serialize)]
pub struct Earnings {
    operator_index: u32,
    /// The closed epochs that were looked at: from the first, up to but not including the second. At most 32.
    from_epoch: u64,
    to_epoch: u64,
    /// In order; an epoch from before the operator's registration is left out.
    epochs: Vec<EarningRow>,
}

#[derive(Serialize)]
struct EarningRow {
    epoch: u64,
    r#final: bool,
    points: u64,
    /// Its share of the epoch's tokens.
    earned: Decimal,
    /// What of it paid a debt.
    withheld: Decimal,
    /// What was paid of what it was owed.
    credited: Decimal,
    /// All that it had earned by the epoch's end.
    cumulative: Decimal,
}

pub async fn earnings(
    State(state): State<ApiState>,
    operator: Result<Path<String>, PathRejection>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Json<Earnings>, ApiError> {
    let Path(operator) = operator?;
    let Query(from) = from.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let operator_index = operator_index(&state, &operator)?;
    if state.snapshot.get().operators.len() <= operator_index as usize {
        return Err(ApiError::not_found(format!("operator {operator_index} is not in this network")));
    }
    let (from_epoch, to_epoch) = work::window(&state, from.from_epoch);
    let mut rows = Vec::new();
    for epoch in (from_epoch..to_epoch).map(Epoch) {
        let line = epochs::closed(&state, epoch, move |epochs| epochs.line(epoch, operator_index)).await?;
        rows.extend(line.map(|line| row(&state, epoch, &line)));
    }
    Ok(Json(Earnings { operator_index, from_epoch, to_epoch, epochs: rows }))
}

fn row(state: &ApiState, epoch: Epoch, line: &OperatorLine) -> EarningRow {
    EarningRow {
        epoch: epoch.get(),
        r#final: state.shared.view().is_final(epoch),
        points: line.points,
        earned: Decimal(line.earned),
        withheld: Decimal(line.withheld),
        credited: Decimal(line.credited),
        cumulative: Decimal(line.cumulative),
    }
}
