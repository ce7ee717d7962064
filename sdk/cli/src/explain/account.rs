//! The reasoning, from the bundle alone: every figure that can be derived here is, and must be what the bundle says.

use serde::Serialize;
use trellis_core::{Amount, DeviceKey, Epoch, Points, attestation::SignedAttestation, energy::EnergyPayload};
use trellis_epoch::{
    Reason, Snapshot,
    bundle::{ATTESTATIONS, Bundle, DeviceRow, FINDINGS, OperatorLine, VERDICTS, VerdictRow},
    encoding::base58,
    fraud::Finding,
    score::share,
};

use super::{
    chain::Finality,
    tree::{LeafProof, device_leaf, reward_leaf},
    unreadable,
};
use crate::commands::CheckFailed;

/// Why a device's owner got what he got.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub ok: bool,
    pub epoch: u64,
    pub starts_unix: i64,
    pub ends_unix: i64,
    pub network: String,
    pub vault: String,
    pub bundle_hash: String,
    pub device: String,
    pub class: ClassLine,
    pub suspended: bool,
    pub attestations: Vec<AttestationLine>,
    /// Verified work in all, in watt-hours.
    pub accepted_wh: u64,
    /// Why the device's whole epoch earns nothing, if so.
    pub findings: Vec<FindingLine>,
    /// `accepted_wh` × the class's weight; 0 with a finding about the whole epoch.
    pub points: u64,
    pub share: Share,
    pub device_leaf: LeafProof,
    pub reward_leaf: LeafProof,
    /// Absent if the chain was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Finality>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClassLine {
    pub index: u16,
    pub rated_power_watts: u64,
    pub weight: u32,
}

/// One attestation, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct AttestationLine {
    pub id: String,
    pub sequence: u64,
    pub interval_start_unix: i64,
    pub interval_seconds: u32,
    /// What the device says; absent if its payload is of another form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_wh: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter_wh: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_wh: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FindingLine {
    pub reason: Reason,
    pub evidence: String,
}

/// How points became tokens. Amounts are in the mint's smallest unit.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    pub operator_index: u32,
    pub payout_wallet: String,
    /// Points of all the operator's devices, and of everybody's.
    pub operator_points: u64,
    pub all_points: u64,
    /// What the epoch emitted, what the one before left, and what of both was shared out by points.
    pub emission: u64,
    pub opening_carry: u64,
    pub shared_out: u64,
    /// The operator's share, and what of it is this device's by its points, rounded down.
    pub earned: u64,
    pub earned_by_device: u64,
    pub withheld: u64,
    pub credited: u64,
    pub debt: u64,
    /// All that the operator may ever have claimed, after the epoch.
    pub cumulative: u64,
}

/// Reads the bundle, whose files are checked against its manifest on the way.
///
/// # Errors
/// The device was not registered then; the bundle cannot be read; or a figure is not what it must be.
pub fn explain(bundle: &Bundle, key: &DeviceKey) -> anyhow::Result<Explanation> {
    let (manifest, epoch) = (&bundle.manifest, Epoch(bundle.manifest.epoch));
    // Of these, only what may hold the device is read below.
    for name in [ATTESTATIONS, VERDICTS, FINDINGS] {
        bundle.check(name).map_err(unreadable)?;
    }
    let snapshot = bundle.snapshot().map_err(unreadable)?;
    let name = base58::encode(key.bytes());
    let missing = || {
        CheckFailed(format!(
            "device {name} was not registered when epoch {epoch} was closed: the registry of its bundle has {} devices",
            snapshot.devices.len()
        ))
    };
    let device = snapshot.device(key).ok_or_else(missing)?;
    let missing = || CheckFailed(format!("the bundle's registry has no class {}", device.class_index));
    let class = snapshot.class(device.class_index).ok_or_else(missing)?;
    let attestations = attestations(bundle, key)?;
    let accepted_wh = attestations.iter().filter_map(|line| line.accepted_wh).try_fold(0u64, u64::checked_add);
    let accepted_wh = accepted_wh.ok_or_else(|| CheckFailed("the accepted work does not fit 64 bits".to_owned()))?;
    let findings = whole_epoch_findings(bundle, key)?;
    let devices = bundle.devices().and_then(|table| table.all()).map_err(unreadable)?;
    let points = points_of(&devices, key, accepted_wh, class.weight, findings.is_empty())?;
    let operators = bundle.operators().and_then(|table| table.all()).map_err(unreadable)?;
    let share = share_of(bundle, &snapshot, &devices, &operators, device.operator_index, points)?;
    let calendar = snapshot.calendar();
    Ok(Explanation {
        ok: true,
        epoch: epoch.get(),
        starts_unix: calendar.start_of(epoch).unwrap_or(i64::MAX),
        ends_unix: calendar.end_of(epoch).unwrap_or(i64::MAX),
        network: base58::encode(&manifest.network),
        vault: base58::encode(&manifest.vault),
        bundle_hash: hex::encode(bundle.hash),
        device: name,
        class: ClassLine { index: class.index, rated_power_watts: class.rated_power_watts, weight: class.weight },
        suspended: device.suspended,
        attestations,
        accepted_wh,
        findings,
        points,
        device_leaf: device_leaf(manifest, &devices, key)?,
        reward_leaf: reward_leaf(manifest, &operators, share.operator_index)?,
        share,
        chain: None,
    })
}

/// The device's attestations with their verdicts, in order.
fn attestations(bundle: &Bundle, key: &DeviceKey) -> anyhow::Result<Vec<AttestationLine>> {
    let verdicts = bundle.verdicts_of(key).map_err(unreadable)?;
    let signed = bundle.attestations_of(key).map_err(unreadable)?;
    if verdicts.len() != signed.len() {
        let words =
            format!("the bundle has {} attestations of the device and {} verdicts", signed.len(), verdicts.len());
        return Err(CheckFailed(words).into());
    }
    let line = |(verdict, signed): (VerdictRow, &SignedAttestation)| {
        let reading = EnergyPayload::from_bytes(&signed.attestation.payload).map(|payload| payload.reading);
        AttestationLine {
            id: hex::encode(verdict.id),
            sequence: verdict.sequence,
            interval_start_unix: verdict.interval_start_unix,
            interval_seconds: signed.attestation.interval_seconds,
            reported_wh: reading.map(|reading| reading.energy.get()),
            counter_wh: reading.map(|reading| reading.counter.get()),
            accepted_wh: verdict.accepted_wh,
            refused: verdict.refused,
            detail: verdict.detail,
        }
    };
    Ok(verdicts.into_iter().zip(&signed).map(line).collect())
}

/// Findings that take the whole epoch's points; those about single attestations are their verdicts.
fn whole_epoch_findings(bundle: &Bundle, key: &DeviceKey) -> anyhow::Result<Vec<FindingLine>> {
    let (findings, _) = bundle.findings_of(key).map_err(unreadable)?;
    let whole = findings.into_iter().filter(|finding| finding.attestation.is_none());
    Ok(whole.map(|Finding { reason, evidence, .. }| FindingLine { reason, evidence }).collect())
}

fn points_of(
    devices: &[DeviceRow],
    key: &DeviceKey,
    accepted_wh: u64,
    weight: u32,
    counts: bool,
) -> Result<u64, CheckFailed> {
    let row = devices.iter().find(|row| row.device == *key);
    let claimed = row.ok_or_else(|| CheckFailed("the bundle's table of points lacks the device".to_owned()))?.points;
    let derived = if counts { accepted_wh.checked_mul(u64::from(weight)) } else { Some(0) };
    match derived == Some(claimed) {
        true => Ok(claimed),
        false => Err(CheckFailed(format!(
            "the bundle gives the device {claimed} points, and {accepted_wh} Wh × weight {weight} are {}",
            derived.map_or_else(|| "beyond 64 bits".to_owned(), |points| points.to_string())
        ))),
    }
}

/// Shares the epoch's tokens out again, and finds the operator's line as it must be.
fn share_of(
    bundle: &Bundle,
    snapshot: &Snapshot,
    devices: &[DeviceRow],
    operators: &[OperatorLine],
    index: u32,
    device_points: u64,
) -> anyhow::Result<Share> {
    let manifest = &bundle.manifest;
    let wrong = |what: String| CheckFailed(format!("the bundle does not add up: {what}"));
    let line = operators.get(index as usize).ok_or_else(|| wrong(format!("it has no operator {index}")))?;
    let own = devices.iter().filter(|row| row.operator_index == index).map(|row| Points(row.points));
    let own = Points::checked_sum(own).map(Points::get);
    if own != Some(line.points) {
        return Err(wrong(format!("operator {index} has {} points, its devices {own:?}", line.points)).into());
    }
    let whole = manifest.emission.checked_add(manifest.opening_carry);
    let available = whole.and_then(|whole| whole.checked_sub(manifest.credited));
    let available = available.ok_or_else(|| wrong("more was credited than there was".to_owned()))?;
    let cap = snapshot.epoch_cap.saturating_sub(manifest.credited);
    let points: Vec<Points> = operators.iter().map(|line| Points(line.points)).collect();
    let earned = share(Amount(available), Amount(cap), &points).earned;
    let derived = earned.get(index as usize).map(|earned| earned.get());
    if derived != Some(line.earned) {
        return Err(wrong(format!("operator {index} earned {}, its points give {derived:?}", line.earned)).into());
    }
    let all_points = Points::checked_sum(points).map(Points::get).ok_or_else(|| wrong("points".to_owned()))?;
    let by_device = u128::from(line.earned) * u128::from(device_points);
    Ok(Share {
        operator_index: index,
        payout_wallet: base58::encode(&line.payout_wallet),
        operator_points: line.points,
        all_points,
        emission: manifest.emission,
        opening_carry: manifest.opening_carry,
        shared_out: if all_points == 0 { 0 } else { available.min(cap) },
        earned: line.earned,
        // At most what the operator earned.
        earned_by_device: by_device.checked_div(u128::from(line.points)).unwrap_or(0) as u64,
        withheld: line.withheld,
        credited: line.credited,
        debt: line.debt,
        cumulative: line.cumulative,
    })
}
