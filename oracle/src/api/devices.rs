//! `GET /v1/devices/{device}/attestations`: what became of a device's work.

use std::{collections::BTreeMap, ops::RangeInclusive};

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use trellis_core::{DeviceKey, Epoch, attestation::SignedAttestation};
use trellis_epoch::{bundle::VerdictRow, encoding::device_key};

use super::{ApiError, ApiState, epochs};
use crate::log::{Limit, LogRecord};

/// Most attestations in one answer.
const MAX_PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// Sequence number to begin with; default: the lowest one, or the highest if the newest come first.
    from_sequence: Option<u64>,
    /// Highest sequence number first; default: lowest first.
    #[serde(default)]
    newest_first: bool,
}

impl From {
    fn sequences(&self) -> RangeInclusive<u64> {
        match self.newest_first {
            true => 0..=self.from_sequence.unwrap_or(u64::MAX),
            false => self.from_sequence.unwrap_or(0)..=u64::MAX,
        }
    }

    const fn limit(&self) -> Limit {
        if self.newest_first { Limit::Last(MAX_PAGE) } else { Limit::First(MAX_PAGE) }
    }
}

#[derive(Serialize)]
pub struct History {
    device: String,
    /// About 500, by sequence number; for more ask again from the last one's successor, or predecessor if the newest come
    /// first.
    attestations: Vec<HistoryRow>,
}

#[derive(Serialize)]
struct HistoryRow {
    epoch: u64,
    position: u64,
    received_unix: i64,
    /// `counted`, `refused`, `waiting` until the epoch is closed, or `archived` if its bundle, which says it, is no longer
    /// kept here.
    state: &'static str,
    #[serde(flatten)]
    verdict: VerdictRow,
}

pub async fn history(
    State(state): State<ApiState>,
    device: Result<Path<String>, PathRejection>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Json<History>, ApiError> {
    let Path(device) = device?;
    let Query(from) = from.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let key = parse_key(&device)?;
    let snapshot = state.snapshot.get();
    let records = state.log.of_device(&key, from.sequences(), from.limit()).map_err(ApiError::internal)?;
    if records.is_empty() && snapshot.device(&key).is_none() {
        return Err(ApiError::not_found(format!("device {device} is not registered in this network")));
    }
    let mut by_epoch: BTreeMap<Epoch, Vec<(LogRecord, SignedAttestation)>> = BTreeMap::new();
    for record in records {
        let signed = SignedAttestation::from_bytes(&record.wire).map_err(ApiError::internal)?;
        by_epoch.entry(record.epoch).or_default().push((record, signed));
    }
    let mut attestations = Vec::new();
    for (epoch, records) in by_epoch {
        attestations.extend(rows(&state, epoch, records).await?);
    }
    attestations.sort_by_key(|row| row.verdict.sequence);
    if from.newest_first {
        attestations.reverse();
    }
    Ok(Json(History { device, attestations }))
}

pub(super) fn parse_key(text: &str) -> Result<DeviceKey, ApiError> {
    device_key::decode(text).ok_or_else(|| {
        let wanted = "base58 of 32 bytes (ed25519) or 33 (P-256) is wanted";
        ApiError::bad_request("device", format!("`{text}` is no device key: {wanted}"))
    })
}

async fn rows(
    state: &ApiState,
    epoch: Epoch,
    records: Vec<(LogRecord, SignedAttestation)>,
) -> Result<Vec<HistoryRow>, ApiError> {
    let device = records.first().map(|(_, signed)| signed.attestation.device);
    let (verdicts, unknown) = match device.filter(|_| epoch < state.shared.view().next_to_close) {
        Some(device) => match epochs::closed(state, epoch, move |epochs| epochs.verdicts_of(epoch, &device)).await {
            Err(error) if error.is_gone() => (Vec::new(), "archived"),
            verdicts => (verdicts?, "waiting"),
        },
        None => (Vec::new(), "waiting"),
    };
    let verdicts: BTreeMap<_, _> = verdicts.into_iter().map(|verdict| (verdict.id, verdict)).collect();
    let row = |(record, signed): (LogRecord, SignedAttestation)| {
        let verdict = verdicts.get(&record.id()).cloned().unwrap_or_else(|| waiting(&record, &signed));
        let state = match (&verdict.accepted_wh, &verdict.refused) {
            (Some(_), _) => "counted",
            (_, Some(_)) => "refused",
            _ => unknown,
        };
        HistoryRow {
            epoch: epoch.get(),
            position: record.position,
            received_unix: record.received_unix,
            state,
            verdict,
        }
    };
    Ok(records.into_iter().map(row).collect())
}

fn waiting(record: &LogRecord, signed: &SignedAttestation) -> VerdictRow {
    let attestation = &signed.attestation;
    VerdictRow {
        device: attestation.device,
        sequence: attestation.sequence,
        id: record.id(),
        interval_start_unix: attestation.interval_start_unix,
        accepted_wh: None,
        refused: None,
        detail: None,
    }
}
