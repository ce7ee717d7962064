//! Brings attestations into canonical order, however many there are: runs are sorted in memory, long ones go to the
//! disk, and all are merged.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, binary_heap::PeekMut},
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

use trellis_core::{
    attestation::{DecodeError, SIGNATURE_BYTES, SignedAttestation},
    device_key::KeyKind,
};

use crate::verify::BLOCK;

/// Wire bytes of a run.
const RUN_BYTES: usize = 64 << 20;
/// Buffer for each run while merging.
const READ_BUFFER_BYTES: usize = 256 << 10;

/// Why attestations could not be sorted.
#[derive(Debug, thiserror::Error)]
pub enum SortError {
    #[error("cannot sort in {folder}: {source}")]
    Io { folder: PathBuf, source: io::Error },
    #[error("attestation {number} in order of arrival is none: {source}")]
    Malformed { number: u64, source: DecodeError },
}

/// Takes attestations in any order. Holds at most one run in memory.
pub struct Sorter {
    folder: PathBuf,
    run_bytes: usize,
    taken: u64,
    run: Run,
    spilled: Vec<File>,
}

impl Sorter {
    /// `folder` is where runs go that do not fit in memory; they have no names there, and vanish with the process.
    pub fn new(folder: &Path) -> Self {
        Self::with_run_bytes(folder, RUN_BYTES)
    }

    /// As [`new`](Self::new), with runs of about `run_bytes`.
    pub fn with_run_bytes(folder: &Path, run_bytes: usize) -> Self {
        Self { folder: folder.to_owned(), run_bytes, taken: 0, run: Run::default(), spilled: Vec::new() }
    }

    /// Takes one attestation's wire bytes.
    pub fn push(&mut self, wire: &[u8]) -> Result<(), SortError> {
        let number = self.taken;
        self.taken += 1;
        let place = Place::of(wire).ok_or_else(|| {
            let error = SignedAttestation::from_bytes(wire).err();
            SortError::Malformed { number, source: error.unwrap_or(DecodeError::Malformed) }
        })?;
        self.run.push(place, wire);
        if self.run.bytes.len() >= self.run_bytes {
            let spilled = self.run.spill(&self.folder);
            self.spilled.push(spilled.map_err(|source| SortError::Io { folder: self.folder.clone(), source })?);
        }
        Ok(())
    }

    /// Everything that was taken, in canonical order, each identical attestation once.
    pub fn finish(mut self) -> Result<Sorted, SortError> {
        self.run.sort();
        let mut runs: Vec<Source> = self
            .spilled
            .into_iter()
            .map(|file| Source::Disk(BufReader::with_capacity(READ_BUFFER_BYTES, file)))
            .collect();
        runs.push(Source::Memory { run: self.run, next: 0 });
        let mut sorted = Sorted { folder: self.folder, heads: BinaryHeap::new(), runs, last: Vec::new() };
        for run in 0..sorted.runs.len() {
            let mut head = Head { place: Place::default(), wire: Vec::new(), run };
            if sorted.advance(&mut head)? {
                sorted.heads.push(Reverse(head));
            }
        }
        Ok(sorted)
    }
}

/// Attestations in canonical order.
pub struct Sorted {
    folder: PathBuf,
    /// The first that is left of each run.
    heads: BinaryHeap<Reverse<Head>>,
    runs: Vec<Source>,
    /// Wire bytes of the last one given.
    last: Vec<u8>,
}

impl Sorted {
    /// The next [`BLOCK`] attestations; fewer at the end, then `None`.
    pub fn next_block(&mut self) -> Result<Option<Vec<SignedAttestation>>, SortError> {
        let mut block = Vec::new();
        while block.len() < BLOCK && self.next_wire()? {
            let decoded = SignedAttestation::from_bytes(&self.last);
            // Taken from this order, since that of arrival is no longer known.
            block.push(decoded.map_err(|source| SortError::Malformed { number: block.len() as u64, source })?);
        }
        Ok((!block.is_empty()).then_some(block))
    }

    /// Puts the next attestation's wire bytes into `last`, if there is one.
    fn next_wire(&mut self) -> Result<bool, SortError> {
        loop {
            let Some(mut first) = self.heads.peek_mut() else { return Ok(false) };
            let repeated = first.0.wire == self.last;
            if !repeated {
                self.last.clear();
                self.last.extend_from_slice(&first.0.wire);
            }
            let read = self.runs[first.0.run].read(&mut first.0);
            if !read.map_err(|source| SortError::Io { folder: self.folder.clone(), source })? {
                PeekMut::pop(first);
            }
            if !repeated {
                return Ok(true);
            }
        }
    }

    fn advance(&mut self, head: &mut Head) -> Result<bool, SortError> {
        let read = self.runs[head.run].read(head);
        read.map_err(|source| SortError::Io { folder: self.folder.clone(), source })
    }
}

/// What decides the order, but for ties: kind and padded key, interval start, sequence number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    device: ([u8; 32], [u8; 2]),
    interval_start_unix: i64,
    sequence: u64,
}

impl Place {
    /// `None` if the bytes cannot be an attestation. Whether they are one is told when they are decoded.
    fn of(wire: &[u8]) -> Option<Self> {
        let (kind, rest) = wire.get(33..)?.split_first()?;
        let key_bytes = KeyKind::from_u8(*kind)?.key_bytes();
        let (key, rest) = rest.split_at_checked(key_bytes)?;
        let mut name = [0; 34];
        name[0] = *kind;
        name[1..=key_bytes].copy_from_slice(key);
        let (head, tail) = name.split_first_chunk::<32>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (interval, rest) = rest.split_first_chunk::<8>()?;
        rest.get(..SIGNATURE_BYTES)?;
        Some(Self {
            device: (*head, tail.try_into().ok()?),
            interval_start_unix: i64::from_le_bytes(*interval),
            sequence: u64::from_le_bytes(*sequence),
        })
    }
}

/// Order of two attestations at the same place: by id, then by signature.
fn break_tie(left: &[u8], right: &[u8]) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let key = |wire: &[u8]| {
        let (body, signature) = wire.split_at(wire.len().saturating_sub(SIGNATURE_BYTES));
        (*blake3::hash(body).as_bytes(), signature.to_vec())
    };
    key(left).cmp(&key(right))
}

/// Attestations in memory, one after another.
#[derive(Default)]
struct Run {
    bytes: Vec<u8>,
    /// Place, offset and length.
    entries: Vec<(Place, u32, u16)>,
}

impl Run {
    fn push(&mut self, place: Place, wire: &[u8]) {
        // A run is far shorter than 4 GiB, an attestation far shorter than 64 KiB.
        self.entries.push((place, self.bytes.len() as u32, wire.len() as u16));
        self.bytes.extend_from_slice(wire);
    }

    fn wire(&self, entry: &(Place, u32, u16)) -> &[u8] {
        let offset = entry.1 as usize;
        &self.bytes[offset..offset + usize::from(entry.2)]
    }

    fn sort(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| break_tie(self.wire(left), self.wire(right)))
        });
        self.entries = entries;
    }

    /// Sorts, writes to an unnamed file in `folder`, and empties this run.
    fn spill(&mut self, folder: &Path) -> io::Result<File> {
        self.sort();
        let mut file = BufWriter::with_capacity(READ_BUFFER_BYTES, tempfile::tempfile_in(folder)?);
        for entry in &self.entries {
            file.write_all(&entry.2.to_le_bytes())?;
            file.write_all(self.wire(entry))?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.entries.clear();
        self.bytes.clear();
        Ok(file)
    }
}

enum Source {
    Memory { run: Run, next: usize },
    Disk(BufReader<File>),
}

impl Source {
    /// Reads the next attestation into `head`; false at the end.
    fn read(&mut self, head: &mut Head) -> io::Result<bool> {
        head.wire.clear();
        match self {
            Self::Memory { run, next } => {
                let Some(entry) = run.entries.get(*next) else { return Ok(false) };
                *next += 1;
                head.place = entry.0;
                head.wire.extend_from_slice(run.wire(entry));
            }
            Self::Disk(file) => {
                let mut length = [0; 2];
                match file.read_exact(&mut length) {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                    read => read?,
                }
                head.wire.resize(usize::from(u16::from_le_bytes(length)), 0);
                file.read_exact(&mut head.wire)?;
                head.place = Place::of(&head.wire).ok_or(io::ErrorKind::InvalidData)?;
            }
        }
        Ok(true)
    }
}

/// The first attestation that is left of a run.
struct Head {
    place: Place,
    wire: Vec<u8>,
    run: usize,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp(&other.place).then_with(|| break_tie(&self.wire, &other.wire))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}
