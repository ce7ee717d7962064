//! What one epoch hands to the next.

use trellis_core::{Amount, DeviceKey};

use crate::corrections::Books;

/// Everything about the past that an epoch's outcome depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerState {
    /// All that each operator has ever earned, by operator index.
    pub cumulative: Vec<u64>,
    /// Emitted into the vault and not yet earned by anybody: epochs without verified work, or above the cap.
    pub carry: u64,
    /// Of each device that ever had a reading accepted, by key.
    pub devices: Vec<DeviceState>,
    /// Corrections that were taken, and what is left of them to settle.
    pub books: Books,
}

/// Where a device's accepted energy readings ended. A device without one has no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceState {
    pub key: DeviceKey,
    /// End of the last accepted interval.
    pub interval_end_unix: i64,
    /// What the counter showed then.
    pub counter_wh: u64,
    /// Where it was in the last accepted reading that said so.
    pub place: Option<Place>,
}

/// Where a device was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// H3 cell.
    pub cell: u64,
    /// Start of the reading's interval.
    pub since_unix: i64,
}

impl LedgerState {
    /// What operator `index` has ever earned.
    pub fn cumulative_of(&self, index: u32) -> Amount {
        Amount(self.cumulative.get(index as usize).copied().unwrap_or(0))
    }

    pub fn device(&self, key: &DeviceKey) -> Option<&DeviceState> {
        let found = self.devices.binary_search_by(|device| device.key.cmp(key)).ok()?;
        self.devices.get(found)
    }
}
