//! Reading segments.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use trellis_core::{Epoch, attestation::MAX_WIRE_BYTES};

use super::{
    disk,
    frame::{FRAME_HEADER_BYTES, Frame, GROUP_HEADER_BYTES, GroupHeader, HEADER_BYTES, SegmentHeader},
};
use crate::log::LogError;

/// How the names of segments begin.
const SEGMENT: &str = "segment";
/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// Reads a segment from its beginning, group by group.
pub struct SegmentReader {
    path: PathBuf,
    file: BufReader<File>,
    header: SegmentHeader,
    offset: u64,
    end: u64,
    group: Vec<u8>,
}

/// What comes next in a segment.
pub enum Next<'a> {
    /// Each frame with its offset in the segment.
    Group(Vec<(u32, Frame<'a>)>),
    End,
    /// Whatever begins at this offset is no whole group.
    Broken {
        offset: u64,
    },
}

impl SegmentReader {
    /// Opens a segment of `epoch` of `vault`, to be read up to `end`; `None`: as far as it goes.
    pub fn open(path: &Path, vault: &[u8; 32], epoch: Epoch, end: Option<u64>) -> Result<Self, LogError> {
        let file = File::open(path).map_err(disk::error("open", path))?;
        let length = file.metadata().map_err(disk::error("read", path))?.len();
        let end = end.unwrap_or(length);
        if length < end.max(HEADER_BYTES as u64) {
            return Err(damaged(path, length));
        }
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact_at(&mut bytes, 0).map_err(disk::error("read", path))?;
        let header = SegmentHeader::decode(&bytes).ok_or_else(|| damaged(path, 0))?;
        if header.vault != *vault {
            return Err(LogError::OtherVault { path: path.display().to_string(), found: hex::encode(header.vault) });
        }
        if header.epoch != epoch {
            return Err(LogError::OtherEpoch { path: path.display().to_string(), found: header.epoch });
        }
        let mut file = BufReader::with_capacity(BUFFER_BYTES, file);
        file.read_exact(&mut bytes).map_err(disk::error("read", path))?;
        Ok(Self { path: path.to_owned(), file, header, offset: HEADER_BYTES as u64, end, group: Vec::new() })
    }

    pub fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// Where the segment ends, as far as it is read.
    pub fn end(&self) -> u64 {
        self.end
    }

    pub fn next_group(&mut self) -> Result<Next<'_>, LogError> {
        let (offset, rest) = (self.offset, self.end - self.offset);
        if rest == 0 {
            return Ok(Next::End);
        }
        let Some(room) = rest.checked_sub(GROUP_HEADER_BYTES as u64) else { return Ok(Next::Broken { offset }) };
        let mut bytes = [0; GROUP_HEADER_BYTES];
        self.file.read_exact(&mut bytes).map_err(disk::error("read", &self.path))?;
        let start = u32::try_from(offset).map_err(|_| damaged(&self.path, offset))?;
        let header = GroupHeader::decode(&bytes, self.header.salt, start);
        let Some(header) = header.filter(|header| u64::from(header.frame_bytes) <= room) else {
            return Ok(Next::Broken { offset });
        };
        self.group.resize(header.frame_bytes as usize, 0);
        self.file.read_exact(&mut self.group).map_err(disk::error("read", &self.path))?;
        self.offset += (GROUP_HEADER_BYTES as u64) + u64::from(header.frame_bytes);
        let frames = frames_of(&self.group, header.records, start + GROUP_HEADER_BYTES as u32);
        Ok(frames.map_or(Next::Broken { offset }, Next::Group))
    }

    /// Did anything come into the segment after the broken group at `offset`? Then that group was on the disk once,
    /// since each is written after the one before it is there; else a crash may have cut it short.
    pub fn is_followed(&self, offset: u64) -> Result<bool, LogError> {
        let mut rest = vec![0; (self.end - offset) as usize];
        self.file.get_ref().read_exact_at(&mut rest, offset).map_err(disk::error("read", &self.path))?;
        let group_at = |at: usize| {
            let place = u32::try_from(offset + at as u64).ok()?;
            GroupHeader::decode(&rest[at..], self.header.salt, place)
        };
        Ok(match group_at(0) {
            Some(group) => GROUP_HEADER_BYTES + (group.frame_bytes as usize) < rest.len(),
            None => (1..rest.len()).any(|at| group_at(at).is_some()),
        })
    }
}

/// The frames that make up `bytes`, which stand at `offset` of the segment; `None` unless there are `records` of them and
/// all are whole.
fn frames_of(bytes: &[u8], records: u32, offset: u32) -> Option<Vec<(u32, Frame<'_>)>> {
    let mut frames = Vec::with_capacity(records as usize);
    let mut at = 0;
    for _ in 0..records {
        let frame = Frame::decode(&bytes[at..])?;
        frames.push((offset + at as u32, frame));
        at += FRAME_HEADER_BYTES + frame.wire.len();
    }
    (at == bytes.len()).then_some(frames)
}

/// Time of receipt and wire bytes of the record whose frame stands at `offset`.
pub fn read_record(path: &Path, offset: u32) -> Result<(i64, Vec<u8>), LogError> {
    let file = File::open(path).map_err(disk::error("open", path))?;
    let mut bytes = [0; FRAME_HEADER_BYTES + MAX_WIRE_BYTES];
    let mut read = 0;
    while read < bytes.len() {
        match file.read_at(&mut bytes[read..], u64::from(offset) + read as u64).map_err(disk::error("read", path))? {
            0 => break,
            more => read += more,
        }
    }
    let frame = Frame::decode(&bytes[..read]).ok_or_else(|| damaged(path, u64::from(offset)))?;
    Ok((frame.received_unix, frame.wire.to_vec()))
}

pub fn damaged(path: &Path, offset: u64) -> LogError {
    LogError::Damaged { path: path.display().to_string(), offset }
}

/// Where the segment lies that begins with this position.
pub fn path_of(folder: &Path, first_position: u64) -> PathBuf {
    folder.join(format!("{SEGMENT}-{first_position:012}.log"))
}

/// First positions of the segments in `folder`, in order. Removes what a crash left half written.
pub fn first_positions(folder: &Path) -> Result<Vec<u64>, LogError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(disk::error("read", folder))?,
    };
    let mut firsts = Vec::new();
    for entry in entries {
        let path = entry.map_err(disk::error("read", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(disk::UNFINISHED) {
            fs::remove_file(&path).map_err(disk::error("remove", &path))?;
        } else if let Some(first) = name.strip_prefix(SEGMENT).and_then(|rest| rest.strip_suffix(".log")) {
            firsts.extend(first.strip_prefix('-').and_then(|first| first.parse::<u64>().ok()));
        }
    }
    firsts.sort_unstable();
    Ok(firsts)
}
