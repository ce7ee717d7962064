//! Appending: publish, wait for the streams' acknowledgements, and look whether a seal came in between.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_nats::{connection::State, jetstream::message::PublishMessage};
use futures_util::future::try_join_all;
use trellis_core::Epoch;
use trellis_epoch::admission::wire_id;

use super::{Streams, fault::Fault, names, partition::Seen};
use crate::log::{Append, AppendError, Appended, Appending, JetStreamLog, NewRecord};

/// What brokers have seen and not settled yet is asked for again this often, and this many times.
const UNSETTLED_PAUSE: Duration = Duration::from_millis(50);
const UNSETTLED_TRIES: usize = 20;

impl Append for JetStreamLog {
    fn append(&self, records: Vec<NewRecord>) -> Appending<'_> {
        Box::pin(async move {
            let wanted = u32::try_from(records.len()).map_err(|_| AppendError::Busy)?;
            let permits = Arc::clone(&self.streams.permits);
            let room = permits.try_acquire_many_owned(wanted).map_err(|_| AppendError::Busy)?;
            let streams = Arc::clone(&self.streams);
            // In a task of its own: a requester that goes away does not make room for more than may be in flight.
            let appending = tokio::spawn(async move {
                let _room = room;
                streams.append(&records).await
            });
            let outcome = appending.await.map_err(|_| AppendError::Stopping)?;
            outcome.map_err(|fault| {
                tracing::warn!(%fault, "nothing was acknowledged");
                AppendError::Unavailable(fault)
            })
        })
    }
}

/// What became of a record that was published.
struct Published {
    /// Which of the records.
    index: usize,
    partition: u64,
    /// The epoch that it was published for.
    epoch: Epoch,
    sequence: u64,
    duplicate: bool,
}

impl Streams {
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Appended>, Fault> {
        if self.client.connection_state() != State::Connected {
            return Err(self.away());
        }
        let mut answers = vec![Appended::EpochClosed; records.len()];
        let mut left: Vec<(usize, Epoch)> = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            let open = self.partition_of(record).last_seen().open();
            left.push((index, record.epoch.max(open)));
        }
        // Each round is for later epochs than the one before, so it ends at `latest_epoch` at last.
        while !left.is_empty() {
            left.retain(|(index, epoch)| *epoch <= records[*index].latest_epoch);
            let published = try_join_all(left.iter().map(|(index, epoch)| self.publish(records, *index, *epoch)));
            let published = published.await?;
            let seen = self.seen_after(&published).await?;
            left.clear();
            for one in &published {
                let open = seen.get(&one.partition).map_or(Epoch(u64::MAX), |seen| seen.open_at(one.sequence));
                match open > one.epoch {
                    // Its epoch was sealed before it came: it counts for nobody.
                    true => left.push((one.index, open)),
                    false => answers[one.index] = self.answer(one, &records[one.index]).await?,
                }
            }
        }
        Ok(answers)
    }

    async fn publish(&self, records: &[NewRecord], index: usize, epoch: Epoch) -> Result<Published, Fault> {
        let record = &records[index];
        let place = self.names.place(&record.device);
        let publish = PublishMessage::build()
            .payload(names::payload(record.received_unix, &record.wire).into())
            .message_id(names::message_id(&record.id, epoch));
        let (partition, subject) = (self.partition_of(record), self.names.attestation(place, epoch));
        let (mut sequence, mut duplicate) = partition.publish(subject.clone(), publish.clone()).await?;
        // The first one is on its way into the stream still, and has no number yet.
        let mut tries = 1;
        while duplicate && sequence == 0 && tries < UNSETTLED_TRIES {
            tokio::time::sleep(UNSETTLED_PAUSE).await;
            (sequence, duplicate) = partition.publish(subject.clone(), publish.clone()).await?;
            tries += 1;
        }
        Ok(Published { index, partition: place.partition, epoch, sequence, duplicate })
    }

    /// Each partition's markers, up to the last of `published` there.
    async fn seen_after(&self, published: &[Published]) -> Result<BTreeMap<u64, Seen>, Fault> {
        let mut last: BTreeMap<u64, u64> = BTreeMap::new();
        for one in published {
            let sequence = last.entry(one.partition).or_default();
            *sequence = one.sequence.max(*sequence);
        }
        let look = |(number, sequence): (u64, u64)| async move {
            Ok::<_, Fault>((number, self.partitions[number as usize].seen_through(sequence).await?))
        };
        Ok(try_join_all(last.into_iter().map(look)).await?.into_iter().collect())
    }

    async fn answer(&self, published: &Published, record: &NewRecord) -> Result<Appended, Fault> {
        let Published { partition, epoch, sequence, duplicate, .. } = *published;
        let position = self.names.position(partition, sequence);
        let received_unix = record.received_unix;
        if !duplicate {
            return Ok(Appended::Stored { epoch, position, received_unix });
        }
        // A broker calls a message a duplicate as soon as it has seen the first one. Only what can be read back is there.
        let mut first = self.partitions[partition as usize].message_at(sequence).await;
        let mut tries = 1;
        while first.is_err() && tries < UNSETTLED_TRIES {
            tokio::time::sleep(UNSETTLED_PAUSE).await;
            first = self.partitions[partition as usize].message_at(sequence).await;
            tries += 1;
        }
        let first = first?;
        let (received_unix, wire) = names::read_payload(&first.payload).ok_or(Fault::Foreign { sequence })?;
        if wire_id(wire) != record.id {
            return Err(Fault::Foreign { sequence });
        }
        Ok(Appended::AlreadyStored { epoch, position, received_unix })
    }
}
