//! Segments that get no more groups.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
};

use trellis_core::Epoch;

use super::{
    disk,
    index::{Entry, Index, IndexedSegment},
    places::Places,
    scan::Scan,
    seen::DeviceTag,
    segment::{SegmentReader, damaged, read_record},
};
use crate::log::{Limit, LogError, LogRecord};

#[derive(Clone)]
pub struct Full {
    pub path: PathBuf,
    pub first_position: u64,
    pub records: u32,
    pub bytes: u64,
    pub places: FullPlaces,
}

/// Where each device's records are.
#[derive(Clone)]
pub enum FullPlaces {
    Memory(Arc<Places>),
    Disk(Index),
}

/// A segment, as far as it is on the disk.
#[derive(Clone)]
pub struct Part {
    pub path: PathBuf,
    pub first_position: u64,
    pub records: u32,
    pub bytes: u64,
}

impl Part {
    /// The record of an entry.
    pub fn read(&self, epoch: Epoch, entry: &Entry) -> Result<LogRecord, LogError> {
        let (received_unix, wire) = read_record(&self.path, entry.offset)?;
        Ok(LogRecord { epoch, position: self.first_position + u64::from(entry.ordinal), received_unix, wire })
    }
}

impl Full {
    /// A segment that is not written any more, with its index: the one that is there, or else one made anew.
    pub fn open(path: PathBuf, reader: SegmentReader) -> Result<Self, LogError> {
        let (header, bytes) = (*reader.header(), reader.end());
        let segment = IndexedSegment { bytes, salt: header.salt };
        let index_path = Self::index_path_of(&path);
        let index = match Index::open(&index_path, segment)? {
            Some(index) => index,
            None => {
                let scan = Scan::of(&path, reader)?;
                if let Some(offset) = scan.broken {
                    return Err(damaged(&path, offset));
                }
                let written = Index::write(&index_path, segment, scan.places.sorted().into_iter());
                written.map_err(disk::error("write", &index_path))?
            }
        };
        let (first_position, records) = (header.first_position, index.entries());
        Ok(Self { path, first_position, records, bytes, places: FullPlaces::Disk(index) })
    }

    pub fn part(&self) -> Part {
        let Self { path, first_position, records, bytes, .. } = self;
        Part { path: path.clone(), first_position: *first_position, records: *records, bytes: *bytes }
    }

    /// As many entries of a device with these sequence numbers as `limit` says, in order.
    pub fn find(
        &self,
        device: DeviceTag,
        sequences: RangeInclusive<u64>,
        limit: Limit,
    ) -> Result<Vec<Entry>, LogError> {
        match &self.places {
            FullPlaces::Disk(index) => index.find(device, sequences, limit),
            FullPlaces::Memory(places) => Ok(limit.of(places.find(device, sequences))),
        }
    }

    /// Shows `visit` every entry, in no order.
    pub fn for_each(&self, visit: &mut dyn FnMut(Entry)) -> Result<(), LogError> {
        match &self.places {
            FullPlaces::Disk(index) => index.for_each(visit),
            FullPlaces::Memory(places) => {
                places.iter().for_each(visit);
                Ok(())
            }
        }
    }

    pub fn index_path(&self) -> PathBuf {
        Self::index_path_of(&self.path)
    }

    /// Where the index of a segment is.
    pub fn index_path_of(segment: &Path) -> PathBuf {
        segment.with_extension("index")
    }
}
