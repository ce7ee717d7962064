//! A device: key, meter and queue together.

use alloc::vec::Vec;

use trellis_core::{
    AddressBytes, DeviceKey, WattHours,
    attestation::{Attestation, SIGNATURE_BYTES, VERSION, WorkKind, wire_id},
    energy::{EnergyPayload, EnergyReading, Meter},
    exchange,
};

use crate::{
    counter::LastMetered,
    key::{self, DeviceSigner},
    queue::{Owner, Queue, QueueError, State},
    storage::Storage,
};

/// What a device is told of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub network: AddressBytes,
    /// Length of the network's intervals, which start at multiples of it.
    pub interval_seconds: u32,
    /// The H3 cell that the device says it is in, if it says so.
    pub cell: Option<u64>,
    /// What the counter in the first attestation starts from. A counter that falls is refused, so where an older queue of
    /// the same key may have been lost this is to be higher than it ever was.
    pub first_counter: WattHours,
}

/// What was done in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The average power of the whole interval; negative power counts as none.
    Average { nanowatts: i128 },
    /// What a meter counted: see [`CounterIntervals`](crate::CounterIntervals).
    Metered { energy: WattHours, meter: WattHours },
}

/// An attestation that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub sequence: u64,
    pub reading: EnergyReading,
}

/// Why nothing was signed.
#[derive(Debug, PartialEq, Eq)]
pub enum RecordError<K, S> {
    /// It starts at no multiple of the network's interval length, before 1970, or past the end of time.
    Misaligned {
        start_unix: i64,
        interval_seconds: u32,
    },
    /// It is not over yet.
    NotOver {
        end_unix: i64,
        now_unix: i64,
    },
    /// It, or a later one, is signed already. One device never signs two readings for one interval.
    NotAfterLast {
        start_unix: i64,
        last_end_unix: i64,
    },
    /// The counter would pass what 64 bits hold.
    CounterFull,
    /// All sequence numbers are used.
    NoSequenceLeft,
    Key(K),
    Queue(QueueError<S>),
}

impl<K: core::fmt::Display, S: core::fmt::Display> core::fmt::Display for RecordError<K, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Misaligned { start_unix, interval_seconds } => write!(
                f,
                "an interval cannot start at {start_unix} (unix seconds): the network's start at multiples of \
                 {interval_seconds} s"
            ),
            Self::NotOver { end_unix, now_unix } => {
                write!(f, "the interval ends at {end_unix}, and it is {now_unix} (unix seconds): it is not over")
            }
            Self::NotAfterLast { start_unix, last_end_unix } => write!(
                f,
                "the interval starts at {start_unix}, and everything up to {last_end_unix} (unix seconds) is signed"
            ),
            Self::CounterFull => f.write_str("the counter would pass what 64 bits hold"),
            Self::NoSequenceLeft => f.write_str("all sequence numbers are used"),
            Self::Key(error) => write!(f, "the key did not sign: {error}"),
            Self::Queue(error) => error.fmt(f),
        }
    }
}

impl<K, S> core::error::Error for RecordError<K, S>
where
    K: core::fmt::Debug + core::fmt::Display,
    S: core::fmt::Debug + core::fmt::Display,
{
}

/// Attestations to be sent together, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub sequences: Vec<u64>,
    /// What receipts name them by.
    pub ids: Vec<[u8; 32]>,
    /// The request's body: frames of [`trellis_core::exchange`].
    pub body: Vec<u8>,
}

/// A device with its key and its queue.
pub struct Device<K, S> {
    settings: Settings,
    key: K,
    queue: Queue<S>,
}

impl<K: DeviceSigner, S: Storage> Device<K, S> {
    /// Opens the device's queue, or makes it if the storage is empty.
    pub fn open(settings: Settings, key: K, storage: S) -> Result<Self, QueueError<S::Error>> {
        let first = State {
            last_sequence: 0,
            interval_end_unix: i64::MIN,
            total_nanowatt_seconds: Meter::starting_at(settings.first_counter).total_nanowatt_seconds(),
            meter_wh: None,
        };
        let owner = Owner::new(settings.network, &key.public_key());
        Ok(Self { settings, queue: Queue::open(storage, owner, first)?, key })
    }

    pub fn public_key(&self) -> DeviceKey {
        self.key.public_key()
    }

    /// The key's signature over `message`, for what registers the device.
    pub fn sign_message(&mut self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], K::Error> {
        key::sign_message(&mut self.key, message)
    }

    /// Attestations that wait for an answer.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// Everything before this is signed. `None`: nothing is.
    pub fn signed_until_unix(&self) -> Option<i64> {
        let end = self.queue.state().interval_end_unix;
        (end != i64::MIN).then_some(end)
    }

    /// What the meter showed at the end of the last interval, if a meter's counter was recorded for it.
    pub fn last_metered(&self) -> Option<LastMetered> {
        let State { interval_end_unix, meter_wh, .. } = *self.queue.state();
        Some(LastMetered { end_unix: interval_end_unix, meter: WattHours(meter_wh?) })
    }

    /// Signs the work of the interval that starts at `start_unix`, and puts it into the queue; it is safe there after
    /// [`commit`](Self::commit), so that many can share one. On an error nothing has changed.
    ///
    /// `now_unix`: the network's time, at the earliest ([`NetworkClock`](crate::NetworkClock)).
    ///
    /// The sequence number is the interval's own (its start divided by its length), or the one after the last: so it counts
    /// up, and a device that lost its queue goes on with numbers that it did not use.
    pub fn record(
        &mut self,
        start_unix: i64,
        work: Work,
        now_unix: i64,
    ) -> Result<Recorded, RecordError<K::Error, S::Error>> {
        let (state, reading) = self.next(start_unix, work, now_unix)?;
        let attestation = Attestation {
            version: VERSION,
            network: self.settings.network,
            device: self.key.public_key(),
            sequence: state.last_sequence,
            interval_start_unix: start_unix,
            interval_seconds: self.settings.interval_seconds,
            work_kind: WorkKind::Energy,
            payload: EnergyPayload { reading, cell: self.settings.cell }.to_bytes(),
        };
        let signed = key::sign(&mut self.key, attestation).map_err(RecordError::Key)?;
        self.queue.append(state, &signed.to_bytes()).map_err(RecordError::Queue)?;
        Ok(Recorded { sequence: state.last_sequence, reading })
    }

    /// The state after this work, and what is to be signed.
    #[allow(clippy::type_complexity)]
    fn next(
        &self,
        start_unix: i64,
        work: Work,
        now_unix: i64,
    ) -> Result<(State, EnergyReading), RecordError<K::Error, S::Error>> {
        let interval_seconds = self.settings.interval_seconds;
        let misaligned = RecordError::Misaligned { start_unix, interval_seconds };
        let length = i64::from(interval_seconds);
        let (Ok(start), Some(end_unix)) = (u64::try_from(start_unix), start_unix.checked_add(length)) else {
            return Err(misaligned);
        };
        // Zero divides nothing: then no interval is one.
        let number = start.checked_div(interval_seconds.into()).filter(|_| start_unix % length == 0);
        let number = number.ok_or(misaligned)?;
        let State { last_sequence, interval_end_unix, total_nanowatt_seconds, .. } = *self.queue.state();
        if start_unix < interval_end_unix {
            return Err(RecordError::NotAfterLast { start_unix, last_end_unix: interval_end_unix });
        }
        if end_unix > now_unix {
            return Err(RecordError::NotOver { end_unix, now_unix });
        }
        let last_sequence = last_sequence.checked_add(1).ok_or(RecordError::NoSequenceLeft)?.max(number);
        let mut meter = Meter::with_total(total_nanowatt_seconds);
        let (reading, meter_wh) = match work {
            Work::Average { nanowatts } => (meter.measure(nanowatts, interval_seconds), None),
            Work::Metered { energy, meter: shown } => (meter.count(energy), Some(shown.get())),
        };
        let reading = reading.ok_or(RecordError::CounterFull)?;
        let total_nanowatt_seconds = meter.total_nanowatt_seconds();
        Ok((State { last_sequence, interval_end_unix: end_unix, total_nanowatt_seconds, meter_wh }, reading))
    }

    /// Returns when everything recorded survives a power loss. After an error, it can be called again.
    pub fn commit(&mut self) -> Result<(), QueueError<S::Error>> {
        self.queue.commit()
    }

    /// The oldest attestations that wait, at most `most`: of those that a power loss cannot take back.
    pub fn batch(&mut self, most: usize) -> Result<Batch, QueueError<S::Error>> {
        let waiting: Vec<_> = self.queue.committed().take(most).collect();
        let mut batch = Batch::default();
        for pending in waiting {
            let wire = self.queue.wire(pending)?;
            batch.sequences.push(pending.sequence);
            batch.ids.push(wire_id(&wire));
            exchange::append_frame(&wire, &mut batch.body);
        }
        Ok(batch)
    }

    /// Forgets attestations, by their sequence numbers: once their receipts are kept, or they are refused for good.
    pub fn settle(&mut self, sequences: &[u64]) -> Result<(), QueueError<S::Error>> {
        self.queue.settle(sequences)
    }
}
