//! Work over a slice on several threads, with results in order.

use std::sync::{Mutex, PoisonError};

/// Calls `work` for every chunk of `items` with the chunk of `results` at the same places, on up to `threads` threads,
/// the caller's among them. The caller's thread does `meanwhile` first, while the others work already.
pub(crate) fn map_chunks<T: Sync, U: Send, R>(
    items: &[T],
    results: &mut [U],
    chunk: usize,
    threads: usize,
    work: impl Fn(&[T], &mut [U]) + Sync,
    meanwhile: impl FnOnce() -> R,
) -> R {
    let chunk = chunk.max(1);
    let helpers = threads.max(1).min(items.len().div_ceil(chunk)).saturating_sub(1);
    let chunks = Mutex::new(items.chunks(chunk).zip(results.chunks_mut(chunk)));
    let drain = || {
        loop {
            // The lock is held for taking a chunk only; whatever panicked elsewhere, the iterator is whole.
            let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((items, results)) = next else { return };
            work(items, results);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(drain);
        }
        let outcome = meanwhile();
        drain();
        outcome
    })
}
