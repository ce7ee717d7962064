//! Sealing an epoch while attestations come in.

use std::{collections::BTreeSet, sync::Arc, thread};

use trellis_core::Epoch;
use trellis_oracle::log::{Appended, Log, LogStore};

use crate::{
    log_segments::{open, records},
    log_store::of_epoch,
};

const SENDERS: u8 = 4;
const SEALED_AFTER: u64 = 60;

/// Appends until the epoch is closed to it; positions that were acknowledged.
fn append_until_sealed(store: &LogStore, device: u8) -> Vec<u64> {
    let mut positions = Vec::new();
    for sequence in 0.. {
        match store.append(&records(device, [sequence])).unwrap()[0] {
            Appended::Stored { epoch: Epoch(0), position, .. } => positions.push(position),
            Appended::EpochClosed => return positions,
            other => panic!("{other:?}"),
        }
    }
    positions
}

#[test]
fn everything_acknowledged_for_an_epoch_is_in_it_once_it_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()).unwrap());
    let senders: Vec<_> = (1..=SENDERS)
        .map(|device| {
            let store = Arc::clone(&store);
            thread::spawn(move || append_until_sealed(&store, device))
        })
        .collect();
    while store.len().unwrap() < SEALED_AFTER {
        assert!(!senders.iter().any(thread::JoinHandle::is_finished), "a sender ended by itself");
        thread::yield_now();
    }
    store.seal(Epoch(0)).unwrap();
    // What the closer reads at this moment is all that it will ever read.
    let sealed: BTreeSet<u64> = of_epoch(&store, 0).iter().map(|record| record.position).collect();
    let acknowledged: BTreeSet<u64> = senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect();
    assert!(acknowledged.len() as u64 >= SEALED_AFTER);
    assert_eq!(acknowledged, sealed);
    assert_eq!(of_epoch(&store, 0).len(), sealed.len());
}
