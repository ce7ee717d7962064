//! Threads that judge attestations: those of all waiting requests together, so that many small requests cost no more
//! than few large ones.
//!
//! A thread takes what waits as soon as it is free, at most a batch and no more than its share: no request waits for
//! others to fill a batch up.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::oneshot;
use trellis_epoch::{Policy, signatures::BATCH};

use super::judge::{Refused, Signatures, judge};
use crate::{chain_view::SnapshotCell, clock::Clock, log::NewRecord};

/// Most attestations of a request that stay together: a large request is shared out among the threads.
const CHUNK: usize = 256;

type Judged = Vec<Result<NewRecord, Refused>>;

/// What attestations are judged by.
#[derive(Clone)]
pub struct Bench {
    pub snapshot: SnapshotCell,
    pub policy: Arc<Policy>,
    pub clock: Clock,
    pub signatures: Signatures,
}

/// The threads. Clones share them; they end with the last clone.
#[derive(Clone)]
pub struct Pool(Arc<Handle>);

struct Handle(Arc<Shared>);

struct Shared {
    bench: Bench,
    threads: usize,
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Default)]
struct Queue {
    chunks: VecDeque<Chunk>,
    attestations: usize,
    closed: bool,
}

struct Chunk {
    wires: Vec<Vec<u8>>,
    done: oneshot::Sender<Judged>,
}

/// The threads are gone, or one met a fault of its own: nothing is known of these attestations.
#[derive(Debug)]
pub struct Lost;

impl Pool {
    /// Starts `threads` threads (0 counts as 1).
    pub fn start(bench: Bench, threads: usize) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let shared = Arc::new(Shared { bench, threads, queue: Mutex::default(), filled: Condvar::new() });
        let pool = Self(Arc::new(Handle(Arc::clone(&shared))));
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("verifier-{number}")).spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// The verdict on each of `wires`, in order.
    pub async fn judge(&self, wires: Vec<Vec<u8>>) -> Result<Judged, Lost> {
        let mut judged = Vec::with_capacity(wires.len());
        for answer in self.0.0.push(wires) {
            judged.extend(answer.await.map_err(|_| Lost)?);
        }
        Ok(judged)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.queue().closed = true;
        self.0.filled.notify_all();
    }
}

impl Shared {
    /// Every change of the queue leaves it whole, so a thread that panicked did no harm.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, mut wires: Vec<Vec<u8>>) -> Vec<oneshot::Receiver<Judged>> {
        let mut answers = Vec::with_capacity(wires.len().div_ceil(CHUNK));
        let mut queue = self.queue();
        while !wires.is_empty() {
            let rest = wires.split_off(wires.len().min(CHUNK));
            let (done, answer) = oneshot::channel();
            queue.attestations += wires.len();
            queue.chunks.push_back(Chunk { wires, done });
            answers.push(answer);
            self.filled.notify_one();
            wires = rest;
        }
        answers
    }

    fn work(&self) {
        let mut queue = self.queue();
        loop {
            let batch = queue.take_share(self.threads);
            if !batch.is_empty() {
                drop(queue);
                self.judge(batch);
                queue = self.queue();
            } else if queue.closed {
                return;
            } else {
                queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn judge(&self, batch: Vec<Chunk>) {
        let (mut wires, mut askers) = (Vec::new(), Vec::with_capacity(batch.len()));
        for Chunk { wires: of_chunk, done } in batch {
            askers.push((of_chunk.len(), done));
            wires.extend(of_chunk);
        }
        let Bench { snapshot, policy, clock, signatures } = &self.bench;
        let judging = || judge(wires, *signatures, &snapshot.get(), policy, clock.now_unix());
        // Whoever waits for a batch that panicked is told that it is lost; the thread lives on for all others.
        let Ok(judged) = catch_unwind(AssertUnwindSafe(judging)) else {
            return tracing::error!("a batch of attestations could not be judged");
        };
        let mut judged = judged.into_iter();
        for (count, done) in askers {
            // A requester that went away does not want the verdict.
            let _ = done.send(judged.by_ref().take(count).collect());
        }
    }
}

impl Queue {
    /// The chunks that have waited longest: one thread's share of what waits, and at most a batch.
    fn take_share(&mut self, threads: usize) -> Vec<Chunk> {
        let share = self.attestations.div_ceil(threads).min(BATCH);
        let (mut taken, mut attestations) = (Vec::new(), 0);
        while attestations < share
            && let Some(chunk) = self.chunks.pop_front_if(|chunk| attestations + chunk.wires.len() <= BATCH)
        {
            attestations += chunk.wires.len();
            taken.push(chunk);
        }
        self.attestations -= attestations;
        taken
    }
}
