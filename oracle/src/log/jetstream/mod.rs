//! The log on a NATS JetStream cluster, which many machines share.
//!
//! | part | does |
//! |---|---|
//! | `names` | subjects, streams, message ids, payloads |
//! | `partition` | a stream: attestations and seal markers in one order |
//! | `connect` | the connection |
//! | `set_up` | the streams: created, or found |
//! | `append` | publishes, and answers once the epoch that takes each attestation is certain |
//! | `control` | in the key-value store: partitions, closed epochs |
//! | `lease` | one node closes at a time |
//!
//! An attestation may lie here twice, sent to two nodes or again after minutes; the closer counts it once. Another
//! attestation under the same sequence number is not noticed here but when the epoch closes.

mod append;
mod connect;
mod control;
mod fault;
mod lease;
mod names;
mod partition;
mod set_up;

use std::{
    collections::BTreeMap,
    future::Future,
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{Client, connection::State, jetstream::context::ContextBuilder};
use futures_util::future::try_join_all;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
    task::JoinSet,
};
use trellis_core::{DeviceKey, Epoch, Hash, attestation::SignedAttestation};

pub use fault::Fault;

use self::{connect::connect, control::Control, lease::Turn, names::Names, partition::Partition, set_up::set_up};
use super::{ClosedRow, Limit, Log, LogError, LogRecord, NewRecord, Visitor};
use crate::settings::JetStreamSettings;

/// Longest wait for one answer of a broker: a new leader is chosen in less.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for a number that is only shown.
const COUNT_TIMEOUT: Duration = Duration::from_secs(1);
/// Chunks of messages that wait for the closer while partitions are read.
const WAITING_CHUNKS: usize = 16;

/// The log of one vault.
pub struct JetStreamLog {
    streams: Arc<Streams>,
    runtime: Handle,
    keep_epochs: u64,
    lease_term: Duration,
    turn: Turn,
    /// Ends with the log.
    keeping: Mutex<JoinSet<()>>,
}

/// What is shared with tasks.
struct Streams {
    client: Client,
    servers: String,
    names: Names,
    partitions: Vec<Partition>,
    control: Arc<Control>,
    permits: Arc<Semaphore>,
}

impl Streams {
    fn partition_of(&self, record: &NewRecord) -> &Partition {
        &self.partitions[self.names.place(&record.device).partition as usize]
    }

    fn away(&self) -> Fault {
        Fault::Away { servers: self.servers.clone() }
    }
}

impl JetStreamLog {
    /// Connects, and creates what is missing; brokers that are choosing a leader are waited for. At most `max_pending` attestations are in flight.
    pub async fn open(settings: &JetStreamSettings, vault: &[u8; 32], max_pending: usize) -> Result<Self, Fault> {
        let client = connect(settings).await?;
        let context = ContextBuilder::new()
            .timeout(ANSWER_TIMEOUT)
            .ack_timeout(ANSWER_TIMEOUT)
            .max_ack_inflight(max_pending.saturating_add(1_024))
            .build(client.clone());
        let names = Names::new(&settings.stream_prefix, vault, settings.partitions);
        let (control, partitions) = set_up(&context, &names, settings).await?;
        let control = Arc::new(control);
        let servers = settings.servers.join(", ");
        let permits = Arc::new(Semaphore::new(max_pending));
        let streams = Arc::new(Streams { client, servers, names, partitions, control, permits });
        Ok(Self {
            streams,
            runtime: Handle::current(),
            keep_epochs: u64::from(settings.keep_epochs),
            lease_term: Duration::from_secs(settings.lease_seconds.into()),
            turn: Turn::default(),
            keeping: Mutex::default(),
        })
    }

    /// Is there a broker that lets us in? Creates nothing.
    pub async fn reach(settings: &JetStreamSettings) -> Result<(), Fault> {
        connect(settings).await.map(|_| ())
    }

    /// From now on, and until this is dropped, this node closes epochs whenever no other one does.
    pub fn take_turns(&self) {
        // Another name for every process, so that a node that was started again waits for itself like for any other.
        let node = self.streams.client.new_inbox();
        let keeping = lease::keep(Arc::clone(&self.streams.control), node, self.lease_term, self.turn.clone());
        let mut turns = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        turns.spawn_on(keeping, &self.runtime);
    }

    /// What is wrong with the brokers, if anything is: asks every partition's leader.
    pub async fn ask_for_problem(&self) -> Option<Fault> {
        if self.streams.client.connection_state() != State::Connected {
            return Some(self.streams.away());
        }
        let looking = try_join_all(self.streams.partitions.iter().map(Partition::look_again));
        match tokio::time::timeout(ANSWER_TIMEOUT, looking).await {
            Ok(seen) => seen.err(),
            Err(_) => Some(self.streams.away()),
        }
    }

    /// Waits, off the async threads or on them.
    fn wait<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, LogError> {
        tokio::task::block_in_place(|| self.runtime.block_on(work)).map_err(LogError::JetStream)
    }

    fn record(&self, partition: u64, message: &partition::Message) -> Result<LogRecord, Fault> {
        let sequence = message.sequence;
        let (received_unix, wire) = names::read_payload(&message.payload).ok_or(Fault::Foreign { sequence })?;
        let position = self.streams.names.position(partition, sequence);
        Ok(LogRecord { epoch: message.epoch, position, received_unix, wire: wire.to_vec() })
    }
}

impl Log for JetStreamLog {
    fn seal(&self, epoch: Epoch) -> Result<(), LogError> {
        self.wait(async {
            try_join_all(self.streams.partitions.iter().map(|partition| partition.seal(epoch))).await?;
            Ok(())
        })
    }

    fn open_from(&self) -> Result<Epoch, LogError> {
        self.wait(async {
            let seen = try_join_all(self.streams.partitions.iter().map(Partition::look_again)).await?;
            Ok(seen.iter().map(partition::Seen::open).min().unwrap_or(Epoch(0)))
        })
    }

    fn set_closed(&self, epoch: Epoch, bundle_hash: &Hash) -> Result<(), LogError> {
        self.wait(async {
            self.streams.control.set_closed(epoch, bundle_hash).await?;
            if let Some(old) = epoch.get().checked_sub(self.keep_epochs) {
                try_join_all(self.streams.partitions.iter().map(|partition| partition.forget(Epoch(old)))).await?;
            }
            Ok(())
        })
    }

    fn closed(&self) -> Result<Vec<ClosedRow>, LogError> {
        self.wait(self.streams.control.closed())
    }

    fn turn(&self) -> super::Turn {
        if self.turn.is_ours() { super::Turn::Ours } else { super::Turn::Theirs }
    }

    fn problem(&self) -> Option<String> {
        (self.streams.client.connection_state() != State::Connected).then(|| self.streams.away().to_string())
    }

    fn for_each_of_epoch(&self, epoch: Epoch, visit: &mut Visitor<'_>) -> anyhow::Result<()> {
        let (out, mut chunks) = mpsc::channel(WAITING_CHUNKS);
        let mut reading = JoinSet::new();
        for number in 0..self.streams.names.partitions() {
            let (streams, out) = (Arc::clone(&self.streams), out.clone());
            let read = async move { streams.partitions[number as usize].read_epoch(epoch, out).await };
            reading.spawn_on(read, &self.runtime);
        }
        drop(out);
        while let Some((partition, chunk)) = self.wait(async { Ok(chunks.recv().await) })? {
            for message in chunk {
                let record = self.record(partition, &message).map_err(LogError::JetStream)?;
                let LogRecord { epoch, position, received_unix, wire } = record;
                visit(LogRecord { epoch, position, received_unix, wire: &wire })?;
            }
        }
        // Only if every partition was read to its marker is this all.
        self.wait(async {
            while let Some(read) = reading.join_next().await {
                read.map_err(Fault::of)??;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn of_device(
        &self,
        device: &DeviceKey,
        sequences: RangeInclusive<u64>,
        limit: Limit,
    ) -> Result<Vec<LogRecord>, LogError> {
        let place = self.streams.names.place(device);
        let partition = &self.streams.partitions[place.partition as usize];
        let found = self.wait(partition.read_now(self.streams.names.bucket(place)))?;
        let mut by_sequence = BTreeMap::new();
        for message in found {
            let record = self.record(place.partition, &message).map_err(LogError::JetStream)?;
            let sequence = message.sequence;
            let signed = SignedAttestation::from_bytes(&record.wire)
                .map_err(|_| LogError::JetStream(Fault::Foreign { sequence }))?;
            let attestation = signed.attestation;
            if attestation.device == *device && sequences.contains(&attestation.sequence) {
                by_sequence.entry(attestation.sequence).or_insert(record);
            }
        }
        Ok(limit.of(by_sequence.into_values().collect()))
    }

    fn forget(&self, epoch: Epoch) -> Result<(), LogError> {
        if !self.closed()?.iter().any(|(closed, _)| *closed == epoch) {
            return Err(LogError::NotClosed { epoch });
        }
        self.wait(async {
            try_join_all(self.streams.partitions.iter().map(|partition| partition.forget(epoch))).await?;
            Ok(())
        })
    }

    /// As it was last seen, if the brokers do not answer at once.
    fn len(&self) -> Result<u64, LogError> {
        self.wait(async {
            if self.streams.client.connection_state() == State::Connected {
                let looking = try_join_all(self.streams.partitions.iter().map(Partition::look_again));
                let _ = tokio::time::timeout(COUNT_TIMEOUT, looking).await;
            }
            Ok(self.streams.partitions.iter().map(|partition| partition.last_seen().attestations()).sum())
        })
    }
}
