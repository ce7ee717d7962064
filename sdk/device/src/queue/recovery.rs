//! What a queue's banks hold, after a power loss too.

use alloc::{collections::VecDeque, vec::Vec};

use super::{Owner, Pending, QueueError, State, record::Record};
use crate::storage::{Bank, ERASED, Storage, WRITE_BYTES};

/// A bank that holds everything.
pub struct Found {
    pub bank: Bank,
    pub generation: u32,
    pub owner: Owner,
    pub state: State,
    pub pending: VecDeque<Pending>,
    /// Nothing is written from here on.
    pub end: u32,
    /// There is something in it that is no record.
    pub is_torn: bool,
}

/// The bank that counts; `None` if the queue is new.
pub fn find<S: Storage>(storage: &mut S) -> Result<Option<Found>, QueueError<S::Error>> {
    let [a, b] = Bank::BOTH.map(|bank| read(storage, bank));
    let (a, b) = (a?, b?);
    let holds_work = [&a, &b].into_iter().any(|bank| bank.holds_attestations);
    match (a.whole, b.whole) {
        (Some(a), Some(b)) if is_newer(b.generation, a.generation) => Ok(Some(b)),
        (Some(found), _) | (None, Some(found)) => Ok(Some(found)),
        // A power loss while the first bank was begun leaves no attestation behind: there was none.
        (None, None) if holds_work => Err(QueueError::Damaged),
        (None, None) => Ok(None),
    }
}

/// Generations count up, and after 2³² begin again.
fn is_newer(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed() > 0
}

/// What a bank holds.
struct Content {
    /// If it holds everything.
    whole: Option<Found>,
    holds_attestations: bool,
}

/// Reads all records of a bank. What is no record is stepped over: behind damage there may be more.
fn read<S: Storage>(storage: &mut S, bank: Bank) -> Result<Content, QueueError<S::Error>> {
    let written = storage.written_bytes(bank).map_err(QueueError::Storage)?.min(storage.bank_bytes());
    let mut reading = Reading::default();
    let mut offset = 0;
    while offset < written {
        offset += match record_at(storage, bank, offset)? {
            Some((record, bytes)) => {
                reading.is_torn |= reading.end != offset;
                reading.take(record, offset, bytes);
                reading.end = offset + bytes;
                bytes
            }
            None => {
                if !is_erased(storage, bank, offset)? {
                    reading.is_torn = true;
                    reading.end = offset + WRITE_BYTES as u32;
                }
                WRITE_BYTES as u32
            }
        };
    }
    Ok(reading.content(bank))
}

fn head<S: Storage>(storage: &mut S, bank: Bank, offset: u32) -> Result<[u8; WRITE_BYTES], QueueError<S::Error>> {
    let mut head = [0; WRITE_BYTES];
    storage.read(bank, offset, &mut head).map_err(QueueError::Storage)?;
    Ok(head)
}

fn is_erased<S: Storage>(storage: &mut S, bank: Bank, offset: u32) -> Result<bool, QueueError<S::Error>> {
    Ok(head(storage, bank, offset)? == [ERASED; WRITE_BYTES])
}

/// The record at `offset` with its length, if there is one.
fn record_at<S: Storage>(
    storage: &mut S,
    bank: Bank,
    offset: u32,
) -> Result<Option<(Record, u32)>, QueueError<S::Error>> {
    let room = storage.bank_bytes() - offset;
    let Some(bytes) = Record::len(&head(storage, bank, offset)?).filter(|bytes| *bytes as u32 <= room) else {
        return Ok(None);
    };
    let mut buffer: Vec<u8> = alloc::vec![0; bytes];
    storage.read(bank, offset, &mut buffer).map_err(QueueError::Storage)?;
    Ok(Record::from_bytes(&buffer).map(|record| (record, bytes as u32)))
}

/// A bank's records so far.
#[derive(Default)]
struct Reading {
    begin: Option<(u32, Owner, State)>,
    pending: VecDeque<Pending>,
    holds_attestations: bool,
    is_whole: bool,
    is_torn: bool,
    end: u32,
}

impl Reading {
    fn take(&mut self, record: Record, offset: u32, bytes: u32) {
        match record {
            Record::Begin { generation, owner, state } => self.begin = Some((generation, owner, state)),
            Record::Attestation { state, .. } => {
                self.holds_attestations = true;
                self.pending.push_back(Pending { sequence: state.last_sequence, offset, bytes });
                // What was carried over is older than the state that it was carried over with.
                if let Some((_, _, last)) = &mut self.begin
                    && state.last_sequence > last.last_sequence
                {
                    *last = state;
                }
            }
            Record::Settled(sequences) => self.pending.retain(|pending| !sequences.contains(&pending.sequence)),
            Record::Whole => self.is_whole = true,
        }
    }

    fn content(self, bank: Bank) -> Content {
        let Self { begin, pending, holds_attestations, is_whole, is_torn, end } = self;
        let whole = begin.filter(|_| is_whole).map(|(generation, owner, state)| Found {
            bank,
            generation,
            owner,
            state,
            pending,
            end,
            is_torn,
        });
        Content { whole, holds_attestations }
    }
}
