//! Group commit: one thread writes, and everything that waits goes into one write and one sync.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use trellis_fail_point::reached;

use super::{Append, AppendError, Appended, Appending, LogStore, NewRecord};

/// Most records in one write.
const MAX_GROUP: usize = 16_384;

type Outcome = Result<Vec<Appended>, AppendError>;

struct Job {
    records: Vec<NewRecord>,
    /// Held until the answer is taken: a requester that goes away does not make room for more than may wait.
    room: OwnedSemaphorePermit,
    done: oneshot::Sender<(Outcome, OwnedSemaphorePermit)>,
}

/// Hands records to the writer. Clones share one queue.
#[derive(Clone)]
pub struct Appender {
    /// Bounds records, not requests: each waits with as many permits as it has records.
    permits: Arc<Semaphore>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Append for Appender {
    fn append(&self, records: Vec<NewRecord>) -> Appending<'_> {
        Box::pin(self.send(records))
    }
}

impl Appender {
    async fn send(&self, records: Vec<NewRecord>) -> Outcome {
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
        write_group(store, group);
        if !store.is_usable() {
            // Nobody knows what is on the disk until the log is opened again: stop, so that the process ends and is started
            // anew.
            return;
        }
    }
}

fn write_group(store: &LogStore, group: Vec<Job>) {
    let outcome = store.append(group.iter().flat_map(|job| &job.records));
    reached("log.synced");
    if let Err(error) = &outcome {
        let records: usize = group.iter().map(|job| job.records.len()).sum();
        tracing::error!(%error, records, "log write failed; nothing was acknowledged");
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
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::log::{Log, wire_id};
    use trellis_core::{
        DeviceKey, Epoch,
        attestation::{Attestation, SIGNATURE_BYTES, VERSION, WorkKind},
    };

    fn record(sequence: u64) -> NewRecord {
        let attestation = Attestation {
            version: VERSION,
            network: [2; 32],
            device: DeviceKey::Ed25519([1; 32]),
            sequence,
            interval_start_unix: 0,
            interval_seconds: 600,
            work_kind: WorkKind::Energy,
            payload: Vec::new(),
        };
        let wire = [attestation.to_bytes(), vec![0; SIGNATURE_BYTES]].concat();
        let (device, epoch) = (attestation.device, Epoch(0));
        NewRecord { device, sequence, epoch, latest_epoch: epoch, id: wire_id(&wire), received_unix: 5, wire }
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
        let store = LogStore::open(folder.path(), &[7; 32]).unwrap();
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
        let store = LogStore::open(folder.path(), &[7; 32]).unwrap();
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
        let stored = |position| Appended::Stored { epoch: Epoch(0), position, received_unix: 5 };
        assert_eq!(one.unwrap(), [stored(0), stored(1)]);
        assert_eq!(two.unwrap(), [Appended::AlreadyStored { epoch: Epoch(0), position: 1, received_unix: 5 }]);
        assert_eq!(three.unwrap(), [stored(2)]);
    }
}
