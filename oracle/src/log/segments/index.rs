//! The index file of a segment that is full: where each device's records are.
//!
//! ```text
//! index  = entry* ‖ fence* ‖ footer                                                               (little endian)
//! entry  = device tag u64 ‖ sequence u64 ‖ ordinal u32 ‖ offset u32, sorted; 256 of them are a block
//! fence  = the block's first device tag and sequence ‖ crc of the block u32
//! footer = "TRELLIX2" ‖ entries u64 ‖ bytes of the segment u64 ‖ its salt u32 ‖ crc of the fences and all this u32
//! ```
//!
//! It holds nothing that the segment does not: one that is gone or does not fit is made anew.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, BufWriter, Write},
    ops::RangeInclusive,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{
    disk,
    frame::{u32_at, u64_at},
    seen::DeviceTag,
};
use crate::log::{Limit, LogError};

const MAGIC: &[u8; 8] = b"TRELLIX2";
const ENTRY_BYTES: usize = 24;
const FENCE_BYTES: usize = 20;
const FOOTER_BYTES: usize = 32;
const BLOCK: usize = 256;

/// What entries are found by: device and sequence number.
type Key = (DeviceTag, u64);

/// Where a record is. In this order entries are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub device: DeviceTag,
    pub sequence: u64,
    /// Number of the record in its segment.
    pub ordinal: u32,
    /// Of its frame in the segment.
    pub offset: u32,
}

impl Entry {
    /// The first entry that there can be for the device from `sequence` on.
    pub const fn first(device: DeviceTag, sequence: u64) -> Self {
        Self { device, sequence, ordinal: 0, offset: 0 }
    }

    /// The last entry that there can be for the device up to `sequence`.
    pub const fn last(device: DeviceTag, sequence: u64) -> Self {
        Self { device, sequence, ordinal: u32::MAX, offset: u32::MAX }
    }

    const fn key(&self) -> Key {
        (self.device, self.sequence)
    }

    fn encode(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.ordinal.to_le_bytes());
        bytes[20..].copy_from_slice(&self.offset.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (device, sequence) = (u64_at(bytes, 0)?, u64_at(bytes, 8)?);
        Some(Self { device, sequence, ordinal: u32_at(bytes, 16)?, offset: u32_at(bytes, 20)? })
    }
}

/// The segment that an index is of.
#[derive(Clone, Copy, Debug)]
pub struct IndexedSegment {
    pub bytes: u64,
    pub salt: u32,
}

/// An index file. It is opened for each question: there may be more of them than files can be open.
#[derive(Clone, Debug)]
pub struct Index {
    path: PathBuf,
    entries: usize,
}

impl Index {
    /// Writes the index of a segment, from sorted entries.
    pub fn write(path: &Path, segment: IndexedSegment, sorted: impl Iterator<Item = Entry>) -> io::Result<Self> {
        let unfinished = disk::unfinished(path);
        let mut file = BufWriter::with_capacity(1 << 18, File::create(&unfinished)?);
        let (mut fences, mut block, mut first, mut entries) = (Vec::new(), Vec::new(), None, 0);
        let mut end_block = |block: &mut Vec<u8>, first: &mut Option<Entry>| {
            if let Some(Entry { device, sequence, .. }) = first.take() {
                fences.extend_from_slice(&device.to_le_bytes());
                fences.extend_from_slice(&sequence.to_le_bytes());
                fences.extend_from_slice(&crc32fast::hash(block).to_le_bytes());
                block.clear();
            }
        };
        for entry in sorted {
            first.get_or_insert(entry);
            file.write_all(&entry.encode())?;
            block.extend_from_slice(&entry.encode());
            entries += 1;
            if block.len() == BLOCK * ENTRY_BYTES {
                end_block(&mut block, &mut first);
            }
        }
        end_block(&mut block, &mut first);
        file.write_all(&fences)?;
        file.write_all(&footer(&fences, entries, segment))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&unfinished, path)?;
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Opens the index of a segment. `None` if it is not there or does not fit.
    pub fn open(path: &Path, segment: IndexedSegment) -> Result<Option<Self>, LogError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(disk::error("open", path))?,
        };
        let length = file.metadata().map_err(disk::error("read", path))?.len();
        let Some(at) = length.checked_sub(FOOTER_BYTES as u64) else { return Ok(None) };
        let found = read(&file, path, at, FOOTER_BYTES)?;
        let entries = u64_at(&found, 8).and_then(|entries| usize::try_from(entries).ok()).unwrap_or(0);
        let fences_bytes = entries.div_ceil(BLOCK).saturating_mul(FENCE_BYTES);
        if entries.saturating_mul(ENTRY_BYTES).saturating_add(fences_bytes) as u64 != at {
            return Ok(None);
        }
        let fences = read(&file, path, at - fences_bytes as u64, fences_bytes)?;
        let fits = found == footer(&fences, entries, segment);
        Ok(fits.then(|| Self { path: path.to_owned(), entries }))
    }

    pub fn entries(&self) -> u32 {
        self.entries as u32
    }

    /// As many entries of `device` with these sequence numbers as `limit` says, in order.
    pub fn find(
        &self,
        device: DeviceTag,
        sequences: RangeInclusive<u64>,
        limit: Limit,
    ) -> Result<Vec<Entry>, LogError> {
        let file = File::open(&self.path).map_err(disk::error("open", &self.path))?;
        let wanted = (device, *sequences.start())..=(device, *sequences.end());
        match limit {
            Limit::First(count) => self.first(&file, &wanted, count),
            Limit::Last(count) => self.last(&file, &wanted, count),
        }
    }

    fn first(&self, file: &File, wanted: &RangeInclusive<Key>, count: usize) -> Result<Vec<Entry>, LogError> {
        let mut found = Vec::new();
        // The last block that begins before what is wanted: it may hold the first of it.
        let begin = self.blocks_while(file, |first| first < *wanted.start())?.saturating_sub(1);
        for block in begin..self.entries.div_ceil(BLOCK) {
            for entry in self.block(file, block)? {
                if entry.key() > *wanted.end() || found.len() == count {
                    return Ok(found);
                }
                if entry.key() >= *wanted.start() {
                    found.push(entry);
                }
            }
        }
        Ok(found)
    }

    fn last(&self, file: &File, wanted: &RangeInclusive<Key>, count: usize) -> Result<Vec<Entry>, LogError> {
        let mut found = VecDeque::new();
        // The last block that begins within what is wanted or before it holds the last of it.
        'blocks: for block in (0..self.blocks_while(file, |first| first <= *wanted.end())?).rev() {
            for entry in self.block(file, block)?.into_iter().rev() {
                if entry.key() < *wanted.start() || found.len() == count {
                    break 'blocks;
                }
                if entry.key() <= *wanted.end() {
                    found.push_front(entry);
                }
            }
        }
        Ok(found.into())
    }

    /// How many blocks, from the first on, begin with an entry that `is_before`.
    fn blocks_while(&self, file: &File, is_before: impl Fn(Key) -> bool) -> Result<usize, LogError> {
        let (mut low, mut high) = (0, self.entries.div_ceil(BLOCK));
        while low < high {
            let middle = low.midpoint(high);
            if is_before(self.fence(file, middle)?.0) { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// Shows `visit` every entry, in order.
    pub fn for_each(&self, visit: &mut dyn FnMut(Entry)) -> Result<(), LogError> {
        let file = File::open(&self.path).map_err(disk::error("open", &self.path))?;
        for block in 0..self.entries.div_ceil(BLOCK) {
            self.block(&file, block)?.into_iter().for_each(&mut *visit);
        }
        Ok(())
    }

    /// First device and sequence number of a block, and the block's checksum.
    fn fence(&self, file: &File, block: usize) -> Result<(Key, u32), LogError> {
        let bytes = read(file, &self.path, (self.entries * ENTRY_BYTES + block * FENCE_BYTES) as u64, FENCE_BYTES)?;
        let fields = || Some(((u64_at(&bytes, 0)?, u64_at(&bytes, 8)?), u32_at(&bytes, 16)?));
        fields().ok_or_else(|| self.damaged())
    }

    fn block(&self, file: &File, block: usize) -> Result<Vec<Entry>, LogError> {
        let first = block * BLOCK;
        let count = BLOCK.min(self.entries - first);
        let bytes = read(file, &self.path, (first * ENTRY_BYTES) as u64, count * ENTRY_BYTES)?;
        if crc32fast::hash(&bytes) != self.fence(file, block)?.1 {
            return Err(self.damaged());
        }
        Ok(bytes.chunks_exact(ENTRY_BYTES).filter_map(Entry::decode).collect())
    }

    fn damaged(&self) -> LogError {
        LogError::IndexDamaged { path: self.path.display().to_string() }
    }
}

fn footer(fences: &[u8], entries: usize, segment: IndexedSegment) -> [u8; FOOTER_BYTES] {
    let mut bytes = [0; FOOTER_BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&(entries as u64).to_le_bytes());
    bytes[16..24].copy_from_slice(&segment.bytes.to_le_bytes());
    bytes[24..28].copy_from_slice(&segment.salt.to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(fences);
    crc.update(&bytes[..28]);
    bytes[28..].copy_from_slice(&crc.finalize().to_le_bytes());
    bytes
}

fn read(file: &File, path: &Path, at: u64, count: usize) -> Result<Vec<u8>, LogError> {
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, at).map_err(disk::error("read", path))?;
    Ok(bytes)
}
