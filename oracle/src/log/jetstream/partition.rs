//! One partition: a stream in which attestations and seal markers have one order.
//!
//! A marker closes its epoch for good: what is published for the epoch after its marker counts for nobody. Whoever
//! publishes looks, after the stream's acknowledgement, whether a marker came before; if one did, it publishes again for
//! the next epoch before it answers the device. So nothing is acknowledged that no epoch takes, whatever the machines'
//! views are worth in between.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{PoisonError, RwLock},
    time::Duration,
};

use async_nats::jetstream::{
    Context,
    consumer::{DeliverPolicy, pull},
    message::PublishMessage,
    stream::Stream,
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::{Mutex, mpsc};
use trellis_core::Epoch;

use super::{
    fault::Fault,
    names::{self, Names},
};

/// Longest wait for the next message while reading.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A new leader may need a moment to know all that was acknowledged.
const LOOKS: usize = 10;
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Messages that are handed on at a time.
const READ_CHUNK: usize = 1_024;

/// A stored attestation as it lies in the stream.
pub struct Message {
    pub epoch: Epoch,
    pub sequence: u64,
    pub payload: bytes::Bytes,
}

pub struct Partition {
    pub number: u64,
    names: Names,
    context: Context,
    stream: Stream,
    /// Held while a broker is asked.
    asking: Mutex<()>,
    seen: RwLock<Seen>,
}

/// What is known of a partition's markers.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every marker up to this sequence number is known.
    through: u64,
    /// Sequence number of the first marker of each epoch that has one.
    markers: BTreeMap<Epoch, u64>,
    /// Messages in the stream, markers among them.
    pub messages: u64,
}

impl Seen {
    /// The first epoch without a marker before `sequence`.
    pub fn open_at(&self, sequence: u64) -> Epoch {
        let before = self.markers.iter().rev().find(|(_, marker)| **marker < sequence);
        before.map_or(Epoch(0), |(epoch, _)| Epoch(epoch.get().saturating_add(1)))
    }

    /// The first epoch without a marker.
    pub fn open(&self) -> Epoch {
        self.open_at(u64::MAX)
    }

    /// Attestations in the stream.
    pub fn attestations(&self) -> u64 {
        self.messages.saturating_sub(self.markers.len() as u64)
    }
}

impl Partition {
    pub fn new(number: u64, names: Names, context: Context, stream: Stream) -> Self {
        Self { number, names, context, stream, asking: Mutex::default(), seen: RwLock::default() }
    }

    /// Publishes once: the acknowledgement is the stream's, from a majority of its replicas.
    pub async fn publish(&self, subject: String, publish: PublishMessage) -> Result<(u64, bool), Fault> {
        let acknowledged = self.context.send_publish(subject, publish).await.map_err(Fault::of)?;
        let ack = acknowledged.await.map_err(Fault::of)?;
        Ok((ack.sequence, ack.duplicate))
    }

    /// All markers up to `sequence` at least. Callers that wait for one another share an answer.
    pub async fn seen_through(&self, sequence: u64) -> Result<Seen, Fault> {
        let asking = self.asking.lock().await;
        let mut seen = self.last_seen();
        for number in 0..LOOKS {
            if seen.through >= sequence {
                break;
            }
            if number > 0 {
                tokio::time::sleep(LOOK_PAUSE).await;
            }
            seen = self.look(seen).await?;
        }
        drop(asking);
        match seen.through < sequence {
            // Answered by a server that lags behind what another one has acknowledged.
            true => Err(Fault::Behind { stream: self.names.stream(self.number), sequence, through: seen.through }),
            false => Ok(seen),
        }
    }

    /// All markers, as of now.
    pub async fn look_again(&self) -> Result<Seen, Fault> {
        let _asking = self.asking.lock().await;
        self.look(self.last_seen()).await
    }

    /// What was seen last; may be old.
    pub fn last_seen(&self) -> Seen {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server counts its messages first and lists subjects then: the list holds every marker up to that count.
    async fn look(&self, mut seen: Seen) -> Result<Seen, Fault> {
        let mut info = self.stream.info_with_subjects(self.names.markers(self.number)).await.map_err(Fault::of)?;
        seen.through = seen.through.max(info.info.state.last_sequence);
        seen.messages = info.info.state.messages;
        while let Some((subject, _)) = info.try_next().await.map_err(Fault::of)? {
            let Some((epoch, true)) = names::read_subject(&subject) else { continue };
            if let Entry::Vacant(unknown) = seen.markers.entry(epoch) {
                let first = self.stream.get_first_raw_message_by_subject(&subject, 1).await.map_err(Fault::of)?;
                unknown.insert(first.sequence);
            }
        }
        seen.clone_into(&mut self.seen.write().unwrap_or_else(PoisonError::into_inner));
        Ok(seen)
    }

    /// Writes the markers that are missing up to `epoch`, in order.
    pub async fn seal(&self, epoch: Epoch) -> Result<(), Fault> {
        let mut open = self.look_again().await?.open();
        while open <= epoch {
            let marker = PublishMessage::build().message_id(format!("seal-{open}"));
            self.publish(self.names.marker(self.number, open), marker).await?;
            open = Epoch(open.get().saturating_add(1));
        }
        Ok(())
    }

    /// The message at `sequence`, from the stream's leader.
    pub async fn message_at(&self, sequence: u64) -> Result<Message, Fault> {
        let found = self.stream.get_raw_message(sequence).await.map_err(Fault::of)?;
        let epoch = names::read_subject(&found.subject).map(|(epoch, _)| epoch);
        Ok(Message { epoch: epoch.ok_or(Fault::Foreign { sequence })?, sequence, payload: found.payload })
    }

    /// Sends everything before `epoch`'s marker to `out`, in chunks. The marker ends it: a replica that lags is waited
    /// for, so nothing is left out.
    pub async fn read_epoch(&self, epoch: Epoch, out: mpsc::Sender<(u64, Vec<Message>)>) -> Result<(), Fault> {
        if self.look_again().await?.open() <= epoch {
            return Err(Fault::NotSealed { epoch });
        }
        let filter = self.names.epoch(self.number, epoch);
        let mut messages = self.consume(filter).await?.1;
        let mut chunk = Vec::with_capacity(READ_CHUNK);
        loop {
            let (message, marker) = next(&mut messages).await?;
            if !marker {
                chunk.push(message);
            }
            if marker || chunk.len() == READ_CHUNK {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(READ_CHUNK));
                // A reader that went away wants no more.
                if out.send((self.number, full)).await.is_err() || marker {
                    return Ok(());
                }
            }
        }
    }

    /// What `filter` lets through, as of now.
    pub async fn read_now(&self, filter: String) -> Result<Vec<Message>, Fault> {
        let (pending, mut messages) = self.consume(filter).await?;
        let mut found = Vec::new();
        for _ in 0..pending {
            let (message, marker) = next(&mut messages).await?;
            if !marker {
                found.push(message);
            }
        }
        Ok(found)
    }

    async fn consume(&self, filter: String) -> Result<(u64, pull::Ordered), Fault> {
        let config =
            pull::OrderedConfig { filter_subject: filter, deliver_policy: DeliverPolicy::All, ..Default::default() };
        let consumer = self.stream.create_consumer(config).await.map_err(Fault::of)?;
        let pending = consumer.cached_info().num_pending;
        Ok((pending, consumer.messages().await.map_err(Fault::of)?))
    }

    /// Removes the attestations of `epoch`. Its marker stays: it still says that nothing more is taken.
    pub async fn forget(&self, epoch: Epoch) -> Result<(), Fault> {
        let seen = self.look_again().await?;
        let marker = *seen.markers.get(&epoch).ok_or(Fault::NotSealed { epoch })?;
        // Brokers take "up to the first message" for "all", and would remove the marker.
        if marker > 1 {
            let filter = self.names.epoch(self.number, epoch);
            self.stream.purge().filter(filter).sequence(marker).await.map_err(Fault::of)?;
        }
        Ok(())
    }
}

/// The next message, and whether it is a marker.
async fn next(messages: &mut pull::Ordered) -> Result<(Message, bool), Fault> {
    let next = tokio::time::timeout(READ_TIMEOUT, messages.next()).await.map_err(|_| Fault::Silent)?;
    let message = next.ok_or(Fault::Silent)?.map_err(Fault::of)?;
    let sequence = message.info().map_err(Fault::of)?.stream_sequence;
    let (epoch, marker) = names::read_subject(&message.subject).ok_or(Fault::Foreign { sequence })?;
    Ok((Message { epoch, sequence, payload: message.payload.clone() }, marker))
}
