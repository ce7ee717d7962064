//! A device's records, from all epochs.

use trellis_core::{DeviceKey, Epoch, attestation::SignedAttestation};

use super::{
    epoch_log::EpochLog,
    full::{Full, Part},
    index::Entry,
    seen::DeviceTag,
    tag_of,
};
use crate::log::{LogError, LogRecord};

/// Gathers where a device's records are while the log is held, and reads them afterwards.
pub struct DeviceRecords<'d> {
    device: &'d DeviceKey,
    tag: DeviceTag,
    from_sequence: u64,
    limit: usize,
    full: Vec<(Epoch, Full)>,
    found: Vec<Found>,
}

struct Found {
    epoch: Epoch,
    entry: Entry,
    part: Part,
}

impl<'d> DeviceRecords<'d> {
    pub fn new(device: &'d DeviceKey, from_sequence: u64, limit: usize) -> Self {
        Self { device, tag: tag_of(device), from_sequence, limit, full: Vec::new(), found: Vec::new() }
    }

    /// Notes what `log` has, without reading the disk.
    pub fn look_in(&mut self, epoch: Epoch, log: &EpochLog) {
        let (full, active) = log.of_device(self.tag, self.from_sequence..=u64::MAX, self.limit);
        self.full.extend(full.into_iter().map(|full| (epoch, full)));
        if let Some((part, entries)) = active {
            self.found.extend(entries.into_iter().map(|entry| Found { epoch, entry, part: part.clone() }));
        }
    }

    /// The first `limit` records by sequence number. One number may stand in several epochs: then all of them are in the
    /// answer or none, so that going on after the last number misses nothing.
    pub fn read(mut self) -> Result<Vec<LogRecord>, LogError> {
        for (epoch, full) in &self.full {
            for entry in full.find(self.tag, self.from_sequence..=u64::MAX, self.limit)? {
                self.found.push(Found { epoch: *epoch, entry, part: full.part() });
            }
        }
        self.found.sort_by_key(|found| (found.entry.sequence, found.epoch));
        let last = self.found.get(self.limit.saturating_sub(1)).map_or(u64::MAX, |found| found.entry.sequence);
        let mut records = Vec::new();
        for Found { epoch, entry, part } in self.found.iter().take_while(|found| found.entry.sequence <= last) {
            let record = part.read(*epoch, entry)?;
            let signed = SignedAttestation::from_bytes(&record.wire);
            // Another device may have the same tag.
            if signed.is_ok_and(|signed| signed.attestation.device == *self.device) {
                records.push(record);
            }
        }
        Ok(records)
    }
}
