//! The segment of an epoch that is being written.

use std::{
    fs::OpenOptions,
    hash::{BuildHasher, RandomState},
    io,
    ops::RangeInclusive,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use trellis_core::Epoch;
use trellis_fail_point::reached;

use super::{
    disk,
    frame::{Frame, GROUP_HEADER_BYTES, GroupHeader, HEADER_BYTES, SegmentHeader},
    full::{Full, FullPlaces, Part},
    index::{Entry, IndexedSegment},
    places::Places,
    scan::Scan,
    seen::DeviceTag,
    segment::{SegmentReader, damaged},
};
use crate::log::{LogError, LogRecord};

pub struct Active {
    path: PathBuf,
    header: SegmentHeader,
    /// What is on the disk.
    bytes: u32,
    records: u32,
    /// Where every record is; also of those that are staged.
    places: Places,
    /// The group that goes to the disk next, with room for its header.
    staged: Vec<u8>,
    staged_records: u32,
}

/// A group on its way to the disk.
pub struct Write {
    path: PathBuf,
    offset: u32,
    group: Vec<u8>,
    records: u32,
}

/// Why a group is not on the disk.
pub enum WriteFault {
    /// It was not written; what stands before it is as it was.
    NotWritten(LogError),
    /// Nobody knows what is on the disk.
    NotSynced(LogError),
}

impl From<LogError> for WriteFault {
    fn from(error: LogError) -> Self {
        Self::NotWritten(error)
    }
}

impl Write {
    /// Brings the group to the disk.
    pub fn run(&self) -> Result<(), WriteFault> {
        let not_written = |error| WriteFault::NotWritten(disk::error("write", &self.path)(error));
        let file = OpenOptions::new().write(true).open(&self.path).map_err(not_written)?;
        file.write_all_at(&self.group, u64::from(self.offset)).map_err(not_written)?;
        reached("log.written");
        file.sync_data().map_err(|error| WriteFault::NotSynced(disk::error("sync", &self.path)(error)))
    }
}

impl Active {
    /// A new segment, which is there as a whole or not at all.
    pub fn create(path: PathBuf, mut header: SegmentHeader) -> Result<Self, LogError> {
        header.salt = RandomState::new().hash_one(header.first_position) as u32;
        disk::replace(&path, &header.encode())?;
        Ok(Self::empty(path, header))
    }

    fn empty(path: PathBuf, header: SegmentHeader) -> Self {
        let bytes = HEADER_BYTES as u32;
        Self { path, header, bytes, records: 0, places: Places::default(), staged: Vec::new(), staged_records: 0 }
    }

    /// Reads the last segment of an epoch. A group at its end that a crash cut short is cut off: nothing of it was
    /// acknowledged. Damage before that is an error.
    pub fn open(path: &Path, reader: SegmentReader) -> Result<Self, LogError> {
        let header = *reader.header();
        let Scan { places, records, end, broken, is_followed } = Scan::of(path, reader)?;
        if let Some(offset) = broken {
            if is_followed {
                return Err(damaged(path, offset));
            }
            let (segment, bytes) = (path.display().to_string(), end - offset);
            tracing::warn!(segment, offset, bytes, "cut off what a crash left of the last write");
            let file = OpenOptions::new().write(true).open(path).map_err(disk::error("open", path))?;
            file.set_len(offset).map_err(disk::error("cut", path))?;
        }
        // What was written before a crash may be in memory alone, and will be answered for from now on.
        disk::sync(path)?;
        let end = broken.unwrap_or(end);
        let bytes = u32::try_from(end).map_err(|_| damaged(path, end))?;
        Ok(Self { bytes, records, places, ..Self::empty(path.to_owned(), header) })
    }

    /// Puts a record into the group that goes to the disk next, and returns its position.
    pub fn stage(&mut self, device: DeviceTag, sequence: u64, frame: &Frame<'_>) -> Result<u64, LogError> {
        if self.staged.is_empty() {
            self.staged.resize(GROUP_HEADER_BYTES, 0);
        }
        let full = || disk::error("write", &self.path)(io::ErrorKind::FileTooLarge.into());
        let length = u32::try_from(frame.wire.len()).map_err(|_| full())?;
        let offset = u32::try_from(self.staged.len()).ok().and_then(|staged| self.bytes.checked_add(staged));
        let offset = offset.filter(|offset| offset.checked_add(length).is_some()).ok_or_else(full)?;
        frame.encode(length, &mut self.staged);
        let ordinal = self.records + self.staged_records;
        self.staged_records += 1;
        self.places.insert(Entry { device, sequence, ordinal, offset });
        Ok(self.header.first_position + u64::from(ordinal))
    }

    /// The staged group, to be written.
    pub fn take_staged(&mut self) -> Option<Write> {
        if self.staged_records == 0 {
            return None;
        }
        let mut group = std::mem::take(&mut self.staged);
        let frame_bytes = (group.len() - GROUP_HEADER_BYTES) as u32;
        let header = GroupHeader { records: self.staged_records, frame_bytes };
        group[..GROUP_HEADER_BYTES].copy_from_slice(&header.encode(self.header.salt, self.bytes));
        Some(Write { path: self.path.clone(), offset: self.bytes, group, records: self.staged_records })
    }

    /// The group is on the disk.
    pub fn written(&mut self, write: Write) {
        self.bytes += write.group.len() as u32;
        self.records += write.records;
        self.staged = write.group;
        self.staged.clear();
        self.staged_records = 0;
    }

    pub fn is_staged(&self) -> bool {
        self.staged_records > 0
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Records on the disk.
    pub fn records(&self) -> u32 {
        self.records
    }

    pub fn part(&self) -> Part {
        let (path, first_position) = (self.path.clone(), self.header.first_position);
        Part { path, first_position, records: self.records, bytes: self.bytes.into() }
    }

    /// The segment, for its index.
    pub fn indexed(&self) -> IndexedSegment {
        IndexedSegment { bytes: self.bytes.into(), salt: self.header.salt }
    }

    pub fn into_full(self) -> Full {
        let Part { path, first_position, records, bytes } = self.part();
        Full { path, first_position, records, bytes, places: FullPlaces::Memory(Arc::new(self.places)) }
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.places.iter()
    }

    /// Entries of `device`, also of records that are staged.
    pub fn find(&self, device: DeviceTag, sequences: RangeInclusive<u64>) -> Vec<Entry> {
        self.places.find(device, sequences)
    }

    /// The record of an entry, also if it is staged.
    pub fn read(&self, epoch: Epoch, entry: &Entry) -> Result<LogRecord, LogError> {
        if entry.ordinal < self.records {
            return self.part().read(epoch, entry);
        }
        let staged = self.staged.get((entry.offset - self.bytes) as usize..).and_then(Frame::decode);
        let frame = staged.ok_or_else(|| damaged(&self.path, u64::from(entry.offset)))?;
        let position = self.header.first_position + u64::from(entry.ordinal);
        Ok(LogRecord { epoch, position, received_unix: frame.received_unix, wire: frame.wire.to_vec() })
    }
}
