//! Points, and the tokens they earn.

use trellis_core::{Amount, DeviceKey, Points, share_out::share_out};

use crate::snapshot::{Device, Snapshot};

/// One device's score in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePoints {
    pub device: DeviceKey,
    pub operator_index: u32,
    pub points: Points,
}

/// A sum that does not fit 64 bits: more work than 64 bits of watt-hours cannot be verified in one epoch.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the points of this epoch do not fit 64 bits")]
pub struct PointsOverflow;

/// Points of every device of the snapshot, by key: verified watt-hours × the weight of its class. `work` as in
/// [`Judged`](crate::verify::Judged).
pub fn device_points(
    work: &[(DeviceKey, Option<u64>)],
    snapshot: &Snapshot,
) -> Result<Vec<DevicePoints>, PointsOverflow> {
    // Both are sorted by key, and only registered devices have verified work.
    let mut work = work.iter().peekable();
    let point = |device: &Device| {
        while work.next_if(|(key, _)| *key < device.key).is_some() {}
        let verified = work.next_if(|(key, _)| *key == device.key).map_or(Some(0), |(_, verified)| *verified);
        let weight = snapshot.class(device.class_index).map_or(0, |class| u64::from(class.weight));
        let points = verified.and_then(|verified| verified.checked_mul(weight)).map(Points).ok_or(PointsOverflow)?;
        Ok(DevicePoints { device: device.key, operator_index: device.operator_index, points })
    };
    snapshot.devices.iter().map(point).collect()
}

/// Points of every operator, by index: the sum over its devices.
pub fn operator_points(devices: &[DevicePoints], operators: usize) -> Result<Vec<Points>, PointsOverflow> {
    let mut points = vec![Points::ZERO; operators];
    for device in devices {
        let sum = points.get_mut(device.operator_index as usize).ok_or(PointsOverflow)?;
        *sum = sum.checked_add(device.points).ok_or(PointsOverflow)?;
    }
    Points::checked_sum(points.iter().copied()).ok_or(PointsOverflow)?;
    Ok(points)
}

/// How an epoch's tokens are shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// What each operator earns, by index.
    pub earned: Vec<Amount>,
    /// What nobody earned and the next epoch shares out.
    pub carry: Amount,
}

/// Shares out `available` tokens, but at most `epoch_cap`, in proportion to points, by largest remainder. Without
/// points nobody earns and all is carried.
pub fn share(available: Amount, epoch_cap: Amount, points: &[Points]) -> Shares {
    let pool = available.min(epoch_cap);
    match share_out(pool, points) {
        // The pool is no larger than what is available.
        Some(earned) => Shares { earned, carry: Amount(available.get() - pool.get()) },
        None => Shares { earned: vec![Amount::ZERO; points.len()], carry: available },
    }
}
