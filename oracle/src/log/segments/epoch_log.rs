//! The log of one epoch: a folder of segments.
//!
//! The last segment is written, and where its records are is kept in memory. One that is full gets an index file, written by
//! a thread beside; until that is there, its places stay in memory too.

use std::{
    io,
    ops::RangeInclusive,
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
};

use trellis_core::{DeviceKey, Epoch, attestation::SignedAttestation};

use super::{
    active::{Active, Write},
    disk,
    frame::{Frame, SegmentHeader},
    full::{Full, FullPlaces, Part},
    index::{Entry, Index},
    seen::{DeviceTag, Seen},
    segment::{self, SegmentReader, damaged},
};
use crate::log::{Limit, LogError, LogRecord, NewRecord};

/// A segment that has grown to so many bytes gets no more groups. What waits for its index takes a third of that in memory.
pub const SEGMENT_BYTES: u32 = 128 << 20;

/// Whose log it is and where. The same for as long as the log is open.
#[derive(Clone)]
pub struct Place {
    pub folder: PathBuf,
    pub vault: [u8; 32],
    pub epoch: Epoch,
    /// A segment that has grown to so many bytes gets no more groups.
    pub segment_bytes: u32,
}

/// Writes an index file.
pub type Indexing = JoinHandle<io::Result<Index>>;

pub struct EpochLog {
    place: Place,
    full: Vec<Full>,
    active: Option<Active>,
    /// Which sequence numbers are taken; `None` once the epoch is closed: then the segments are asked at once.
    seen: Option<Seen>,
    /// Writes the index of the last full segment.
    indexing: Option<Indexing>,
}

impl EpochLog {
    /// Opens what is in the folder, or an empty log if there is no folder yet. Of a closed epoch, less is kept in memory.
    pub fn open(place: Place, is_closed: bool) -> Result<Self, LogError> {
        let firsts = segment::first_positions(&place.folder)?;
        let mut log = Self { place, full: Vec::new(), active: None, seen: None, indexing: None };
        for (number, first) in firsts.iter().enumerate() {
            let path = log.segment_path(*first);
            if *first != log.records() {
                let (folder, position) = (log.place.folder.display().to_string(), log.records());
                return Err(LogError::SegmentMissing { folder, position });
            }
            let reader = SegmentReader::open(&path, &log.place.vault, log.place.epoch, None)?;
            if reader.header().first_position != *first {
                return Err(damaged(&path, 0));
            }
            if number + 1 == firsts.len() && !is_closed {
                log.active = Some(Active::open(&path, reader)?);
            } else {
                log.full.push(Full::open(path, reader)?);
            }
        }
        if !is_closed {
            log.seen = Some(log.read_seen()?);
        }
        Ok(log)
    }

    fn read_seen(&self) -> Result<Seen, LogError> {
        let mut seen = Seen::default();
        for full in &self.full {
            full.for_each(&mut |entry| seen.insert(entry.device, entry.sequence))?;
        }
        self.active.iter().flat_map(Active::entries).for_each(|entry| seen.insert(entry.device, entry.sequence));
        Ok(seen)
    }

    /// Records that are on the disk.
    pub fn records(&self) -> u64 {
        let full: u64 = self.full.iter().map(|full| u64::from(full.records)).sum();
        full + self.active.as_ref().map_or(0, |active| u64::from(active.records()))
    }

    /// The device's record with this sequence number, also if it is only staged.
    pub fn find(&self, tag: DeviceTag, device: &DeviceKey, sequence: u64) -> Result<Option<LogRecord>, LogError> {
        if self.seen.as_ref().is_some_and(|seen| !seen.contains(tag, sequence)) {
            return Ok(None);
        }
        let epoch = self.place.epoch;
        let is_of_device = |record: &LogRecord| {
            SignedAttestation::from_bytes(&record.wire).is_ok_and(|signed| signed.attestation.device == *device)
        };
        if let Some(active) = &self.active {
            for entry in active.find(tag, sequence..=sequence) {
                let record = active.read(epoch, &entry)?;
                if is_of_device(&record) {
                    return Ok(Some(record));
                }
            }
        }
        // The newest first: a device that repeats itself mostly repeats what it said last.
        for full in self.full.iter().rev() {
            for entry in full.find(tag, sequence..=sequence, Limit::First(usize::MAX))? {
                let record = full.part().read(epoch, &entry)?;
                if is_of_device(&record) {
                    return Ok(Some(record));
                }
            }
        }
        Ok(None)
    }

    /// Puts a record that is not there yet into the group that goes to the disk next. Returns its position.
    pub fn stage(&mut self, tag: DeviceTag, record: &NewRecord) -> Result<u64, LogError> {
        if self.active.is_none() {
            let first_position = self.records();
            let Place { vault, epoch, .. } = self.place;
            disk::make_folder(&self.place.folder)?;
            let header = SegmentHeader { vault, epoch, first_position, salt: 0 };
            self.active = Some(Active::create(self.segment_path(first_position), header)?);
        }
        let active = self.active.as_mut().ok_or(LogError::Unusable)?;
        let frame = Frame { received_unix: record.received_unix, wire: &record.wire };
        let position = active.stage(tag, record.sequence, &frame)?;
        if let Some(seen) = &mut self.seen {
            seen.insert(tag, record.sequence);
        }
        Ok(position)
    }

    /// Is there a group that is not on the disk?
    pub fn is_staged(&self) -> bool {
        self.active.as_ref().is_some_and(Active::is_staged)
    }

    pub fn take_staged(&mut self) -> Option<Write> {
        self.active.as_mut()?.take_staged()
    }

    /// The staged group is on the disk.
    pub fn written(&mut self, write: Write) {
        let Some(active) = &mut self.active else { return };
        active.written(write);
        if active.bytes() >= self.place.segment_bytes {
            self.end_segment();
        }
    }

    /// The epoch is closed: nothing more is written, and little is kept in memory. What writes the last index is for the
    /// caller to wait for, and to hand to [`Self::indexed`].
    pub fn close(&mut self) -> Option<Indexing> {
        self.seen = None;
        self.end_segment();
        self.indexing.take()
    }

    /// The active segment gets no more groups; a thread begins to write its index.
    fn end_segment(&mut self) {
        // One at a time: what waits for its index is in memory.
        self.settle();
        let Some(active) = self.active.take() else { return };
        let segment = active.indexed();
        let full = active.into_full();
        let path = full.index_path();
        if let FullPlaces::Memory(places) = &full.places {
            let places = Arc::clone(places);
            let write = move || Index::write(&path, segment, places.sorted().into_iter());
            self.indexing = thread::Builder::new().name("log-index".to_owned()).spawn(write).ok();
        }
        self.full.push(full);
    }

    /// Waits for the index that is being written.
    pub fn settle(&mut self) {
        if let Some(indexing) = self.indexing.take() {
            self.indexed(indexing.join());
        }
    }

    /// The last full segment's index was written, or not: then its places stay in memory until the log is opened again.
    pub fn indexed(&mut self, written: thread::Result<io::Result<Index>>) {
        let Some(full) = self.full.last_mut() else { return };
        match written {
            Ok(Ok(index)) => full.places = FullPlaces::Disk(index),
            Ok(Err(error)) => tracing::warn!(%error, "the log's index could not be written; it stays in memory"),
            Err(_) => tracing::warn!("the log's index could not be written; it stays in memory"),
        }
    }

    /// What is on the disk, segment by segment.
    pub fn parts(&self) -> Vec<Part> {
        self.full.iter().map(Full::part).chain(self.active.as_ref().map(Active::part)).collect()
    }

    /// Full segments, to be asked for a device's records without holding the log; and as many of its records in the active
    /// one as `limit` says.
    pub fn of_device(
        &self,
        tag: DeviceTag,
        sequences: RangeInclusive<u64>,
        limit: Limit,
    ) -> (Vec<Full>, Option<(Part, Vec<Entry>)>) {
        let in_active = |active: &Active| {
            let on_disk = |entry: &Entry| entry.ordinal < active.records();
            let found = active.find(tag, sequences).into_iter().filter(on_disk).collect();
            (active.part(), limit.of(found))
        };
        (self.full.clone(), self.active.as_ref().map(in_active))
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    fn segment_path(&self, first_position: u64) -> PathBuf {
        segment::path_of(&self.place.folder, first_position)
    }
}

impl Drop for EpochLog {
    fn drop(&mut self) {
        self.settle();
    }
}
