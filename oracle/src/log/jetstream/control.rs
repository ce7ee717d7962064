//! What all machines must agree on, in JetStream's key-value store: how many partitions there are, which bundle closed an
//! epoch, and whose turn it is to close. Values are read from the bucket's leader, never from a replica that may lag.

use async_nats::jetstream::{
    kv::{Store, UpdateErrorKind},
    stream::LastRawMessageErrorKind,
};
use tokio::sync::Mutex;
use trellis_core::{Epoch, Hash};

use super::fault::Fault;
use crate::log::ClosedRow;

const PARTITIONS: &str = "partitions";

/// A value, and the revision that a change of it must name.
pub struct Entry {
    pub value: Vec<u8>,
    pub revision: u64,
}

pub struct Control {
    store: Store,
    /// The closed epochs that were read already: they never change.
    closed: Mutex<Vec<ClosedRow>>,
}

impl Control {
    pub fn new(store: Store) -> Self {
        Self { store, closed: Mutex::default() }
    }

    pub async fn get(&self, key: &str) -> Result<Option<Entry>, Fault> {
        let subject = format!("{}{key}", self.store.prefix);
        match self.store.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => Ok(Some(Entry { value: message.payload.to_vec(), revision: message.sequence })),
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
            Err(error) => Err(Fault::of(error)),
        }
    }

    /// Changes the value that has `revision` (0: none), to a new revision; `None` if somebody else was first.
    pub async fn set(&self, key: &str, value: Vec<u8>, revision: u64) -> Result<Option<u64>, Fault> {
        match self.store.update(key, value.into(), revision).await {
            Ok(revision) => Ok(Some(revision)),
            Err(error) if matches!(error.kind(), UpdateErrorKind::WrongLastRevision) => Ok(None),
            Err(error) => Err(Fault::of(error)),
        }
    }

    /// Sets what is not set yet; what is there afterwards.
    async fn set_once(&self, key: &str, value: &[u8]) -> Result<Vec<u8>, Fault> {
        if self.set(key, value.to_vec(), 0).await?.is_some() {
            return Ok(value.to_vec());
        }
        let entry = self.get(key).await?.ok_or_else(|| Fault::Broker(format!("{key} is set and is not")))?;
        Ok(entry.value)
    }

    /// Errors unless all machines have the same number of partitions: a device belongs to one of them.
    pub async fn agree_on_partitions(&self, wanted: u16) -> Result<(), Fault> {
        let ours = wanted.to_string();
        let found = self.set_once(PARTITIONS, ours.as_bytes()).await?;
        match found == ours.as_bytes() {
            true => Ok(()),
            false => Err(Fault::OtherPartitions { found: String::from_utf8_lossy(&found).into_owned(), wanted }),
        }
    }

    /// The first to name an epoch's bundle wins, for good. Every other bundle is refused.
    pub async fn set_closed(&self, epoch: Epoch, bundle_hash: &Hash) -> Result<(), Fault> {
        let ours = hex::encode(bundle_hash);
        let found = self.set_once(&closed_key(epoch), ours.as_bytes()).await?;
        match found == ours.as_bytes() {
            true => Ok(()),
            false => Err(Fault::ClosedOtherwise { epoch, ours, theirs: String::from_utf8_lossy(&found).into_owned() }),
        }
    }

    /// All closed epochs in order, from 0 on.
    pub async fn closed(&self) -> Result<Vec<ClosedRow>, Fault> {
        let mut rows = self.closed.lock().await;
        loop {
            let epoch = Epoch(rows.len() as u64);
            let Some(entry) = self.get(&closed_key(epoch)).await? else { return Ok(rows.clone()) };
            let mut hash = Hash::default();
            hex::decode_to_slice(&entry.value, &mut hash)
                .map_err(|error| Fault::Broker(format!("the bundle hash of epoch {epoch} is none: {error}")))?;
            rows.push((epoch, hash));
        }
    }
}

fn closed_key(epoch: Epoch) -> String {
    format!("closed.{epoch}")
}
