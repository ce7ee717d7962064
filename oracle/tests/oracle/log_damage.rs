//! What the log makes of its files after crashes and damage.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use trellis_core::Epoch;
use trellis_oracle::log::{Appended, Log, LogError, LogStore};

use crate::log_segments::{damage, files, filled, open, records};

/// What the last segment is before its last group, and with it.
fn last_group(folder: &Path) -> (PathBuf, u64, u64) {
    let store = open(folder).unwrap();
    store.append(&records(1, 0..3)).unwrap();
    let segment = files(folder, "log").pop().unwrap();
    let before = fs::metadata(&segment).unwrap().len();
    store.append(&records(1, 3..5)).unwrap();
    (segment.clone(), before, fs::metadata(&segment).unwrap().len())
}

#[test]
fn last_group_torn_at_any_byte_is_cut_off_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (segment, before, whole) = last_group(folder.path());
    let bytes = fs::read(&segment).unwrap();
    for end in before..whole {
        fs::write(&segment, &bytes[..end as usize]).unwrap();
        let store = open(folder.path()).unwrap();
        assert_eq!(store.len().unwrap(), 3, "torn at byte {end}");
        assert_eq!(fs::metadata(&segment).unwrap().len(), before, "torn at byte {end}");
    }
    // It goes on as if the group had never been.
    let store = open(folder.path()).unwrap();
    let appended = store.append(&records(1, [4, 3])).unwrap();
    let stored = |position, received_unix| Appended::Stored { epoch: Epoch(0), position, received_unix };
    assert_eq!(appended, [stored(3, 4), stored(4, 3)]);
    drop(store);
    assert_eq!(open(folder.path()).unwrap().len().unwrap(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Pages come to the disk in any order: a crash may leave any of the last group's bytes zero or wrong.
    #[test]
    fn last_group_with_any_bytes_lost_is_cut_off_or_whole(
        lost in (0.0f64..1.0, 0.0f64..1.0), zeros in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (segment, before, whole) = last_group(folder.path());
        let mut bytes = fs::read(&segment).unwrap();
        let at = |part: f64| before as usize + (part * (whole - before) as f64) as usize;
        let (from, to) = (at(lost.0.min(lost.1)), at(lost.0.max(lost.1)) + 1);
        let original = bytes.clone();
        for byte in &mut bytes[from..to] {
            *byte = if zeros { 0 } else { !*byte };
        }
        fs::write(&segment, &bytes).unwrap();
        let records = if bytes == original { 5 } else { 3 };
        prop_assert_eq!(open(folder.path()).unwrap().len().unwrap(), records);
    }

    /// Whatever byte of acknowledged records is wrong, the log says so instead of going on without them.
    #[test]
    fn any_damaged_byte_before_the_last_group_is_an_error_that_names_the_segment(part in 0.0f64..1.0) {
        let folder = tempfile::tempdir().unwrap();
        let (segment, before, _) = last_group(folder.path());
        damage(&segment, (part * before as f64) as u64);
        let error = open(folder.path()).err().unwrap();
        let named = matches!(&error, LogError::Damaged { path, .. } if *path == segment.display().to_string());
        prop_assert!(named, "{}", error);
        prop_assert!(error.to_string().contains("backup"), "{}", error);
    }
}

#[test]
fn damaged_byte_of_a_full_segment_is_an_error_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let segment = files(folder.path(), "log").remove(0);
    damage(&segment, 200);
    let store = open(folder.path()).unwrap();
    let read = store.for_each_of_epoch(Epoch(0), &mut |_| Ok(())).unwrap_err();
    let error = read.downcast::<LogError>().unwrap();
    assert!(matches!(&error, LogError::Damaged { path, .. } if *path == segment.display().to_string()), "{error}");
    let error = store.append(&records(1, [0])).unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
    assert!(store.is_usable(), "the others' attestations are taken all the same");
    assert!(matches!(store.append(&records(1, [99])).unwrap()[0], Appended::Stored { position: 40, .. }));
}

#[test]
fn segment_that_was_cut_after_it_was_full_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let segment = files(folder.path(), "log").remove(1);
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(&error, LogError::Damaged { path, .. } if *path == segment.display().to_string()), "{error}");
}

#[test]
fn segment_that_is_gone_is_named_by_its_first_position() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let segments = files(folder.path(), "log");
    let first = segments[2].file_stem().unwrap().to_str().unwrap().rsplit('-').next().unwrap().parse::<u64>().unwrap();
    fs::remove_file(&segments[2]).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(error, LogError::SegmentMissing { position, .. } if position == first), "{error}");
}

#[test]
fn segment_of_another_vault_or_epoch_is_refused() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(filled(folder.path()));
    let segment = files(folder.path(), "log").pop().unwrap();
    let foreign = LogStore::open(other.path(), &[1; 32]).unwrap();
    foreign.append(&records(1, [0])).unwrap();
    let whole = fs::read(&segment).unwrap();
    fs::copy(files(other.path(), "log").remove(0), &segment).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(&error, LogError::OtherVault { found, .. } if *found == hex::encode([1; 32])), "{error}");

    fs::write(&segment, whole).unwrap();
    fs::rename(folder.path().join("epoch-00000000"), folder.path().join("epoch-00000004")).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(error, LogError::OtherEpoch { found: Epoch(0), .. }), "{error}");
}
