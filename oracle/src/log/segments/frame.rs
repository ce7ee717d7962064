//! The bytes of a segment.
//!
//! ```text
//! segment = header ‖ group*                                                                       (little endian)
//! header  = "TRELLIS1" ‖ vault 32 ‖ epoch u64 ‖ first position u64 ‖ salt u32 ‖ crc of all this u32
//! group   = records u32 ‖ frame bytes u32 ‖ crc u32 (salt ‖ offset of the group ‖ both numbers) ‖ frame*
//! frame   = wire length u32 ‖ crc u32 (length ‖ time ‖ wire) ‖ received unix i64 ‖ wire
//! ```
//!
//! A group is what one write brought to the disk: it counts whole or not at all. The salt is drawn anew for each segment,
//! so that no device can put bytes into an attestation that pass for a group.

use trellis_core::Epoch;

const MAGIC: &[u8; 8] = b"TRELLIS1";
pub const HEADER_BYTES: usize = 64;
pub const GROUP_HEADER_BYTES: usize = 12;
pub const FRAME_HEADER_BYTES: usize = 16;

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub vault: [u8; 32],
    pub epoch: Epoch,
    /// Position of its first record.
    pub first_position: u64,
    pub salt: u32,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..40].copy_from_slice(&self.vault);
        bytes[40..48].copy_from_slice(&self.epoch.get().to_le_bytes());
        bytes[48..56].copy_from_slice(&self.first_position.to_le_bytes());
        bytes[56..60].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` if the bytes are no header.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let intact = bytes[..8] == *MAGIC && u32_at(bytes, 60)? == crc32fast::hash(&bytes[..60]);
        intact.then_some(())?;
        Some(Self {
            vault: bytes[8..40].try_into().ok()?,
            epoch: Epoch(u64_at(bytes, 40)?),
            first_position: u64_at(bytes, 48)?,
            salt: u32_at(bytes, 56)?,
        })
    }
}

/// What stands before the frames of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHeader {
    pub records: u32,
    pub frame_bytes: u32,
}

impl GroupHeader {
    /// Of the group that begins at `offset` of a segment with `salt`.
    pub fn encode(&self, salt: u32, offset: u32) -> [u8; GROUP_HEADER_BYTES] {
        let mut bytes = [0; GROUP_HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.records.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.frame_bytes.to_le_bytes());
        bytes[8..].copy_from_slice(&self.crc(salt, offset).to_le_bytes());
        bytes
    }

    /// `None` if no group begins there.
    pub fn decode(bytes: &[u8], salt: u32, offset: u32) -> Option<Self> {
        let group = Self { records: u32_at(bytes, 0)?, frame_bytes: u32_at(bytes, 4)? };
        let least = u64::from(group.records) * FRAME_HEADER_BYTES as u64;
        // Cheap first: a search looks at every byte.
        let plausible = group.records > 0 && least <= u64::from(group.frame_bytes);
        (plausible && u32_at(bytes, 8)? == group.crc(salt, offset)).then_some(group)
    }

    fn crc(&self, salt: u32, offset: u32) -> u32 {
        let mut crc = crc32fast::Hasher::new_with_initial(salt);
        for number in [offset, self.records, self.frame_bytes] {
            crc.update(&number.to_le_bytes());
        }
        crc.finalize()
    }
}

/// One record as it stands in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub received_unix: i64,
    pub wire: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Appends the frame. `length`: of the wire.
    pub fn encode(&self, length: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&crc_of(length, self.received_unix, self.wire).to_le_bytes());
        out.extend_from_slice(&self.received_unix.to_le_bytes());
        out.extend_from_slice(self.wire);
    }

    /// The frame that `bytes` begin with; `None` if there is no whole one.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let length = u32_at(bytes, 0)?;
        let received_unix = u64_at(bytes, 8)?.cast_signed();
        let wire = bytes.get(FRAME_HEADER_BYTES..)?.get(..usize::try_from(length).ok()?)?;
        (u32_at(bytes, 4)? == crc_of(length, received_unix, wire)).then_some(Self { received_unix, wire })
    }
}

fn crc_of(length: u32, received_unix: i64, wire: &[u8]) -> u32 {
    let mut start = [0; 12];
    start[..4].copy_from_slice(&length.to_le_bytes());
    start[4..].copy_from_slice(&received_unix.to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&start);
    crc.update(wire);
    crc.finalize()
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
