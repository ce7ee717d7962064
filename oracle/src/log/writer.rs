//! Group commit: one thread writes, and everything that waits goes into one transaction and one fsync.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use trellis_fail_point::reached;

use super::{Appended, LogStore, NewRecord};

/// Most records in one transaction.
const MAX_GROUP: usize = 16_384;

type Outcome = Result<Vec<Appended>, AppendError>;

struct Job {
    records: Vec<NewRecord>,
    /// Held until the answer is taken: a requester that goes away does not make room for more than may wait.
    room: OwnedSemaphorePermit,
    done: oneshot::Sender<(Outcome, OwnedSemaphorePermit)>,
}

/// Why records were not appended. None of them is in the log then, or all are and were not acknowledged: sending them
/// again is safe.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    #[error("too many attestations are waiting for the disk; send this again in a second")]
    Busy,
    #[error("the log could not be written: {0}")]
    Storage(String),
    #[error("the oracle is stopping; send this again when it is back")]
    Stopping,
    /// It is in the log: sending it again gets the receipt, once the key can be asked again.
    #[error("stored, but the receipt cannot be signed now; send this again: {0}")]
    NoReceipt(String),
}

/// Hands records to the writer. Clones share one queue.
#[derive(Clone)]
pub struct Appender {
    /// Bounds records, not requests: each waits with as many permits as it has records.
    permits: Arc<Semaphore>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Appender {
    /// Returns once all records are on the disk. Never waits for room: a full queue is said at once.
    pub async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Appended>, AppendError> {
        let wanted = u32::try_from(records.len()).map_err(|_| AppendError::Busy)?;
        let room = Arc::clone(&self.permits).try_acquire_many_owned(wanted).map_err(|_| AppendError::Busy)?;
        let (done, answer) = oneshot::channel();
        self.jobs.send(Job { records, room, done }).map_err(|_| AppendError::Stopping)?;
        let (outcome, _room) = answer.await.map_err(|_| AppendError::Stopping)?;
        outcome
    }
}

/// Starts the writer's thread. It ends when the last [`Appender`] is dropped.
pub fn start(store: Arc<LogStore>, max_pending: usize) -> std::io::Result<(Appender, std::thread::JoinHandle<()>)> {
    let (jobs, queue) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(max_pending));
    let thread = std::thread::Builder::new().name("log-writer".to_owned()).spawn(move || write_all(&store, queue))?;
    Ok((Appender { permits, jobs }, thread))
}

fn write_all(store: &LogStore, mut queue: mpsc::UnboundedReceiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        let mut records = group[0].records.len();
        while records < MAX_GROUP
            && let Ok(job) = queue.try_recv()
        {
            records += job.records.len();
            group.push(job);
        }
        if !write_group(store, group) {
            // The store stays broken until it is opened again: stop, so that the process ends and is started anew.
            return;
        }
    }
}

/// False if the log could not be written.
fn write_group(store: &LogStore, group: Vec<Job>) -> bool {
    let records: Vec<NewRecord> = group.iter().flat_map(|job| job.records.iter().cloned()).collect();
    let outcome = store.append(&records);
    reached("log.synced");
    if let Err(error) = &outcome {
        tracing::error!(%error, records = records.len(), "log write failed; nothing was acknowledged");
    }
    let mut appended = outcome.map(Vec::into_iter).map_err(|error| AppendError::Storage(error.to_string()));
    for job in group {
        let answer = match &mut appended {
            Ok(all) => Ok(all.by_ref().take(job.records.len()).collect()),
            Err(error) => Err(error.clone()),
        };
        // A requester that went away loses nothing: it can ask again and gets the same receipt.
        let _ = job.done.send((answer, job.room));
    }
    appended.is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use trellis_core::{DeviceKey, Epoch};

    fn record(sequence: u64) -> NewRecord {
        NewRecord {
            device: DeviceKey::Ed25519([1; 32]),
            sequence,
            epoch: Epoch(0),
            id: [sequence as u8; 32],
            received_unix: 5,
            wire: vec![1],
        }
    }

    /// An appender whose writer has not begun.
    fn idle(max_pending: usize) -> (Appender, mpsc::UnboundedReceiver<Job>) {
        let (jobs, queue) = mpsc::unbounded_channel();
        (Appender { permits: Arc::new(Semaphore::new(max_pending)), jobs }, queue)
    }

    /// Asks, and goes away unless the answer is there at once.
    async fn ask_and_leave(appender: &Appender, records: Vec<NewRecord>) -> Option<Outcome> {
        tokio::select! {
            biased;
            outcome = appender.append(records) => Some(outcome),
            () = std::future::ready(()) => None,
        }
    }

    #[tokio::test]
    async fn requesters_that_leave_make_no_room_before_their_records_are_written() {
        let (appender, queue) = idle(3);
        assert!(ask_and_leave(&appender, vec![record(0), record(1)]).await.is_none());
        let too_many = ask_and_leave(&appender, vec![record(2), record(3)]).await;
        assert!(matches!(too_many, Some(Err(AppendError::Busy))), "{too_many:?}");
        assert!(ask_and_leave(&appender, vec![record(2)]).await.is_none());
        assert_eq!(appender.permits.available_permits(), 0);

        let folder = tempfile::tempdir().unwrap();
        let store = LogStore::open(&folder.path().join("log.redb"), &[7; 32]).unwrap();
        let permits = Arc::clone(&appender.permits);
        drop(appender);
        std::thread::scope(|scope| scope.spawn(|| write_all(&store, queue)).join()).unwrap();
        assert_eq!((store.len().unwrap(), permits.available_permits()), (3, 3));
    }

    #[tokio::test]
    async fn append_without_a_writer_is_stopping() {
        let (appender, queue) = idle(3);
        drop(queue);
        assert!(matches!(appender.append(vec![record(0)]).await, Err(AppendError::Stopping)));
        assert_eq!(appender.permits.available_permits(), 3);
    }

    #[tokio::test]
    async fn waiting_requests_go_into_one_group_and_each_gets_its_own_answers() {
        let (appender, queue) = idle(10);
        let folder = tempfile::tempdir().unwrap();
        let store = LogStore::open(&folder.path().join("log.redb"), &[7; 32]).unwrap();
        let write = async {
            let mut queue = queue;
            let group: Vec<Job> = std::iter::from_fn(|| queue.try_recv().ok()).collect();
            assert_eq!(group.len(), 3);
            write_group(&store, group);
        };
        let (one, two, three, ()) = tokio::join!(
            appender.append(vec![record(0), record(1)]),
            appender.append(vec![record(1)]),
            appender.append(vec![record(2)]),
            write
        );
        let stored = |position| Appended::Stored { position, received_unix: 5 };
        assert_eq!(one.unwrap(), [stored(0), stored(1)]);
        assert_eq!(two.unwrap(), [Appended::AlreadyStored { position: 1, received_unix: 5 }]);
        assert_eq!(three.unwrap(), [stored(2)]);
    }
}
