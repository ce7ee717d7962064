//! `GET /v1/operators`, `GET /v1/operators/{operator}` and `GET /v1/devices`: who and what is registered, page by page.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;
use trellis_epoch::{Snapshot, encoding::base58, snapshot};

use super::{ApiError, ApiState, cells, decimal::Decimal, devices, epochs, operators::operator_index};

/// Most rows in one answer.
const MAX_PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromIndex {
    /// First index to list; default 0.
    #[serde(default)]
    from: u32,
}

#[derive(Serialize)]
pub struct Operators {
    /// Of the whole network.
    total: usize,
    /// At most 100, by index; ask again from the last one's successor for more.
    operators: Vec<OperatorRow>,
}

#[derive(Serialize)]
pub struct OperatorRow {
    index: u32,
    wallet: String,
    payout_wallet: String,
    devices: usize,
    /// The last epoch whose root is final, and what the operator had earned in all up to its end; absent if no root is final
    /// yet, or the operator came later.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_epoch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cumulative: Option<Decimal>,
}

pub async fn list_operators(
    State(state): State<ApiState>,
    page: Result<Query<FromIndex>, QueryRejection>,
) -> Result<Json<Operators>, ApiError> {
    let Query(page) = page.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let snapshot = state.snapshot.get();
    // Their indices run 0, 1, 2, …
    let first = (page.from as usize).min(snapshot.operators.len());
    let end = first.saturating_add(MAX_PAGE).min(snapshot.operators.len());
    let rows = operator_rows(&state, &snapshot, &snapshot.operators[first..end]).await?;
    Ok(Json(Operators { total: snapshot.operators.len(), operators: rows }))
}

/// `operator` is an index or a wallet.
pub async fn one_operator(
    State(state): State<ApiState>,
    operator: Result<Path<String>, PathRejection>,
) -> Result<Json<OperatorRow>, ApiError> {
    let Path(operator) = operator?;
    let index = operator_index(&state, &operator)?;
    let snapshot = state.snapshot.get();
    let found = snapshot.operators.get(index as usize);
    let found = found.ok_or_else(|| ApiError::not_found(format!("operator {index} is not in this network")))?;
    let rows = operator_rows(&state, &snapshot, std::slice::from_ref(found)).await?;
    rows.into_iter().next().map(Json).ok_or_else(|| ApiError::internal("an operator has no row"))
}

/// What is told of `operators`, which are neighbours in `snapshot`.
async fn operator_rows(
    state: &ApiState,
    snapshot: &Snapshot,
    operators: &[snapshot::Operator],
) -> Result<Vec<OperatorRow>, ApiError> {
    let first = operators.first().map_or(0, |operator| operator.index as usize);
    let mut devices = vec![0; operators.len()];
    for device in &snapshot.devices {
        let place = (device.operator_index as usize).checked_sub(first);
        if let Some(count) = place.and_then(|place| devices.get_mut(place)) {
            *count += 1;
        }
    }
    let last_final = state.shared.view().next_to_finalize.and_then(|next| next.get().checked_sub(1)).map(Epoch);
    let earned = match last_final {
        Some(epoch) => match epochs::closed(state, epoch, move |epochs| epochs.view(epoch)).await {
            // Deleted here, or final on the chain before this oracle has closed it.
            Err(error) if error.is_gone() || error.is_not_found() => None,
            view => Some((epoch, view?)),
        },
        None => None,
    };
    let row = |(operator, devices): (&snapshot::Operator, usize)| {
        let line = earned.as_ref().and_then(|(epoch, view)| Some((epoch, view.proofs.line(operator.index)?)));
        OperatorRow {
            index: operator.index,
            wallet: base58::encode(&operator.wallet),
            payout_wallet: base58::encode(&operator.payout_wallet),
            devices,
            final_epoch: line.map(|(epoch, _)| epoch.get()),
            cumulative: line.map(|(_, line)| Decimal(line.cumulative)),
        }
    };
    Ok(operators.iter().zip(devices).map(row).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicePage {
    /// List what comes after this key; default: from the first.
    after: Option<String>,
    /// Only this operator's: an index or a wallet.
    operator: Option<String>,
    /// Only what stands in this H3 cell, hex.
    within: Option<String>,
}

#[derive(Serialize)]
pub struct Devices {
    /// Of the whole network.
    total: usize,
    /// At most 100, by key.
    devices: Vec<DeviceRow>,
    /// There are more: ask again with the last one's key as `after`.
    more: bool,
}

#[derive(Serialize)]
struct DeviceRow {
    device: String,
    operator_index: u32,
    class_index: u16,
    registered_unix: i64,
    suspended: bool,
    /// H3, hex; absent: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<String>,
}

pub async fn list_devices(
    State(state): State<ApiState>,
    page: Result<Query<DevicePage>, QueryRejection>,
) -> Result<Json<Devices>, ApiError> {
    let Query(page) = page.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let after = page.after.as_deref().map(devices::parse_key).transpose()?;
    let operator = page.operator.as_deref().map(|text| operator_index(&state, text)).transpose()?;
    let within = page.within.as_deref().map(cells::parse_cell).transpose()?;
    let snapshot = state.snapshot.get();
    let first = after.map_or(0, |after| snapshot.devices.partition_point(|device| device.key <= after));
    let mut wanted = snapshot.devices[first..].iter().filter(|device| {
        operator.is_none_or(|index| device.operator_index == index)
            && within.is_none_or(|outer| device.cell.is_some_and(|cell| cells::lies_in(cell, outer)))
    });
    let devices = wanted.by_ref().take(MAX_PAGE).map(device_row).collect();
    Ok(Json(Devices { total: snapshot.devices.len(), devices, more: wanted.next().is_some() }))
}

fn device_row(device: &snapshot::Device) -> DeviceRow {
    let snapshot::Device { operator_index, class_index, registered_unix, suspended, cell, .. } = *device;
    DeviceRow {
        device: base58::encode(device.key.bytes()),
        operator_index,
        class_index,
        registered_unix,
        suspended,
        cell: cell.map(|cell| format!("{cell:x}")),
    }
}
