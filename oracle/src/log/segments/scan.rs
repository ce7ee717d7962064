//! Reading a whole segment for where its records are.

use std::path::Path;

use trellis_core::attestation::SignedAttestation;

use super::{
    index::Entry,
    places::Places,
    segment::{Next, SegmentReader, damaged},
    tag_of,
};
use crate::log::LogError;

/// What reading a whole segment found.
pub struct Scan {
    pub places: Places,
    pub records: u32,
    /// Where the segment ends.
    pub end: u64,
    /// Where something begins that is no whole group.
    pub broken: Option<u64>,
    /// Was that there before something else was written?
    pub is_followed: bool,
}

impl Scan {
    pub fn of(path: &Path, mut reader: SegmentReader) -> Result<Self, LogError> {
        let (mut entries, mut records) = (Vec::new(), 0);
        let broken = loop {
            let frames = match reader.next_group()? {
                Next::Group(frames) => frames,
                Next::End => break None,
                Next::Broken { offset } => break Some(offset),
            };
            for (offset, frame) in frames {
                let signed = SignedAttestation::from_bytes(frame.wire);
                let attestation = signed.map_err(|_| damaged(path, u64::from(offset)))?.attestation;
                let (device, sequence) = (tag_of(&attestation.device), attestation.sequence);
                entries.push(Entry { device, sequence, ordinal: records, offset });
                records += 1;
            }
        };
        let is_followed = broken.map_or(Ok(false), |offset| reader.is_followed(offset))?;
        Ok(Self { places: entries.into(), records, end: reader.end(), broken, is_followed })
    }
}
