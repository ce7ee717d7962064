//! Checks that look at several devices at once, after all attestations are judged.

use std::collections::BTreeMap;

use trellis_core::{DeviceKey, Points, h3};

use super::{FraudPolicy, series::Series};
use crate::{
    encoding::{base58, moment},
    reason::Reason,
    score::DevicePoints,
    snapshot::{Device, Snapshot},
};

/// A device that earns nothing in this epoch, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFinding {
    pub device: DeviceKey,
    pub operator_index: u32,
    pub reason: Reason,
    /// What shows it, in words.
    pub evidence: String,
    /// What the device would have had.
    pub points_withheld: u64,
}

/// Sets the points of every device with a finding to 0. `points` are those of the snapshot's devices, in its order. The
/// findings come by key, one a device.
pub fn examine(
    points: &mut [DevicePoints],
    series: &[Series],
    snapshot: &Snapshot,
    policy: &FraudPolicy,
) -> Vec<DeviceFinding> {
    let mut findings = Vec::new();
    // A copy takes no place from an honest device: copies are found first.
    if policy.copied_intervals > 0 {
        findings.extend(copies(points, series, snapshot));
    }
    if policy.max_devices_per_cell > 0 {
        findings.extend(crowds(points, snapshot, policy));
    }
    findings.sort_by_key(|finding| finding.device);
    findings
}

/// Of devices with the same series, the one that was registered first earns.
fn copies(points: &mut [DevicePoints], series: &[Series], snapshot: &Snapshot) -> Vec<DeviceFinding> {
    let mut by_digest: BTreeMap<[u8; 32], Vec<(usize, &Series)>> = BTreeMap::new();
    for one in series {
        if let Ok(position) = snapshot.devices.binary_search_by(|device| device.key.cmp(&one.device)) {
            by_digest.entry(one.digest).or_default().push((position, one));
        }
    }
    let mut findings = Vec::new();
    for same in by_digest.values_mut().filter(|same| same.len() > 1) {
        same.sort_by_key(|(position, _)| snapshot.devices[*position].index);
        let Some(((first, series), later)) = same.split_first() else { continue };
        let original = base58::encode(snapshot.devices[*first].key.bytes());
        for (position, _) in later {
            let evidence = format!(
                "the same energies in the same {} intervals as device {original}, which was registered before; BLAKE3 of \
                 the series is {}",
                series.intervals,
                hex::encode(series.digest)
            );
            findings.extend(withhold(points, *position, Reason::CopiedSeries, evidence));
        }
    }
    findings
}

/// Of a class's devices with work in one cell, those that came to stand there first earn.
fn crowds(points: &mut [DevicePoints], snapshot: &Snapshot, policy: &FraudPolicy) -> Vec<DeviceFinding> {
    let mut by_cell: BTreeMap<(u16, u64), Vec<usize>> = BTreeMap::new();
    for (position, device) in snapshot.devices.iter().enumerate() {
        let cell = device.cell.and_then(|cell| h3::parent_of(cell, policy.cell_resolution));
        if let Some(cell) = cell.filter(|_| points.get(position).is_some_and(|row| row.points > Points::ZERO)) {
            by_cell.entry((device.class_index, cell)).or_default().push(position);
        }
    }
    let most = policy.max_devices_per_cell as usize;
    let mut findings = Vec::new();
    for ((class, cell), mut devices) in by_cell {
        if devices.len() <= most {
            continue;
        }
        let came = |device: &Device| (device.cell_set_unix, device.index);
        devices.sort_by_key(|position| came(&snapshot.devices[*position]));
        let (stay, late) = devices.split_at(most);
        let Some(last) = stay.last().map(|position| &snapshot.devices[*position]) else { continue };
        for (number, position) in late.iter().enumerate() {
            let evidence = format!(
                "of {} devices of class {class} with work in cell {cell:x}, the first {most} earn; this one is number {}, \
                 placed at {}; the last to earn is device {}, placed at {}",
                devices.len(),
                most + number + 1,
                moment(snapshot.devices[*position].cell_set_unix),
                base58::encode(last.key.bytes()),
                moment(last.cell_set_unix)
            );
            findings.extend(withhold(points, *position, Reason::CrowdedCell, evidence));
        }
    }
    findings
}

fn withhold(points: &mut [DevicePoints], position: usize, reason: Reason, evidence: String) -> Option<DeviceFinding> {
    let row = points.get_mut(position)?;
    let points_withheld = std::mem::take(&mut row.points).get();
    Some(DeviceFinding { device: row.device, operator_index: row.operator_index, reason, evidence, points_withheld })
}
