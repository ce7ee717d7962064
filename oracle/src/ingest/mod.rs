//! Takes attestations in: admission, log, receipt. Answers only after the log is on the disk.

mod answer;
mod judge;
mod outcomes;
mod pool;
mod taken;
mod tally;

pub use answer::Answer;
pub use judge::Signatures;
pub use taken::{Outcome, Taken};
pub use tally::Tally;

use std::{num::NonZero, sync::Arc, thread};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;
use trellis_epoch::Policy;
use trellis_fail_point::reached;

use crate::{
    chain_view::SnapshotCell,
    clock::Clock,
    key::OracleKey,
    limits::DeviceLimit,
    log::{Append, AppendError},
};
use outcomes::Outcomes;
use pool::{Bench, Pool};

/// Everything that ingest needs.
pub struct Parts {
    pub snapshot: SnapshotCell,
    pub policy: Arc<Policy>,
    pub clock: Clock,
    pub appender: Arc<dyn Append>,
    pub key: Arc<OracleKey>,
    pub devices: DeviceLimit,
    /// Most attestations that are being judged or wait for the disk.
    pub max_pending: usize,
    pub signatures: Signatures,
}

/// Takes attestations in. Clones share one queue.
#[derive(Clone)]
pub struct Ingest(Arc<Inner>);

struct Inner {
    snapshot: SnapshotCell,
    policy: Arc<Policy>,
    appender: Arc<dyn Append>,
    key: Arc<OracleKey>,
    devices: DeviceLimit,
    pool: Pool,
    /// A permit for each attestation that is being taken in.
    room: Arc<Semaphore>,
    max_pending: usize,
}

/// Room for attestations that are being taken in.
pub struct Room(OwnedSemaphorePermit);

impl Ingest {
    /// Starts the threads that judge: one a core.
    pub fn start(parts: Parts) -> std::io::Result<Self> {
        let Parts { snapshot, policy, clock, appender, key, devices, max_pending, signatures } = parts;
        let bench = Bench { snapshot: snapshot.clone(), policy: Arc::clone(&policy), clock, signatures };
        let pool = Pool::start(bench, thread::available_parallelism().map_or(1, NonZero::get))?;
        let max_pending = max_pending.min(Semaphore::MAX_PERMITS);
        let room = Arc::new(Semaphore::new(max_pending));
        Ok(Self(Arc::new(Inner { snapshot, policy, appender, key, devices, pool, room, max_pending })))
    }

    /// The policy that attestations are judged by.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.0.policy
    }

    /// Judges each of `wires` on its own and stores the good ones. One outcome for each, in order. Never waits for room:
    /// a full queue is said at once.
    ///
    /// An error means that nothing was acknowledged; sending the same again is safe.
    pub async fn take(&self, wires: Vec<Vec<u8>>) -> Result<Taken, AppendError> {
        let wanted = u32::try_from(wires.len()).map_err(|_| AppendError::Busy)?;
        let room = Arc::clone(&self.0.room).try_acquire_many_owned(wanted).map_err(|_| AppendError::Busy)?;
        self.take_in(wires, Room(room)).await
    }

    /// Most attestations that there is ever room for.
    pub fn most_at_once(&self) -> usize {
        self.0.max_pending
    }

    /// Waits until there is room for `attestations`, which must not be more than [`most_at_once`](Self::most_at_once).
    pub async fn room_for(&self, attestations: usize) -> Result<Room, AppendError> {
        let wanted = u32::try_from(attestations).ok().filter(|_| attestations <= self.0.max_pending);
        let wanted = wanted.ok_or(AppendError::Busy)?;
        let room = Arc::clone(&self.0.room).acquire_many_owned(wanted).await;
        Ok(Room(room.map_err(|_| AppendError::Stopping)?))
    }

    /// As [`take`](Self::take), in `room` that is there already. It is given back when all is done, even if whoever asked
    /// has gone away: a requester that leaves makes no room for more than may wait.
    pub async fn take_in(&self, wires: Vec<Vec<u8>>, room: Room) -> Result<Taken, AppendError> {
        let inner = Arc::clone(&self.0);
        let span = tracing::debug_span!("ingest", attestations = wires.len());
        let taking = async move {
            let taken = inner.take(wires).await;
            drop(room.0);
            taken
        };
        tokio::spawn(taking.instrument(span)).await.map_err(|_| AppendError::Stopping)?
    }
}

impl Inner {
    async fn take(&self, wires: Vec<Vec<u8>>) -> Result<Taken, AppendError> {
        let judging = self.pool.judge(wires).instrument(tracing::debug_span!("admit"));
        let judged = judging.await.map_err(|_| AppendError::Stopping)?;
        let snapshot = self.snapshot.get();
        let (outcomes, records) = Outcomes::of_judged(&snapshot, judged, &self.devices);
        reached("ingest.admitted");
        let appended = match records.is_empty() {
            true => Vec::new(),
            false => match self.appender.append(records).instrument(tracing::debug_span!("append")).await {
                Ok(appended) => appended,
                Err(error) => {
                    outcomes.give_back();
                    return Err(error);
                }
            },
        };
        reached("ingest.stored");
        let signing = tracing::debug_span!("receipts");
        let signed = signing.in_scope(|| Taken::sign(snapshot.network, outcomes.with_stored(appended), &self.key));
        reached("ingest.signed");
        signed.map_err(|error| AppendError::NoReceipt(error.to_string()))
    }
}
