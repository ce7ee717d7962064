//! A device's records, from all epochs.

use std::ops::RangeInclusive;

use trellis_core::{DeviceKey, Epoch, attestation::SignedAttestation};

use super::{
    epoch_log::EpochLog,
    full::{Full, Part},
    index::Entry,
    seen::DeviceTag,
    tag_of,
};
use crate::log::{Limit, LogError, LogRecord};

/// Gathers where a device's records are while the log is held, and reads them afterwards.
pub struct DeviceRecords<'d> {
    device: &'d DeviceKey,
    tag: DeviceTag,
    sequences: RangeInclusive<u64>,
    limit: Limit,
    full: Vec<(Epoch, Full)>,
    found: Vec<Found>,
}

struct Found {
    epoch: Epoch,
    entry: Entry,
    part: Part,
}

impl<'d> DeviceRecords<'d> {
    pub fn new(device: &'d DeviceKey, sequences: RangeInclusive<u64>, limit: Limit) -> Self {
        Self { device, tag: tag_of(device), sequences, limit, full: Vec::new(), found: Vec::new() }
    }

    /// Notes what `log` has, without reading the disk.
    pub fn look_in(&mut self, epoch: Epoch, log: &EpochLog) {
        let (full, active) = log.of_device(self.tag, self.sequences.clone(), self.limit);
        self.full.extend(full.into_iter().map(|full| (epoch, full)));
        if let Some((part, entries)) = active {
            self.found.extend(entries.into_iter().map(|entry| Found { epoch, entry, part: part.clone() }));
        }
    }

    /// The first or last records by sequence number. One number may stand in several epochs: then all of them are in the
    /// answer or none, so that going on after the last number misses nothing.
    pub fn read(mut self) -> Result<Vec<LogRecord>, LogError> {
        for (epoch, full) in &self.full {
            for entry in full.find(self.tag, self.sequences.clone(), self.limit)? {
                self.found.push(Found { epoch: *epoch, entry, part: full.part() });
            }
        }
        self.found.sort_by_key(|found| (found.entry.sequence, found.epoch));
        let wanted = self.wanted();
        let mut records = Vec::new();
        for Found { epoch, entry, part } in self.found.iter().filter(|found| wanted.contains(&found.entry.sequence)) {
            let record = part.read(*epoch, entry)?;
            let signed = SignedAttestation::from_bytes(&record.wire);
            // Another device may have the same tag.
            if signed.is_ok_and(|signed| signed.attestation.device == *self.device) {
                records.push(record);
            }
        }
        Ok(records)
    }

    /// The numbers that the limit leaves of those that were found, which are sorted.
    fn wanted(&self) -> RangeInclusive<u64> {
        let at = |place: Option<usize>| place.and_then(|place| self.found.get(place)).map(|found| found.entry.sequence);
        match self.limit {
            Limit::First(count) => 0..=at(count.checked_sub(1)).unwrap_or(u64::MAX),
            Limit::Last(count) => at(self.found.len().checked_sub(count)).unwrap_or(0)..=u64::MAX,
        }
    }
}
