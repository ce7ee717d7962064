//! A device's series of accepted energies, as a digest.

use trellis_core::DeviceKey;

/// Takes in a device's accepted readings as they come; nothing grows with their number.
#[derive(Default)]
pub struct SeriesHasher {
    hasher: Option<Box<blake3::Hasher>>,
    intervals: u32,
    least_wh: u64,
    most_wh: u64,
}

/// The digest of a series that says something: long enough, and with energies that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub device: DeviceKey,
    /// BLAKE3 of start and energy of each interval with energy above 0.
    pub digest: [u8; 32],
    pub intervals: u32,
}

impl SeriesHasher {
    pub fn take(&mut self, interval_start_unix: i64, energy_wh: u64) {
        if energy_wh == 0 {
            return;
        }
        let new = || Box::new(blake3::Hasher::new_derive_key("trellis 2026 series of accepted energies"));
        let hasher = self.hasher.get_or_insert_with(new);
        hasher.update(&interval_start_unix.to_le_bytes()).update(&energy_wh.to_le_bytes());
        self.least_wh = if self.intervals == 0 { energy_wh } else { self.least_wh.min(energy_wh) };
        self.most_wh = self.most_wh.max(energy_wh);
        self.intervals = self.intervals.saturating_add(1);
    }

    /// `None` if there are fewer than `fewest` intervals, or if all energies are the same but for 1 Wh of rounding: two
    /// devices that run at their limit look alike and are honest.
    pub fn finish(self, device: DeviceKey, fewest: u32) -> Option<Series> {
        let Self { hasher, intervals, least_wh, most_wh } = self;
        let says_something = intervals >= fewest.max(1) && most_wh.saturating_sub(least_wh) > 1;
        let digest = *hasher.filter(|_| says_something)?.finalize().as_bytes();
        Some(Series { device, digest, intervals })
    }
}
