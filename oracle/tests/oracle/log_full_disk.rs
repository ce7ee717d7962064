//! A disk that takes no more: nothing is acknowledged, nothing is lost, and the log goes on once there is room.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use trellis_core::Epoch;
use trellis_oracle::log::{Appended, Log, LogError};

use crate::{
    log_store::{open, record},
    world::{Reading, reading},
};

/// Set for the processes whose files may not grow: the folder of their log.
const FOLDER: &str = "TRELLIS_TEST_FULL_DISK";

fn numbered(sequence: u64) -> Reading {
    Reading { sequence, ..reading(1, 0, 0, 0) }
}

/// Runs `test` of this program again, with files of at most `blocks` blocks of 512 or 1,024 bytes. A write beyond fails, as
/// on a full disk.
fn run_limited(test: &str, folder: &Path, blocks: u32) -> Output {
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &limited])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[test]
fn full_disk_acknowledges_nothing_and_loses_nothing() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let store = open(Path::new(&folder)).unwrap();
        let first = store.append(&(0..10).map(|n| record(&numbered(n), 1)).collect::<Vec<_>>()).unwrap();
        assert!(first.iter().all(|one| matches!(one, Appended::Stored { .. })));
        // More than fits: a part of it reaches the disk before the write fails.
        let large: Vec<_> = (10..2_000).map(|n| record(&numbered(n), 2)).collect();
        let error = store.append(&large).unwrap_err();
        assert!(matches!(error, LogError::Io { action: "write", .. }), "{error}");
        assert_eq!(store.len().unwrap(), 10);
        assert!(store.is_usable());
        // What fits is taken, at the positions that the refused ones did not get.
        let small = store.append(&[record(&numbered(20), 3), record(&numbered(5), 3)]).unwrap();
        let stored = Appended::Stored { epoch: Epoch(0), position: 10, received_unix: 3 };
        let known = Appended::AlreadyStored { epoch: Epoch(0), position: 5, received_unix: 1 };
        assert_eq!(small, [stored, known]);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    run_limited("log_full_disk::full_disk_acknowledges_nothing_and_loses_nothing", folder.path(), 100);
    // With room again, what was refused is taken.
    let store = open(folder.path()).unwrap();
    assert_eq!(store.len().unwrap(), 11);
    let again = store.append(&(0..40).map(|n| record(&numbered(n), 9)).collect::<Vec<_>>()).unwrap();
    let known = again.iter().filter(|one| matches!(one, Appended::AlreadyStored { .. })).count();
    assert_eq!((known, store.len().unwrap()), (11, 40));
}

#[test]
fn log_that_cannot_be_read_again_after_a_failed_write_takes_nothing_more() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        let store = open(folder).unwrap();
        store.append(&[record(&numbered(0), 1)]).unwrap();
        store.append(&[record(&numbered(1), 1)]).unwrap();
        let segment = folder.join("epoch-00000000/segment-000000000000.log");
        let mut bytes = fs::read(&segment).unwrap();
        bytes[100] ^= 1;
        fs::write(&segment, bytes).unwrap();
        let large: Vec<_> = (10..2_000).map(|n| record(&numbered(n), 2)).collect();
        assert!(matches!(store.append(&large), Err(LogError::Io { .. })));
        assert!(!store.is_usable());
        for error in [store.append(&[record(&numbered(3), 1)]).unwrap_err(), store.seal(Epoch(0)).unwrap_err()] {
            assert!(matches!(error, LogError::Unusable), "{error}");
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "log_full_disk::log_that_cannot_be_read_again_after_a_failed_write_takes_nothing_more";
    run_limited(test, folder.path(), 100);
}
