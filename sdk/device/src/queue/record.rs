//! The queue's records, byte for byte.
//!
//! ```text
//! record      = kind u8 ‖ length u16 ‖ body ‖ checksum 8 ‖ 0xff up to a multiple of 32 bytes      (little endian)
//! checksum    = the first bytes of SHA-256(kind ‖ length ‖ body)
//! begin       = generation u32 ‖ network 32 ‖ device 34 ‖ state     first in a bank
//! attestation = state after it ‖ wire bytes
//! settled     = sequence u64, for each
//! whole       = nothing                                             what was carried over from the other bank is complete
//! ```

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize, to_vec};
use trellis_core::{attestation::MAX_WIRE_BYTES, hash::sha256};

use super::{Owner, State};
use crate::storage::{ERASED, WRITE_BYTES};

const HEAD_BYTES: usize = 3;
const CHECKSUM_BYTES: usize = 8;
/// Longest state: with a meter's counter.
const STATE_BYTES: usize = 8 + 8 + 16 + 9;
/// Longest body.
const MAX_BODY_BYTES: usize = STATE_BYTES + MAX_WIRE_BYTES;
/// Most sequence numbers in one record.
pub const MAX_SETTLED: usize = MAX_BODY_BYTES / 8;

const BEGIN: u8 = 1;
const ATTESTATION: u8 = 2;
const SETTLED: u8 = 3;
const WHOLE: u8 = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Begin { generation: u32, owner: Owner, state: State },
    Attestation { state: State, wire: Vec<u8> },
    Settled(Vec<u64>),
    Whole,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Begin {
    generation: u32,
    owner: Owner,
    state: State,
}

impl Record {
    pub fn to_bytes(&self) -> Vec<u8> {
        // Serializing into memory cannot fail: nothing here is longer than borsh can tell.
        let (kind, body) = match self {
            Self::Begin { generation, owner, state } => {
                let begin = Begin { generation: *generation, owner: *owner, state: *state };
                (BEGIN, to_vec(&begin).unwrap_or_default())
            }
            Self::Attestation { state, wire } => {
                let mut body = to_vec(state).unwrap_or_default();
                body.extend_from_slice(wire);
                (ATTESTATION, body)
            }
            Self::Settled(sequences) => (SETTLED, sequences.iter().flat_map(|number| number.to_le_bytes()).collect()),
            Self::Whole => (WHOLE, Vec::new()),
        };
        debug_assert!(body.len() <= MAX_BODY_BYTES);
        let mut bytes = Vec::with_capacity(padded(body.len()));
        bytes.push(kind);
        bytes.extend_from_slice(&(body.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&checksum(&bytes));
        bytes.resize(padded(body.len()), ERASED);
        bytes
    }

    /// Length of the record that begins with `head`, padding included; `None` if none does.
    pub fn len(head: &[u8; WRITE_BYTES]) -> Option<usize> {
        let body = usize::from(u16::from_le_bytes([head[1], head[2]]));
        ((BEGIN..=WHOLE).contains(&head[0]) && body <= MAX_BODY_BYTES).then(|| padded(body))
    }

    /// `None` unless these are the bytes of one record.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, _) = bytes.split_first_chunk::<HEAD_BYTES>()?;
        let end = HEAD_BYTES + usize::from(u16::from_le_bytes([head[1], head[2]]));
        let (checked, rest) = bytes.split_at_checked(end)?;
        let (found, padding) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
        let is_padded = bytes.len() == padded(end - HEAD_BYTES) && padding.iter().all(|byte| *byte == ERASED);
        if *found != checksum(checked) || !is_padded {
            return None;
        }
        let mut body = checked.get(HEAD_BYTES..)?;
        match head[0] {
            BEGIN => {
                let Begin { generation, owner, state } = Begin::try_from_slice(body).ok()?;
                Some(Self::Begin { generation, owner, state })
            }
            ATTESTATION => {
                let state = State::deserialize(&mut body).ok()?;
                Some(Self::Attestation { state, wire: body.to_vec() })
            }
            SETTLED => {
                let (numbers, rest) = body.as_chunks::<8>();
                rest.is_empty()
                    .then(|| Self::Settled(numbers.iter().map(|number| u64::from_le_bytes(*number)).collect()))
            }
            WHOLE => body.is_empty().then_some(Self::Whole),
            _ => None,
        }
    }
}

/// Length of a record with such a body.
fn padded(body_bytes: usize) -> usize {
    (HEAD_BYTES + body_bytes + CHECKSUM_BYTES).next_multiple_of(WRITE_BYTES)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = sha256(&[bytes]);
    core::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;
    use trellis_core::DeviceKey;

    fn all(sequence: u64, wire: Vec<u8>, meter_wh: Option<u64>) -> [Record; 4] {
        let state = State { last_sequence: sequence, interval_end_unix: -5, total_nanowatt_seconds: 1 << 70, meter_wh };
        let owner = Owner::new([3; 32], &DeviceKey::P256([2; 33]));
        [
            Record::Begin { generation: 9, owner, state },
            Record::Attestation { state, wire },
            Record::Settled(vec![sequence; MAX_SETTLED]),
            Record::Whole,
        ]
    }

    proptest! {
        #[test]
        fn record_reads_back_and_no_changed_byte_does(
            sequence: u64,
            wire in prop::collection::vec(any::<u8>(), 0..=MAX_WIRE_BYTES),
            meter: Option<u64>,
            at: prop::sample::Index,
            flip in 1u8..,
        ) {
            for record in all(sequence, wire.clone(), meter) {
                let bytes = record.to_bytes();
                prop_assert_eq!(bytes.len() % WRITE_BYTES, 0);
                prop_assert_eq!(Record::len(bytes.first_chunk().unwrap()), Some(bytes.len()));
                prop_assert_eq!(Record::from_bytes(&bytes), Some(record));
                let mut torn = bytes.clone();
                torn[at.index(bytes.len())] ^= flip;
                prop_assert_eq!(Record::from_bytes(&torn), None);
                prop_assert_eq!(Record::from_bytes(&bytes[..at.index(bytes.len())]), None);
            }
        }
    }

    #[test]
    fn erased_and_zeroed_storage_hold_no_record() {
        assert_eq!(Record::len(&[ERASED; WRITE_BYTES]), None);
        assert_eq!(Record::len(&[0; WRITE_BYTES]), None);
    }
}
