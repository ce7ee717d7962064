//! Which checks are on.

use serde::{Deserialize, Serialize};
use trellis_core::h3::MAX_RESOLUTION;

/// Fewer intervals than these can be the same by chance.
const FEWEST_COPIED_INTERVALS: u32 = 6;

/// The group `[fraud]` of a policy. Each check is off where its field is missing or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FraudPolicy {
    /// One key must not sign two different readings for one interval.
    pub clone: bool,
    /// Fastest that a device can move, in metres per second.
    pub max_speed_m_s: u32,
    /// Farthest that a reading's place can be from the place in the registry, in metres.
    pub max_distance_m: u32,
    /// Most devices of one class that earn in one cell of `cell_resolution`: those that came first.
    pub max_devices_per_cell: u32,
    /// Resolution of H3 cells for `max_devices_per_cell`. Devices whose registered cell is coarser are not looked at.
    pub cell_resolution: u8,
    /// Fewest intervals with energy above 0 that make two devices' identical series a copy: at least 6.
    pub copied_intervals: u32,
}

/// Why the group cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FraudPolicyError {
    #[error("fraud.cell_resolution is {0}: H3 has resolutions from 0 to {MAX_RESOLUTION}")]
    NoSuchResolution(u8),
    #[error(
        "fraud.copied_intervals is {0}: at least {FEWEST_COPIED_INTERVALS} (fewer can be the same by chance), or 0 for \
         no such check"
    )]
    TooFewIntervals(u32),
}

impl FraudPolicy {
    /// Is every check off?
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    pub fn validate(&self) -> Result<(), FraudPolicyError> {
        if self.cell_resolution > MAX_RESOLUTION {
            return Err(FraudPolicyError::NoSuchResolution(self.cell_resolution));
        }
        if (1..FEWEST_COPIED_INTERVALS).contains(&self.copied_intervals) {
            return Err(FraudPolicyError::TooFewIntervals(self.copied_intervals));
        }
        Ok(())
    }
}
