//! The compact form in which attestations are handed in and answered: for devices and gateways that send many.
//!
//! ```text
//! request = frames
//! frame   = length u16 ‖ wire bytes of one attestation
//!
//! message = length u32 ‖ kind u8 ‖ rest            (length of kind and rest)
//! kind 1  = count u32 ‖ network 32 ‖ oracle 32 ‖ signature 64 ‖ outcomes, one for each attestation, in order
//! kind 2  = code ‖ ": " ‖ detail, UTF-8            (in streams: why it ends here; what was answered before holds)
//!
//! outcome = 0 ‖ place                              accepted
//!         | 1 ‖ reason u16                         refused
//!         | 2 ‖ reason u16 ‖ place                 refused: this very attestation was accepted before
//!         | 3 ‖ seconds u32                        not looked at further: send it again after so many seconds
//! place   = epoch u64 ‖ position u64 ‖ received i64
//! ```
//!
//! All numbers are little endian. Whoever sent the attestations has their ids, and so all receipts: the `n`th place is the
//! leaf `n` of the tree that the signature is over ([`Answer::receipts`]). Without a place, the signature is zero.

mod answer;
mod message;

pub use answer::{Answer, Outcome, Place};
pub use message::{Message, MessageError, message_len};

use alloc::vec::Vec;

use crate::attestation::MAX_WIRE_BYTES;

/// Bytes before the attestation in a frame.
pub const FRAME_HEAD_BYTES: usize = 2;
/// Longest frame.
pub const MAX_FRAME_BYTES: usize = FRAME_HEAD_BYTES + MAX_WIRE_BYTES;

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A length that no attestation has.
    Length { bytes: usize },
    /// The bytes end within a frame.
    Truncated { missing: usize },
}

impl core::fmt::Display for FrameError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length { bytes } => {
                write!(f, "a frame says that it holds {bytes} bytes; an attestation has from 1 to {MAX_WIRE_BYTES}")
            }
            Self::Truncated { missing } => write!(f, "the last frame lacks {missing} bytes"),
        }
    }
}

impl core::error::Error for FrameError {}

/// Appends `wire` as a frame. An attestation's wire bytes always fit one.
pub fn append_frame(wire: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(wire.len()).unwrap_or(u16::MAX);
    debug_assert_eq!(usize::from(length), wire.len());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(wire);
}

/// Takes the first frame's wire bytes off `bytes`. `None` where nothing is left.
pub fn next_frame<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, FrameError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let Some((head, rest)) = bytes.split_first_chunk::<FRAME_HEAD_BYTES>() else {
        return Err(FrameError::Truncated { missing: FRAME_HEAD_BYTES - bytes.len() });
    };
    let length = usize::from(u16::from_le_bytes(*head));
    if length == 0 || length > MAX_WIRE_BYTES {
        return Err(FrameError::Length { bytes: length });
    }
    let Some((wire, rest)) = rest.split_at_checked(length) else {
        return Err(FrameError::Truncated { missing: length - rest.len() });
    };
    *bytes = rest;
    Ok(Some(wire))
}
