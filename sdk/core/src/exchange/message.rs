//! Messages of an answer, byte for byte.

use alloc::{string::String, vec::Vec};

use super::{Answer, Outcome, Place};
use crate::Epoch;

/// Bytes of a message before its kind.
const HEAD_BYTES: usize = 4;
const KIND_ANSWER: u8 = 1;
const KIND_PROBLEM: u8 = 2;

const ACCEPTED: u8 = 0;
const REFUSED: u8 = 1;
const KNOWN: u8 = 2;
const RETRY: u8 = 3;

/// Longest message, in bytes: an answer to more attestations than any request may hold.
const MAX_MESSAGE_BYTES: usize = 4 * 1_024 * 1_024;

/// What an answer, or a stream of them, is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Answer(Answer),
    /// Why a stream ends here: `code: detail`.
    Problem(String),
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// A length that no message has.
    Length { bytes: usize },
    /// They end too early, go on too long, or hold a kind or status that there is not.
    Malformed,
}

impl core::fmt::Display for MessageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length { bytes } => {
                write!(f, "a message says that it has {bytes} bytes; at most {MAX_MESSAGE_BYTES}")
            }
            Self::Malformed => f.write_str("the bytes are no message of an oracle's answer"),
        }
    }
}

impl core::error::Error for MessageError {}

/// Length of the message that `bytes` begin with, head included, so that a stream can be cut; `None` while its head is
/// not there.
pub fn message_len(bytes: &[u8]) -> Result<Option<usize>, MessageError> {
    let Some((head, _)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let length = u32::from_le_bytes(*head) as usize;
    match length == 0 || length > MAX_MESSAGE_BYTES {
        true => Err(MessageError::Length { bytes: length }),
        false => Ok(Some(HEAD_BYTES + length)),
    }
}

impl Message {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = alloc::vec![0; HEAD_BYTES];
        match self {
            Self::Answer(answer) => append_answer(answer, &mut out),
            Self::Problem(words) => {
                out.push(KIND_PROBLEM);
                out.extend_from_slice(words.as_bytes());
            }
        }
        let length = u32::try_from(out.len() - HEAD_BYTES).unwrap_or(u32::MAX);
        out[..HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
        out
    }

    /// Reads one whole message, as [`to_bytes`](Self::to_bytes) writes it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        if message_len(bytes)? != Some(bytes.len()) {
            return Err(MessageError::Malformed);
        }
        let mut reader = Reader(&bytes[HEAD_BYTES..]);
        match reader.u8()? {
            KIND_ANSWER => Ok(Self::Answer(read_answer(reader)?)),
            KIND_PROBLEM => {
                let words = core::str::from_utf8(reader.0).map_err(|_| MessageError::Malformed)?;
                Ok(Self::Problem(words.into()))
            }
            _ => Err(MessageError::Malformed),
        }
    }
}

fn append_answer(answer: &Answer, out: &mut Vec<u8>) {
    let count = u32::try_from(answer.outcomes.len()).unwrap_or(u32::MAX);
    out.reserve(133 + 27 * answer.outcomes.len());
    out.push(KIND_ANSWER);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&answer.network);
    out.extend_from_slice(&answer.oracle);
    out.extend_from_slice(&answer.signature);
    for outcome in &answer.outcomes {
        match outcome {
            Outcome::Accepted(_) => out.push(ACCEPTED),
            Outcome::Refused { reason } => {
                out.push(REFUSED);
                out.extend_from_slice(&reason.to_le_bytes());
            }
            Outcome::Known { reason, .. } => {
                out.push(KNOWN);
                out.extend_from_slice(&reason.to_le_bytes());
            }
            Outcome::Retry { after_seconds } => {
                out.push(RETRY);
                out.extend_from_slice(&after_seconds.to_le_bytes());
            }
        }
        if let Some(Place { epoch, position, received_unix }) = outcome.place() {
            out.extend_from_slice(&epoch.get().to_le_bytes());
            out.extend_from_slice(&position.to_le_bytes());
            out.extend_from_slice(&received_unix.to_le_bytes());
        }
    }
}

fn read_answer(mut reader: Reader) -> Result<Answer, MessageError> {
    let count = u32::from_le_bytes(reader.array()?) as usize;
    let (network, oracle, signature) = (reader.array()?, reader.array()?, reader.array()?);
    // Each outcome takes three bytes at least, so a count that lies reserves no more than the message's own length.
    let mut outcomes = Vec::with_capacity(count.min(reader.0.len() / 3));
    for _ in 0..count {
        outcomes.push(match reader.u8()? {
            ACCEPTED => Outcome::Accepted(reader.place()?),
            REFUSED => Outcome::Refused { reason: u16::from_le_bytes(reader.array()?) },
            KNOWN => Outcome::Known { reason: u16::from_le_bytes(reader.array()?), place: reader.place()? },
            RETRY => Outcome::Retry { after_seconds: u32::from_le_bytes(reader.array()?) },
            _ => return Err(MessageError::Malformed),
        });
    }
    match reader.0.is_empty() {
        true => Ok(Answer { network, oracle, signature, outcomes }),
        false => Err(MessageError::Malformed),
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], MessageError> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(MessageError::Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    fn u8(&mut self) -> Result<u8, MessageError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn place(&mut self) -> Result<Place, MessageError> {
        Ok(Place {
            epoch: Epoch(u64::from_le_bytes(self.array()?)),
            position: u64::from_le_bytes(self.array()?),
            received_unix: i64::from_le_bytes(self.array()?),
        })
    }
}
