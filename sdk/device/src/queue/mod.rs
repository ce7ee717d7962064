//! Attestations that wait for their receipt, and what the device must never forget, over power loss.
//!
//! Everything is appended to one of two banks. When that is full, what still waits is written to the other bank, which
//! counts from its last record on: so at every moment one bank holds everything. What a power loss left in tatters at the
//! end was never synced, so it was never sent; it is left behind, and what is there is written to the other bank.
//! Records are checked by checksums, and those behind a damaged one are found.

mod record;
mod recovery;

use alloc::{collections::VecDeque, vec::Vec};

use borsh::{BorshDeserialize, BorshSerialize};
use trellis_core::{AddressBytes, DeviceKey};

use crate::storage::{Bank, Storage};
use record::{MAX_SETTLED, Record};
use recovery::Found;

/// What a device must never forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct State {
    /// The last sequence number that was used; 0 if none was.
    pub last_sequence: u64,
    /// End of the last interval that was signed. None before it is ever signed again.
    pub interval_end_unix: i64,
    /// All that was measured, in nanowatt-seconds: what the counter in attestations shows, and its fraction.
    pub total_nanowatt_seconds: u128,
    /// What the meter's own counter showed at that end, if it has one.
    pub meter_wh: Option<u64>,
}

/// Whose queue it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Owner {
    pub network: AddressBytes,
    /// Kind and padded key.
    pub device: [u8; 34],
}

impl Owner {
    pub fn new(network: AddressBytes, device: &DeviceKey) -> Self {
        Self { network, device: device.to_bytes() }
    }
}

/// Why the queue cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub enum QueueError<E> {
    Storage(E),
    /// It holds the work of another device or network.
    OtherOwner {
        found: Owner,
    },
    /// There are attestations in it, and no bank is whole: this is no power loss.
    Damaged,
    /// So many attestations wait that there is no room for another. The oldest are not thrown away.
    Full {
        waiting: usize,
    },
    /// An attestation that waits cannot be read back.
    Unreadable {
        sequence: u64,
    },
}

impl<E: core::fmt::Display> core::fmt::Display for QueueError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Storage(error) => write!(f, "the queue's storage: {error}"),
            Self::OtherOwner { .. } => f.write_str(
                "the queue holds the work of another device or network: give this one a folder of its own, or bring its key back",
            ),
            Self::Damaged => f.write_str("the queue is damaged: it holds attestations, and neither of its banks is whole"),
            Self::Full { waiting } => {
                write!(f, "the queue is full: {waiting} attestations wait for an oracle, and there is no room for another")
            }
            Self::Unreadable { sequence } => write!(f, "attestation {sequence} in the queue cannot be read back"),
        }
    }
}

impl<E: core::fmt::Debug + core::fmt::Display> core::error::Error for QueueError<E> {}

/// An attestation that waits, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub sequence: u64,
    offset: u32,
    bytes: u32,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Queue<S> {
    storage: S,
    owner: Owner,
    bank: Bank,
    generation: u32,
    /// Where the next record goes.
    end: u32,
    state: State,
    pending: VecDeque<Pending>,
    /// So many of `pending`, the first ones, are synced.
    committed: usize,
    /// What lies at the end is unknown: everything goes to the other bank before anything is appended.
    is_torn: bool,
}

impl<S: Storage> Queue<S> {
    /// Opens what is there. `first`: the state of a device that is new.
    pub fn open(storage: S, owner: Owner, first: State) -> Result<Self, QueueError<S::Error>> {
        let mut queue = Self {
            storage,
            owner,
            bank: Bank::B,
            generation: 0,
            end: 0,
            state: first,
            pending: VecDeque::new(),
            committed: 0,
            is_torn: true,
        };
        if let Some(found) = recovery::find(&mut queue.storage)? {
            if found.owner != owner {
                return Err(QueueError::OtherOwner { found: found.owner });
            }
            queue.adopt(found);
            // What was read may still be on its way to the storage: nothing is sent before it is there.
            queue.storage.sync(queue.bank).map_err(QueueError::Storage)?;
            queue.committed = queue.pending.len();
        }
        if queue.is_torn {
            queue.rewrite()?;
        }
        Ok(queue)
    }

    fn adopt(&mut self, found: Found) {
        let Found { bank, generation, state, pending, end, is_torn, .. } = found;
        (self.bank, self.generation, self.state) = (bank, generation, state);
        (self.pending, self.end, self.is_torn) = (pending, end, is_torn);
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Attestations that wait, also those that are not synced yet.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// What may be sent: a power loss takes none of it back.
    pub(crate) fn committed(&self) -> impl Iterator<Item = Pending> + '_ {
        self.pending.iter().take(self.committed).copied()
    }

    /// Appends an attestation, and the state after it, whose sequence number is the attestation's. It may be sent after
    /// [`commit`](Self::commit). On an error nothing has changed.
    pub fn append(&mut self, state: State, wire: &[u8]) -> Result<(), QueueError<S::Error>> {
        let bytes = Record::Attestation { state, wire: wire.to_vec() }.to_bytes();
        let needed = bytes.len() as u32;
        if self.is_torn || needed > self.room() {
            // It makes room only if it leaves something behind.
            if self.rewritten_bytes().saturating_add(needed) > self.storage.bank_bytes() {
                return Err(QueueError::Full { waiting: self.pending.len() });
            }
            self.rewrite()?;
        }
        let offset = self.put(&bytes)?;
        self.state = state;
        self.pending.push_back(Pending { sequence: state.last_sequence, offset, bytes: needed });
        Ok(())
    }

    /// Returns when everything appended survives a power loss. After an error, it can be called again.
    pub fn commit(&mut self) -> Result<(), QueueError<S::Error>> {
        if self.is_torn {
            return self.rewrite();
        }
        if self.committed < self.pending.len() {
            self.sync()?;
            self.committed = self.pending.len();
        }
        Ok(())
    }

    /// Forgets attestations, by their sequence numbers: they are settled. If a power loss comes before this returns, they may
    /// wait again.
    pub fn settle(&mut self, sequences: &[u64]) -> Result<(), QueueError<S::Error>> {
        let mut sequences: Vec<u64> = sequences.to_vec();
        sequences.sort_unstable();
        let is_settled = |pending: &Pending| sequences.binary_search(&pending.sequence).is_ok();
        let settled: Vec<u64> = self.pending.iter().filter(|one| is_settled(one)).map(|one| one.sequence).collect();
        self.committed -= self.committed().filter(is_settled).count();
        self.pending.retain(|pending| !is_settled(pending));
        for part in settled.chunks(MAX_SETTLED) {
            let bytes = Record::Settled(part.to_vec()).to_bytes();
            if self.is_torn || bytes.len() as u32 > self.room() {
                // What was settled is left behind, this too.
                return self.rewrite();
            }
            self.put(&bytes)?;
        }
        match settled.is_empty() {
            true => Ok(()),
            false => self.sync(),
        }
    }

    /// The wire bytes of an attestation that waits.
    pub(crate) fn wire(&mut self, pending: Pending) -> Result<Vec<u8>, QueueError<S::Error>> {
        let mut bytes = alloc::vec![0; pending.bytes as usize];
        self.storage.read(self.bank, pending.offset, &mut bytes).map_err(QueueError::Storage)?;
        match Record::from_bytes(&bytes) {
            Some(Record::Attestation { wire, state }) if state.last_sequence == pending.sequence => Ok(wire),
            _ => Err(QueueError::Unreadable { sequence: pending.sequence }),
        }
    }

    fn room(&self) -> u32 {
        self.storage.bank_bytes().saturating_sub(self.end)
    }

    /// Length of the other bank after a [`rewrite`](Self::rewrite).
    fn rewritten_bytes(&self) -> u32 {
        let frame = self.begin().to_bytes().len() + Record::Whole.to_bytes().len();
        self.pending.iter().fold(frame as u32, |sum, pending| sum.saturating_add(pending.bytes))
    }

    fn begin(&self) -> Record {
        Record::Begin { generation: self.generation.wrapping_add(1), owner: self.owner, state: self.state }
    }

    /// Writes a record at the end, and gives its offset.
    fn put(&mut self, bytes: &[u8]) -> Result<u32, QueueError<S::Error>> {
        let offset = self.end;
        if let Err(error) = self.storage.append(self.bank, offset, bytes) {
            self.is_torn = true;
            return Err(QueueError::Storage(error));
        }
        self.end += bytes.len() as u32;
        Ok(offset)
    }

    fn sync(&mut self) -> Result<(), QueueError<S::Error>> {
        self.storage.sync(self.bank).map_err(|error| {
            self.is_torn = true;
            QueueError::Storage(error)
        })
    }

    /// Everything that waits goes to the other bank, which counts once its last record is synced.
    fn rewrite(&mut self) -> Result<(), QueueError<S::Error>> {
        let target = self.bank.other();
        self.storage.erase(target).map_err(QueueError::Storage)?;
        let mut end = 0;
        let mut moved = VecDeque::with_capacity(self.pending.len());
        let begin = self.begin();
        Self::write(&mut self.storage, target, &mut end, &begin)?;
        for place in 0..self.pending.len() {
            let Some(pending) = self.pending.get(place).copied() else { break };
            let mut bytes = alloc::vec![0; pending.bytes as usize];
            self.storage.read(self.bank, pending.offset, &mut bytes).map_err(QueueError::Storage)?;
            if Record::from_bytes(&bytes).is_none() {
                return Err(QueueError::Unreadable { sequence: pending.sequence });
            }
            moved.push_back(Pending { offset: end, ..pending });
            self.storage.append(target, end, &bytes).map_err(QueueError::Storage)?;
            end += pending.bytes;
        }
        Self::write(&mut self.storage, target, &mut end, &Record::Whole)?;
        self.storage.sync(target).map_err(QueueError::Storage)?;
        (self.bank, self.end, self.pending) = (target, end, moved);
        (self.committed, self.is_torn) = (self.pending.len(), false);
        self.generation = self.generation.wrapping_add(1);
        Ok(())
    }

    fn write(storage: &mut S, bank: Bank, end: &mut u32, record: &Record) -> Result<(), QueueError<S::Error>> {
        let bytes = record.to_bytes();
        storage.append(bank, *end, &bytes).map_err(QueueError::Storage)?;
        *end += bytes.len() as u32;
        Ok(())
    }
}
