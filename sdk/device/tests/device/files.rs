//! The queue in files.

use std::{fs, os::unix::fs::PermissionsExt};

use trellis_core::WattHours;
use trellis_device::{
    Device, QueueError, Settings, Work,
    key::SoftwareKey,
    storage::{FileStorage, FileStorageError},
};

use crate::power_loss::SETTINGS;

const BANK_BYTES: u32 = 8_192;

fn open(folder: &std::path::Path) -> Device<SoftwareKey, FileStorage> {
    let storage = FileStorage::open(folder, BANK_BYTES).unwrap();
    let settings = Settings { first_counter: WattHours::ZERO, ..SETTINGS };
    Device::open(settings, SoftwareKey::from_seed(&[1; 32]), storage).unwrap()
}

#[test]
fn queue_in_files_survives_restarts_changes_of_banks_and_torn_tails() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().join("queue");
    let mut sequences = Vec::new();
    for interval in 0..200 {
        let mut device = open(&queue);
        let recorded = device.record(interval * 60, Work::Average { nanowatts: 0 }, i64::MAX).unwrap();
        device.commit().unwrap();
        sequences.push(recorded.sequence);
        if sequences.len() > 20 {
            let oldest = device.batch(7).unwrap().sequences;
            device.settle(&oldest).unwrap();
            assert_eq!(sequences.drain(..7).collect::<Vec<_>>(), oldest);
        }
        drop(device);
        // A power loss within the next write leaves part of it.
        for name in ["a.bank", "b.bank"] {
            let mut bytes = fs::read(queue.join(name)).unwrap();
            bytes.extend(vec![2; interval as usize % 3]);
            fs::write(queue.join(name), bytes).unwrap();
        }
    }
    assert_eq!(open(&queue).batch(100).unwrap().sequences, sequences);
    let mode = fs::metadata(queue.join("a.bank")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn folder_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let error = FileStorage::open(folder.path(), BANK_BYTES).unwrap_err();
    assert!(matches!(error, FileStorageError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("another process uses the queue in"), "{error}");
    drop(first);
    FileStorage::open(folder.path(), BANK_BYTES).unwrap();
}

#[test]
fn folder_and_sizes_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [0, 8_191, 8_193, 64] {
        let error = FileStorage::open(folder.path(), bytes).unwrap_err();
        assert!(matches!(error, FileStorageError::BankSize { bytes: found } if found == bytes), "{error}");
        assert!(error.to_string().contains("multiple of 32 from 8192"), "{error}");
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = FileStorage::open(&file.join("queue"), BANK_BYTES).unwrap_err();
    assert!(matches!(&error, FileStorageError::Io { doing: "create", .. }), "{error}");
    assert!(error.to_string().contains("file/queue"), "{error}");
}

#[test]
fn file_that_lost_its_end_in_the_middle_of_a_bank_is_damaged_or_whole_but_never_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut device = open(folder.path());
    device.record(0, Work::Average { nanowatts: 0 }, i64::MAX).unwrap();
    device.commit().unwrap();
    drop(device);
    let bank = folder.path().join("a.bank");
    let bytes = fs::read(&bank).unwrap();
    // The first record is gone, the reading is not.
    fs::write(&bank, [&[0; 128], &bytes[128..]].concat()).unwrap();
    let storage = FileStorage::open(folder.path(), BANK_BYTES).unwrap();
    let error = Device::open(SETTINGS, SoftwareKey::from_seed(&[1; 32]), storage).err().unwrap();
    assert!(matches!(error, QueueError::Damaged), "{error}");
}
