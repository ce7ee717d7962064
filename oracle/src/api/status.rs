//! `GET /v1/status`.

use axum::{Json, extract::State};
use serde::Serialize;

use super::{ApiError, ApiState};
use crate::{alarms::Alarm, bundles::Book, quorum::view::QuorumView};

#[derive(Serialize)]
pub struct Status {
    version: &'static str,
    network: String,
    vault: String,
    oracle: String,
    /// The oracle's time, unix seconds.
    now_unix: i64,
    /// Length of the intervals of energy readings, which start at multiples of it.
    energy_interval_seconds: u32,
    /// The epoch that `now_unix` falls into; absent before genesis.
    current_epoch: Option<u64>,
    /// The epoch to close next.
    next_to_close: u64,
    /// The epoch whose root becomes final next; absent until the chain was heard.
    next_to_finalize: Option<u64>,
    /// Attestations in the log.
    acknowledged: u64,
    operators: usize,
    devices: usize,
    /// Slot of the registry snapshot.
    snapshot_slot: u64,
    /// Which bundles are here, and which in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    bundles: Option<BundlesStatus>,
    /// What last went wrong with following the chain, closing or posting; absent if nothing is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// How far the oracles are together with the epoch that is next to be decided; absent without peers, and while there
    /// is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    quorum: Option<QuorumView>,
    /// What somebody must do something about; empty if all is well.
    alarms: Vec<AlarmRow>,
}

#[derive(Serialize)]
struct BundlesStatus {
    /// The first epoch whose bundle is still here.
    kept_from: u64,
    /// Where bundles are copied to, and the first epoch that is not there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_to_copy: Option<u64>,
}

impl From<&Book> for BundlesStatus {
    fn from(book: &Book) -> Self {
        Self {
            kept_from: book.kept_from().get(),
            store: book.store().map(str::to_owned),
            next_to_copy: book.next_to_copy().map(|epoch| epoch.get()),
        }
    }
}

#[derive(Serialize)]
struct AlarmRow {
    code: &'static str,
    detail: String,
    since_unix: i64,
}

impl From<Alarm> for AlarmRow {
    fn from(alarm: Alarm) -> Self {
        let Alarm { code, detail, since_unix } = alarm;
        Self { code, detail, since_unix }
    }
}

pub async fn status(State(state): State<ApiState>) -> Result<Json<Status>, ApiError> {
    let snapshot = state.snapshot.get();
    let now_unix = state.clock.now_unix();
    let view = state.shared.view();
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        network: state.target.network.to_string(),
        vault: state.target.vault.to_string(),
        oracle: state.oracle.to_string(),
        now_unix,
        energy_interval_seconds: state.ingest.policy().energy.interval_seconds,
        current_epoch: snapshot.calendar().epoch_at(now_unix).map(|epoch| epoch.get()),
        next_to_close: view.next_to_close.get(),
        next_to_finalize: view.next_to_finalize.map(|epoch| epoch.get()),
        acknowledged: state.log.len().map_err(ApiError::internal)?,
        operators: snapshot.operators.len(),
        devices: snapshot.devices.len(),
        snapshot_slot: snapshot.slot,
        bundles: state.epochs.book().map(BundlesStatus::from),
        problem: view.problem(),
        quorum: view.quorum,
        alarms: state.alarms.all().into_iter().map(AlarmRow::from).collect(),
    }))
}
