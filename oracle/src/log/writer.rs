//! Group commit: one thread writes, and everything that waits goes into one transaction and one fsync.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{Appended, LogStore, NewRecord};

/// Most records in one transaction.
const MAX_GROUP: usize = 16_384;

struct Job {
    records: Vec<NewRecord>,
    done: oneshot::Sender<Result<Vec<Appended>, AppendError>>,
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
}

/// Hands records to the writer. Clones share one queue.
#[derive(Clone)]
pub struct Appender {
    /// Bounds records, not requests: each waits with as many permits as it has records.
    permits: Arc<tokio::sync::Semaphore>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Appender {
    /// Returns once all records are on the disk. Never waits for room: a full queue is said at once.
    pub async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Appended>, AppendError> {
        let wanted = u32::try_from(records.len()).map_err(|_| AppendError::Busy)?;
        let _room = self.permits.try_acquire_many(wanted).map_err(|_| AppendError::Busy)?;
        let (done, answer) = oneshot::channel();
        self.jobs.send(Job { records, done }).map_err(|_| AppendError::Stopping)?;
        answer.await.map_err(|_| AppendError::Stopping)?
    }
}

/// Starts the writer's thread. It ends when the last [`Appender`] is dropped.
pub fn start(store: Arc<LogStore>, max_pending: usize) -> std::io::Result<(Appender, std::thread::JoinHandle<()>)> {
    let (jobs, queue) = mpsc::unbounded_channel();
    let permits = Arc::new(tokio::sync::Semaphore::new(max_pending));
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
    }
}

fn write_group(store: &LogStore, group: Vec<Job>) {
    let records: Vec<NewRecord> = group.iter().flat_map(|job| job.records.iter().cloned()).collect();
    let outcome = store.append(&records);
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
        let _ = job.done.send(answer);
    }
}
