//! The log over many segments: what is found where, and what it says of a folder that is not its own.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use trellis_core::Epoch;
use trellis_oracle::log::{Appended, Limit, Log, LogError, LogStore, NewRecord};

use crate::{
    log_store::{of_epoch, record},
    world::{INTERVALS_PER_EPOCH, Reading, VAULT, device_key, reading},
};

/// Segments that are full after a handful of records.
const SEGMENT_BYTES: u32 = 1_000;

pub fn open(folder: &Path) -> Result<LogStore, LogError> {
    LogStore::open_with(folder, &VAULT, SEGMENT_BYTES)
}

/// The device's reading of epoch 0 with this sequence number.
fn numbered(device: u8, sequence: u64) -> Reading {
    Reading { sequence, ..reading(device, 0, 100, 100) }
}

pub fn records(device: u8, sequences: impl IntoIterator<Item = u64>) -> Vec<NewRecord> {
    sequences.into_iter().map(|sequence| record(&numbered(device, sequence), sequence as i64)).collect()
}

/// Forty records of two devices in groups of four, over several segments.
pub fn filled(folder: &Path) -> LogStore {
    let store = open(folder).unwrap();
    for group in 0..10u64 {
        let device = 1 + (group % 2) as u8;
        store.append(&records(device, group * 4..group * 4 + 4)).unwrap();
    }
    store
}

pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("epoch-00000000"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// Inverts a byte.
pub fn damage(path: &Path, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[!byte[0]], at).unwrap();
}

/// All forty are there, each found under its first position.
fn assert_filled(store: &LogStore) {
    assert_eq!(store.len().unwrap(), 40);
    let all = of_epoch(store, 0);
    assert_eq!(all.iter().map(|record| record.position).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    for (sequence, stored) in (0..40u64).zip(&all) {
        let device = 1 + (sequence / 4 % 2) as u8;
        assert_eq!(stored.wire, numbered(device, sequence).signed().to_bytes());
        let again = store.append(&records(device, [sequence])).unwrap();
        let wanted = Appended::AlreadyStored { epoch: Epoch(0), position: sequence, received_unix: sequence as i64 };
        assert_eq!(again, [wanted]);
        let other = record(&Reading { energy: 99, ..numbered(device, sequence) }, 9);
        assert_eq!(store.append(&[other]).unwrap(), [Appended::SequenceTaken]);
    }
    let of_first = |sequences, limit| {
        let found = store.of_device(&device_key(1), sequences, limit).unwrap();
        found.iter().map(|one| one.position).collect::<Vec<_>>()
    };
    assert_eq!(of_first(5..=u64::MAX, Limit::First(9)), [8, 9, 10, 11, 16, 17, 18, 19, 24]);
    assert_eq!(of_first(0..=25, Limit::Last(9)), [9, 10, 11, 16, 17, 18, 19, 24, 25]);
}

#[test]
fn records_over_many_segments_are_found_before_and_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    assert_eq!(files(folder.path(), "log").len(), 5);
    assert_filled(&store);
    drop(store);
    assert_filled(&open(folder.path()).unwrap());
}

#[test]
fn records_of_a_closed_epoch_are_found_before_and_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    store.seal(Epoch(0)).unwrap();
    store.set_closed(Epoch(0), &[9; 32]).unwrap();
    assert_filled(&store);
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_filled(&store);
    assert_eq!(store.append(&records(1, [99])).unwrap(), [Appended::EpochClosed]);
    assert_eq!(files(folder.path(), "index").len(), files(folder.path(), "log").len());
}

#[test]
fn index_that_is_gone_or_does_not_fit_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let indexes = files(folder.path(), "index");
    let whole = fs::read(&indexes[0]).unwrap();
    fs::remove_file(&indexes[0]).unwrap();
    fs::write(&indexes[1], b"").unwrap();
    // The index of a shorter segment, as left by a crash; and one whose end is damaged.
    fs::copy(&indexes[3], &indexes[2]).unwrap();
    damage(&indexes[3], fs::metadata(&indexes[3]).unwrap().len() - 1);
    // What a crash left half written goes away.
    fs::write(folder.path().join("epoch-00000000/segment-000000000999.log.new"), b"half").unwrap();
    assert_filled(&open(folder.path()).unwrap());
    assert_eq!(fs::read(&indexes[0]).unwrap(), whole);
    assert!(files(folder.path(), "new").is_empty());
}

#[test]
fn index_with_a_damaged_entry_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    store.seal(Epoch(0)).unwrap();
    store.set_closed(Epoch(0), &[9; 32]).unwrap();
    let index = files(folder.path(), "index").remove(0);
    damage(&index, 3);
    let error = store.append(&records(1, [0])).unwrap_err();
    assert!(matches!(&error, LogError::IndexDamaged { path } if *path == index.display().to_string()), "{error}");
    drop(store);
    fs::remove_file(&index).unwrap();
    assert_filled(&open(folder.path()).unwrap());
}

#[test]
fn state_that_is_gone_or_unreadable_is_no_fresh_start() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let state = folder.path().join("state.json");
    let whole = fs::read_to_string(&state).unwrap();
    let newer = whole.replace("\"version\": 1", "\"version\": 2");
    for (text, detail) in [("{", "EOF"), (&newer, "version is 2"), (&whole.replace("open_from", "open"), "open")] {
        fs::write(&state, text).unwrap();
        let error = open(folder.path()).err().unwrap();
        let LogError::StateUnreadable { detail: said, .. } = &error else { panic!("{error}") };
        assert!(said.contains(detail), "{error}");
    }
    fs::remove_file(&state).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(error, LogError::StateMissing { .. }), "{error}");
    fs::write(&state, whole).unwrap();
    assert_filled(&open(folder.path()).unwrap());
}

#[test]
fn log_of_an_earlier_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.redb"), b"redb").unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(error, LogError::OldFormat { .. }), "{error}");
}

#[test]
fn folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"").unwrap();
    let error = open(&folder.path().join("file/data")).err().unwrap();
    assert!(matches!(&error, LogError::Io { path, .. } if path.ends_with("file/data")), "{error}");
}

#[test]
fn record_longer_than_any_attestation_is_refused_and_nothing_of_its_group_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let mut group = records(1, [50, 51]);
    group[1].wire = vec![1; 5_000];
    let error = store.append(&group).unwrap_err();
    assert!(matches!(error, LogError::TooLong { bytes: 5_000 }), "{error}");
    assert_filled(&store);
    assert!(matches!(store.append(&records(1, [50])).unwrap()[0], Appended::Stored { position: 40, .. }));
}

#[test]
fn forget_removes_a_closed_epoch_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let next = record(&reading(1, INTERVALS_PER_EPOCH, 100, 100), 7);
    store.append(&[next]).unwrap();
    store.seal(Epoch(0)).unwrap();
    for epoch in [0, 1, 2] {
        let error = store.forget(Epoch(epoch)).unwrap_err();
        assert!(matches!(error, LogError::NotClosed { epoch: found } if found == Epoch(epoch)), "{error}");
    }
    store.set_closed(Epoch(0), &[9; 32]).unwrap();
    store.forget(Epoch(0)).unwrap();
    // Again is fine.
    store.forget(Epoch(0)).unwrap();
    assert_forgotten(&store);
    drop(store);
    // A crash in the middle of forgetting leaves a folder that goes away.
    fs::create_dir(folder.path().join("forgotten-00000000")).unwrap();
    fs::write(folder.path().join("forgotten-00000000/segment-000000000000.log"), b"").unwrap();
    assert_forgotten(&open(folder.path()).unwrap());
    assert!(!folder.path().join("forgotten-00000000").exists() && !folder.path().join("epoch-00000000").exists());
}

fn assert_forgotten(store: &LogStore) {
    assert_eq!((store.len().unwrap(), of_epoch(store, 1).len(), of_epoch(store, 0).len()), (1, 1, 0));
    assert_eq!(store.closed().unwrap(), [(Epoch(0), [9; 32])]);
    assert_eq!(store.append(&records(1, [0])).unwrap(), [Appended::EpochClosed]);
}
