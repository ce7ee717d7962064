//! Group commit: many requests, one writer, an answer for each.

use std::sync::Arc;

use proptest::prelude::*;
use trellis_core::Epoch;
use trellis_oracle::log::{Append, AppendError, Appended, Log, LogStore, NewRecord, start};

use crate::{
    log_store::{of_epoch, open, record},
    world::reading,
};

fn good(interval: i64) -> NewRecord {
    record(&reading(1, interval, 0, 0), 5)
}

fn new_log() -> (tempfile::TempDir, Arc<LogStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()).unwrap());
    (folder, store)
}

#[tokio::test]
async fn append_answers_only_what_is_on_the_disk() {
    let (folder, store) = new_log();
    let (appender, writer) = start(Arc::clone(&store), 100).unwrap();
    let appended = appender.append(vec![good(0), good(1)]).await.unwrap();
    assert_eq!(appended.len(), 2);
    drop((appender, store));
    writer.join().unwrap();
    assert_eq!(open(folder.path()).unwrap().len().unwrap(), 2);
}

#[tokio::test]
async fn append_of_nothing_answers_nothing() {
    let (_folder, store) = new_log();
    let (appender, _writer) = start(store, 1).unwrap();
    assert_eq!(appender.append(vec![]).await.unwrap(), []);
}

#[tokio::test]
async fn append_above_what_may_wait_is_busy_and_stores_nothing() {
    let (_folder, store) = new_log();
    let (appender, _writer) = start(Arc::clone(&store), 4).unwrap();
    let error = appender.append((0..5).map(good).collect()).await.unwrap_err();
    assert!(matches!(error, AppendError::Busy), "{error}");
    assert_eq!(store.len().unwrap(), 0);

    // Four wait until their requester takes the answer; a fifth is refused at once, and taken once there is room.
    let waiting = appender.append((0..4).map(good).collect());
    let mut waiting = Box::pin(waiting);
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("an answer without waiting for the disk"),
        () = std::future::ready(()) => {}
    }
    let error = appender.append(vec![good(9)]).await.unwrap_err();
    assert!(matches!(error, AppendError::Busy), "{error}");
    assert_eq!(waiting.await.unwrap().len(), 4);
    assert_eq!(appender.append(vec![good(9)]).await.unwrap().len(), 1);
}

#[test]
fn requester_that_goes_away_before_its_answer_loses_nothing() {
    let (_folder, store) = new_log();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (appender, writer) = start(Arc::clone(&store), 10).unwrap();
    runtime.block_on(async {
        let mut gone = Box::pin(appender.append(vec![good(0)]));
        tokio::select! {
            biased;
            _ = &mut gone => panic!("an answer without waiting for the disk"),
            () = std::future::ready(()) => {}
        }
        drop(gone);
        // The queue is in order, so the first is on the disk when the second is.
        let second = appender.append(vec![good(1)]).await.unwrap();
        assert_eq!(second, [Appended::Stored { epoch: Epoch(0), position: 1, received_unix: 5 }]);
        let again = appender.append(vec![good(0)]).await.unwrap();
        assert_eq!(again, [Appended::AlreadyStored { epoch: Epoch(0), position: 0, received_unix: 5 }]);
    });
    drop(appender);
    writer.join().unwrap();
}

#[test]
fn writer_ends_after_the_last_appender_with_everything_on_the_disk() {
    let (_folder, store) = new_log();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (appender, writer) = start(Arc::clone(&store), 1_000).unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|interval| {
            let appender = appender.clone();
            runtime.spawn(async move { appender.append(vec![good(interval)]).await })
        })
        .collect();
    drop(appender);
    for task in tasks {
        assert!(runtime.block_on(task).unwrap().is_ok());
    }
    writer.join().unwrap();
    assert_eq!(store.len().unwrap(), 50);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Requests at the same time, with overlapping attestations: whoever comes first stores, all others are told where.
    #[test]
    fn any_interleaving_of_batches_stores_each_attestation_exactly_once(
        batches in prop::collection::vec(prop::collection::vec(0i64..24, 1..10), 1..12),
    ) {
        let (_folder, store) = new_log();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        let (appender, _writer) = start(Arc::clone(&store), 1_000).unwrap();
        let tasks: Vec<_> = batches
            .iter()
            .map(|batch| {
                let (appender, records) = (appender.clone(), batch.iter().copied().map(good).collect());
                runtime.spawn(async move { appender.append(records).await })
            })
            .collect();
        let mut stored = std::collections::BTreeMap::new();
        let mut known = Vec::new();
        for (batch, task) in batches.iter().zip(tasks) {
            let appended = runtime.block_on(task).unwrap().unwrap();
            prop_assert_eq!(appended.len(), batch.len());
            for (interval, appended) in batch.iter().zip(appended) {
                match appended {
                    Appended::Stored { epoch, position, .. } => {
                        prop_assert_eq!(stored.insert(*interval, (epoch, position)), None, "stored twice");
                    }
                    Appended::AlreadyStored { epoch, position, .. } => known.push((*interval, (epoch, position))),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
        for (interval, place) in known {
            prop_assert_eq!(stored.get(&interval), Some(&place));
        }
        for epoch in 0..4 {
            let mut positions: Vec<u64> =
                stored.values().filter(|(taken_by, _)| *taken_by == Epoch(epoch)).map(|(_, position)| *position).collect();
            positions.sort_unstable();
            prop_assert_eq!(positions, (0..of_epoch(&store, epoch).len() as u64).collect::<Vec<_>>());
        }
        prop_assert_eq!(store.len().unwrap(), stored.len() as u64);
    }
}
