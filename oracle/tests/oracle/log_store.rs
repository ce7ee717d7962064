//! The log on the disk: once in, never out, never twice.

use std::{path::Path, process::Command};

use proptest::prelude::*;
use trellis_core::Epoch;
use trellis_epoch::admission::attestation_id;
use trellis_oracle::log::{Appended, Limit, Log, LogError, LogRecord, LogStore, NewRecord};

use crate::world::{INTERVALS_PER_EPOCH, Reading, VAULT, device_key, reading};

pub fn open(folder: &Path) -> Result<LogStore, LogError> {
    LogStore::open(folder, &VAULT)
}

/// Everything of `epoch`, in order of arrival.
pub fn of_epoch(store: &LogStore, epoch: u64) -> Vec<LogRecord> {
    let mut all = Vec::new();
    let visited = store.for_each_of_epoch(Epoch(epoch), &mut |record| {
        let LogRecord { epoch, position, received_unix, wire } = record;
        all.push(LogRecord { epoch, position, received_unix, wire: wire.to_vec() });
        Ok(())
    });
    visited.unwrap();
    all
}

/// The record of a reading, received at `received_unix`.
pub fn record(reading: &Reading, received_unix: i64) -> NewRecord {
    let signed = reading.signed();
    let epoch = Epoch((reading.interval / INTERVALS_PER_EPOCH) as u64);
    NewRecord {
        device: signed.attestation.device,
        sequence: signed.attestation.sequence,
        epoch,
        latest_epoch: epoch,
        id: attestation_id(&signed),
        received_unix,
        wire: signed.to_bytes(),
    }
}

fn good(device: u8, interval: i64) -> Reading {
    reading(device, interval, 100, (interval as u64 + 1) * 100)
}

#[test]
fn append_of_the_same_attestation_answers_its_first_position_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let first = store.append(&[record(&good(1, 0), 50), record(&good(1, 1), 51)]).unwrap();
    assert_eq!(
        first,
        [
            Appended::Stored { epoch: Epoch(0), position: 0, received_unix: 50 },
            Appended::Stored { epoch: Epoch(0), position: 1, received_unix: 51 }
        ]
    );
    let again = store.append(&[record(&good(1, 1), 99), record(&good(2, 0), 99), record(&good(2, 0), 98)]).unwrap();
    assert_eq!(
        again,
        [
            Appended::AlreadyStored { epoch: Epoch(0), position: 1, received_unix: 51 },
            Appended::Stored { epoch: Epoch(0), position: 2, received_unix: 99 },
            Appended::AlreadyStored { epoch: Epoch(0), position: 2, received_unix: 99 }
        ]
    );
    assert_eq!(store.len().unwrap(), 3);
}

#[test]
fn append_of_another_attestation_under_a_used_sequence_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store.append(&[record(&good(1, 0), 50)]).unwrap();
    let other = Reading { energy: 99, ..good(1, 0) };
    assert_eq!(store.append(&[record(&other, 51)]).unwrap(), [Appended::SequenceTaken]);
    // Another device may use the number.
    let beside = store.append(&[record(&good(2, 0), 52)]).unwrap();
    assert_eq!(beside, [Appended::Stored { epoch: Epoch(0), position: 1, received_unix: 52 }]);
    assert_eq!(store.len().unwrap(), 2);
}

#[test]
fn append_after_seal_is_closed_but_a_duplicate_still_finds_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store.append(&[record(&good(1, 0), 50)]).unwrap();
    store.seal(Epoch(1)).unwrap();
    let (late_0, late_1) = (record(&good(1, 1), 60), record(&good(1, INTERVALS_PER_EPOCH), 60));
    let next = record(&good(1, 2 * INTERVALS_PER_EPOCH), 60);
    let appended = store.append(&[late_0, late_1, record(&good(1, 0), 60), next]).unwrap();
    assert_eq!(
        appended,
        [
            Appended::EpochClosed,
            Appended::EpochClosed,
            Appended::AlreadyStored { epoch: Epoch(0), position: 0, received_unix: 50 },
            Appended::Stored { epoch: Epoch(2), position: 0, received_unix: 60 }
        ]
    );
    assert_eq!(of_epoch(&store, 0).len(), 1);
    assert!(of_epoch(&store, 1).is_empty());
}

#[test]
fn late_record_goes_to_the_first_open_epoch_that_may_take_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store.append(&[record(&good(1, 0), 50)]).unwrap();
    store.seal(Epoch(0)).unwrap();
    assert_eq!(store.open_from().unwrap(), Epoch(1));
    let late = |interval| NewRecord { latest_epoch: Epoch(2), ..record(&good(1, interval), 60) };
    assert!(matches!(store.append(&[late(1)]).unwrap()[0], Appended::Stored { epoch: Epoch(1), .. }));
    store.seal(Epoch(1)).unwrap();
    assert!(matches!(store.append(&[late(2)]).unwrap()[0], Appended::Stored { epoch: Epoch(2), .. }));
    store.seal(Epoch(2)).unwrap();
    assert_eq!(store.append(&[late(3)]).unwrap(), [Appended::EpochClosed]);
    // Each is found where it went.
    let again = store.append(&[late(0), late(1), late(2)]).unwrap();
    let epochs = again.iter().map(|appended| match appended {
        Appended::AlreadyStored { epoch, .. } => epoch.get(),
        other => panic!("{other:?}"),
    });
    assert_eq!(epochs.collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!([0, 1, 2].map(|epoch| of_epoch(&store, epoch).len()), [1, 1, 1]);
}

#[test]
fn seal_of_an_earlier_epoch_opens_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store.seal(Epoch(3)).unwrap();
    store.seal(Epoch(0)).unwrap();
    let late = record(&good(1, 3 * INTERVALS_PER_EPOCH), 1);
    assert_eq!(store.append(&[late]).unwrap(), [Appended::EpochClosed]);
}

#[test]
fn reopen_after_drop_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let readings: Vec<Reading> = (0..12).map(|interval| good(1, interval)).collect();
    {
        let store = open(folder.path()).unwrap();
        assert!(store.is_empty().unwrap());
        let records: Vec<NewRecord> = readings.iter().map(|reading| record(reading, 7)).collect();
        store.append(&records).unwrap();
        store.seal(Epoch(0)).unwrap();
        store.set_closed(Epoch(0), &[9; 32]).unwrap();
    }
    let store = open(folder.path()).unwrap();
    assert_eq!(store.len().unwrap(), 12);
    assert_eq!(store.closed().unwrap(), [(Epoch(0), [9; 32])]);
    let second = of_epoch(&store, 1);
    assert_eq!(second.iter().map(|record| record.position).collect::<Vec<_>>(), (0..6).collect::<Vec<_>>());
    assert_eq!(second[0].wire, readings[6].signed().to_bytes());
    assert_eq!(second[0].received_unix, 7);
    let unsealed = Reading { sequence: 90, ..good(1, 5) };
    assert_eq!(store.append(&[record(&unsealed, 8)]).unwrap(), [Appended::EpochClosed]);
}

#[test]
fn of_device_lists_by_sequence_from_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    // In another order than their sequence numbers.
    let records = [5, 1, 3].map(|interval| record(&good(1, interval), 1));
    store.append(&records).unwrap();
    store.append(&[record(&good(2, 0), 1)]).unwrap();
    let positions = |sequences, limit| {
        let found = store.of_device(&device_key(1), sequences, limit).unwrap();
        found.iter().map(|record| record.position).collect::<Vec<_>>()
    };
    assert_eq!(positions(0..=u64::MAX, Limit::First(10)), [1, 2, 0]);
    assert_eq!(positions(4..=u64::MAX, Limit::First(10)), [2, 0]);
    assert_eq!(positions(0..=u64::MAX, Limit::First(2)), [1, 2]);
    assert_eq!(positions(7..=u64::MAX, Limit::First(10)), [0u64; 0]);
    assert_eq!(positions(0..=u64::MAX, Limit::Last(10)), [1, 2, 0]);
    assert_eq!(positions(0..=u64::MAX, Limit::Last(2)), [2, 0]);
    assert_eq!(positions(0..=5, Limit::Last(1)), [2]);
    assert_eq!(positions(0..=1, Limit::Last(10)), [0u64; 0]);
    assert!(store.of_device(&device_key(9), 0..=u64::MAX, Limit::First(10)).unwrap().is_empty());
}

#[test]
fn open_of_another_vault_s_log_names_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let error = LogStore::open(folder.path(), &[1; 32]).err().unwrap();
    assert!(matches!(&error, LogError::OtherVault { found, .. } if *found == hex::encode(VAULT)), "{error}");
    assert!(open(folder.path()).is_ok(), "the refusal changed nothing");
}

#[test]
fn open_twice_in_one_process_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(&error, LogError::InUse { path } if path == &folder.path().display().to_string()), "{error}");
    drop(first);
    assert!(open(folder.path()).is_ok());
}

/// Set for the second process of the test below: the folder that it shall try to open.
const OTHER_PROCESS_FOLDER: &str = "TRELLIS_TEST_OPEN_LOG";

#[test]
fn open_from_another_process_is_in_use() {
    if let Some(folder) = std::env::var_os(OTHER_PROCESS_FOLDER) {
        let error = open(Path::new(&folder)).err().unwrap();
        assert!(matches!(error, LogError::InUse { .. }), "{error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let _held = open(folder.path()).unwrap();
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "log_store::open_from_another_process_is_in_use"])
        .env(OTHER_PROCESS_FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stdout));
    assert!(String::from_utf8_lossy(&other.stdout).contains("1 passed"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Batches with repetitions, and a reopened log between any two of them.
    #[test]
    fn any_batches_store_each_attestation_exactly_once(
        batches in prop::collection::vec((prop::collection::vec(0i64..20, 0..12), any::<bool>()), 1..10),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path()).unwrap();
        let mut places = std::collections::BTreeMap::new();
        let mut next = [0u64; 4];
        for (time, (batch, reopen)) in (0i64..).zip(&batches) {
            let records: Vec<NewRecord> = batch.iter().map(|&interval| record(&good(1, interval), time)).collect();
            let appended = store.append(&records).unwrap();
            prop_assert_eq!(appended.len(), batch.len());
            for (interval, appended) in batch.iter().zip(appended) {
                let known = places.get(interval).copied();
                match appended {
                    Appended::Stored { epoch, position, received_unix } => {
                        let next = &mut next[(interval / INTERVALS_PER_EPOCH) as usize];
                        prop_assert_eq!((known, position), (None, *next));
                        *next += 1;
                        places.insert(*interval, (epoch, position, received_unix));
                    }
                    Appended::AlreadyStored { epoch, position, received_unix } => {
                        prop_assert_eq!(known, Some((epoch, position, received_unix)));
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            if *reopen {
                drop(store);
                store = open(folder.path()).unwrap();
            }
        }
        prop_assert_eq!(store.len().unwrap(), places.len() as u64);
        let by_epoch = [0, 1, 2, 3].map(|epoch| of_epoch(&store, epoch).len() as u64);
        prop_assert_eq!(by_epoch, next);
    }
}

#[test]
fn for_each_of_epoch_ends_with_the_first_error_of_the_visitor() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store.append(&[record(&good(1, 0), 1), record(&good(1, 1), 1), record(&good(1, 2), 1)]).unwrap();
    let mut seen = Vec::new();
    let ended = store.for_each_of_epoch(Epoch(0), &mut |record| {
        seen.push(record.position);
        anyhow::ensure!(seen.len() < 2, "enough");
        Ok(())
    });
    assert_eq!((ended.unwrap_err().to_string().as_str(), seen), ("enough", vec![0, 1]));
}
