//! What readers and the writer of the log share.

use std::collections::{BTreeMap, btree_map};

use trellis_core::{Epoch, attestation::MAX_WIRE_BYTES};

use super::{
    active::Write,
    epoch_log::{EpochLog, Place},
    state::State,
    tag_of,
};
use crate::log::{Appended, LogError, LogRecord, NewRecord};

pub struct Shared {
    pub state: State,
    pub epochs: BTreeMap<Epoch, EpochLog>,
}

impl Shared {
    /// Finds the record, or puts it where it goes.
    pub fn stage(&mut self, record: &NewRecord, place: impl FnOnce(Epoch) -> Place) -> Result<Appended, LogError> {
        if record.wire.len() > MAX_WIRE_BYTES {
            return Err(LogError::TooLong { bytes: record.wire.len() });
        }
        let tag = tag_of(&record.device);
        let target = record.epoch.max(self.state.open_from);
        let latest = record.latest_epoch.max(record.epoch);
        // Its own epoch, and those after it that may have taken it since.
        for log in self.epochs.range(record.epoch..=target.min(latest)).map(|(_, log)| log) {
            if let Some(found) = log.find(tag, &record.device, record.sequence)? {
                let LogRecord { epoch, position, received_unix, .. } = found;
                let same = found.id() == record.id;
                return Ok(match same {
                    true => Appended::AlreadyStored { epoch, position, received_unix },
                    false => Appended::SequenceTaken,
                });
            }
        }
        if target > latest {
            return Ok(Appended::EpochClosed);
        }
        let log = match self.epochs.entry(target) {
            btree_map::Entry::Occupied(log) => log.into_mut(),
            btree_map::Entry::Vacant(vacant) => vacant.insert(EpochLog::open(place(target), false)?),
        };
        let position = log.stage(tag, record)?;
        Ok(Appended::Stored { epoch: target, position, received_unix: record.received_unix })
    }

    pub fn take_staged(&mut self) -> Vec<(Epoch, Write)> {
        self.epochs.iter_mut().filter_map(|(epoch, log)| Some((*epoch, log.take_staged()?))).collect()
    }
}
