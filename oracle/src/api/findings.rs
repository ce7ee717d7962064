//! `GET /v1/devices/{device}`: what the registry says of a device, what was found against it, and how to appeal.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;
use trellis_epoch::{fraud::Finding, reason::Reason, snapshot};

use super::{ApiError, ApiState, devices, epochs};
use crate::statements::StoredAppeal;

/// Epochs that one answer looks through.
const EPOCHS: u64 = 32;
/// Most findings in one answer, unless one epoch has more.
const MAX_FINDINGS: usize = 500;
const HOW_TO_APPEAL: &str = "POST /v1/appeals with {epoch, device, finding, statement, signature}: `finding` is the hash \
    given here; `statement` the SHA-256 of what you have to say, which you send to the network's authority; `signature` your \
    operator wallet's over \"trellis:appeal:v1\\0\", network, vault, finding and statement (`trellis appeal sign` makes \
    it). An appeal that is upheld is a credit that names the finding.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromEpoch {
    /// First epoch to look at; default: so that the last closed one is the last looked at.
    from_epoch: Option<u64>,
}

#[derive(Serialize)]
pub struct Device {
    device: String,
    /// As the registry says now; absent if it is not registered any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    registered: Option<Registered>,
    /// The closed epochs that were looked at: from the first, up to but not including the second.
    from_epoch: u64,
    to_epoch: u64,
    findings: Vec<FindingJson>,
    how_to_appeal: &'static str,
}

#[derive(Serialize)]
struct Registered {
    operator_index: u32,
    class_index: u16,
    suspended: bool,
    /// H3, hex; absent: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<String>,
}

#[derive(Serialize)]
struct FindingJson {
    epoch: u64,
    /// Its hash: what an appeal names.
    finding: String,
    reason: Reason,
    code: u16,
    /// The attestation that it is about; absent if it is about the device's epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<String>,
    evidence: String,
    /// The appeal against it; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<Appealed>,
}

#[derive(Serialize)]
struct Appealed {
    statement: String,
    received_unix: i64,
    /// Number of the correction that upholds it; absent: none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    upheld_by: Option<u64>,
}

pub async fn device(
    State(state): State<ApiState>,
    device: Result<Path<String>, PathRejection>,
    from: Result<Query<FromEpoch>, QueryRejection>,
) -> Result<Json<Device>, ApiError> {
    let Path(device) = device?;
    let Query(from) = from.map_err(|rejection| ApiError::bad_request("query", rejection.body_text()))?;
    let key = devices::parse_key(&device)?;
    let snapshot = state.snapshot.get();
    let registered = snapshot.device(&key).map(registered);
    let next = state.shared.view().next_to_close.get();
    // Findings of bundles that were deleted here are in the store, with the bundles.
    let kept_from = state.epochs.book().map_or(0, |book| book.kept_from().get());
    let from_epoch = from.from_epoch.unwrap_or_else(|| next.saturating_sub(EPOCHS)).max(kept_from).min(next);
    let mut to_epoch = from_epoch.saturating_add(EPOCHS).min(next);
    let (mut findings, mut known) = (Vec::new(), registered.is_some());
    for epoch in (from_epoch..to_epoch).map(Epoch) {
        let (found, operator) = epochs::closed(&state, epoch, move |epochs| epochs.findings_of(epoch, &key)).await?;
        known |= operator.is_some();
        if !findings.is_empty() && findings.len() + found.len() > MAX_FINDINGS {
            to_epoch = epoch.get();
            break;
        }
        findings.extend(found.iter().map(|finding| to_json(&state, finding)));
    }
    if !known {
        return Err(ApiError::not_found(format!(
            "device {device} is not registered in this network, and was not in epochs {from_epoch} to {to_epoch}"
        )));
    }
    Ok(Json(Device { device, registered, from_epoch, to_epoch, findings, how_to_appeal: HOW_TO_APPEAL }))
}

fn registered(device: &snapshot::Device) -> Registered {
    let snapshot::Device { operator_index, class_index, suspended, cell, .. } = *device;
    Registered { operator_index, class_index, suspended, cell: cell.map(|cell| format!("{cell:x}")) }
}

fn to_json(state: &ApiState, finding: &Finding) -> FindingJson {
    let hash = finding.hash(&state.target.network.to_bytes(), &state.target.vault.to_bytes());
    let appealed = |kept: StoredAppeal| Appealed {
        statement: hex::encode(kept.appeal.statement),
        received_unix: kept.received_unix,
        upheld_by: state.corrections.upholding(&hash),
    };
    FindingJson {
        epoch: finding.epoch.get(),
        finding: hex::encode(hash),
        reason: finding.reason,
        code: finding.reason.code(),
        attestation: finding.attestation.map(hex::encode),
        evidence: finding.evidence.clone(),
        appeal: state.appeals.against(&hash).map(appealed),
    }
}
