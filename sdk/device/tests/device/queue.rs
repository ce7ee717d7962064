//! The queue: full, damaged, another's.

use trellis_core::{DeviceKey, WattHours};
use trellis_device::{
    Device, QueueError, RecordError, Settings, Work,
    key::SoftwareKey,
    queue::Owner,
    storage::{Bank, Storage, WRITE_BYTES},
};

use crate::{
    flash::{Flash, PowerLoss},
    oracle::INTERVAL_SECONDS,
    power_loss::{SETTINGS, TestDevice, open},
};

const NOW_UNIX: i64 = 1_000_000_000;

fn record(device: &mut TestDevice, interval: i64) -> Result<u64, RecordError<std::convert::Infallible, PowerLoss>> {
    let work = Work::Average { nanowatts: 60_000_000_000 };
    Ok(device.record(interval * i64::from(INTERVAL_SECONDS), work, NOW_UNIX)?.sequence)
}

#[test]
fn full_queue_keeps_the_oldest_and_has_room_again_when_some_are_settled() {
    let flash = Flash::new(1_024);
    let mut device = open(&flash).unwrap();
    let mut count = 0;
    let error = loop {
        match record(&mut device, count) {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, RecordError::Queue(QueueError::Full { waiting: count as usize }));
    assert!(error.to_string().contains("the queue is full: 3 attestations wait"), "{error}");
    device.commit().unwrap();
    let batch = device.batch(2).unwrap();
    assert_eq!(batch.sequences, [1, 2]);
    device.settle(&batch.sequences).unwrap();
    assert_eq!(record(&mut device, count), Ok(count as u64 + 1));
    drop(device);
    assert_eq!(open(&flash).unwrap().pending(), count as usize - 1);
}

#[test]
fn batch_holds_only_what_was_committed() {
    let mut device = open(&Flash::new(8_192)).unwrap();
    record(&mut device, 0).unwrap();
    assert!(device.batch(9).unwrap().sequences.is_empty());
    device.commit().unwrap();
    record(&mut device, 1).unwrap();
    assert_eq!(device.batch(9).unwrap().sequences, [1]);
    assert_eq!(device.pending(), 2);
    device.settle(&[1, 77]).unwrap();
    assert!(device.batch(9).unwrap().sequences.is_empty());
    device.commit().unwrap();
    assert_eq!(device.batch(9).unwrap().sequences, [2]);
}

#[test]
fn queue_of_another_key_or_network_is_refused_and_left_as_it_is() {
    let flash = Flash::new(8_192);
    let mut device = open(&flash).unwrap();
    record(&mut device, 0).unwrap();
    device.commit().unwrap();
    drop(device);
    let written = flash.written();
    let other_key = Device::open(SETTINGS, SoftwareKey::from_seed(&[2; 32]), flash.clone()).err().unwrap();
    let key = trellis_device::DeviceSigner::public_key(&SoftwareKey::from_seed(&[1; 32]));
    assert_eq!(other_key, QueueError::OtherOwner { found: Owner::new(SETTINGS.network, &key) });
    assert!(other_key.to_string().contains("another device or network"), "{other_key}");
    let elsewhere = Settings { network: [8; 32], ..SETTINGS };
    let other_network = Device::open(elsewhere, SoftwareKey::from_seed(&[1; 32]), flash.clone()).err().unwrap();
    assert!(matches!(other_network, QueueError::OtherOwner { .. }), "{other_network}");
    assert_eq!(flash.written(), written);
    assert_eq!(open(&flash).unwrap().pending(), 1);
}

/// Within the second reading of [`four`]: the first record has 128 bytes, the one that makes the bank whole 32, a reading 224.
const SECOND_READING: usize = 128 + 32 + 224 + 40;

/// A queue with four committed readings, and the bank that they lie in.
fn four(flash: &Flash) -> Bank {
    let mut device = open(flash).unwrap();
    for interval in 0..4 {
        record(&mut device, interval).unwrap();
    }
    device.commit().unwrap();
    Bank::A
}

#[test]
fn damaged_record_costs_itself_alone() {
    let flash = Flash::new(8_192);
    let bank = four(&flash);
    flash.damage(bank, SECOND_READING);
    let mut device = open(&flash).unwrap();
    assert_eq!(device.batch(9).unwrap().sequences, [1, 3, 4]);
    assert_eq!(device.signed_until_unix(), Some(4 * i64::from(INTERVAL_SECONDS)));
    // What was found went to the other bank; the next start finds it whole.
    drop(device);
    let written = flash.written();
    assert_eq!(open(&flash).unwrap().batch(9).unwrap().sequences, [1, 3, 4]);
    assert_eq!(flash.written(), written + 1, "it was written anew, and not only synced");
}

#[test]
fn queue_without_a_whole_bank_is_damaged_and_not_begun_anew() {
    let flash = Flash::new(8_192);
    let bank = four(&flash);
    flash.damage(bank, 5);
    let error = open(&flash).err().unwrap();
    assert_eq!(error, QueueError::Damaged);
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn attestation_that_cannot_be_read_back_is_named() {
    let flash = Flash::new(8_192);
    let bank = four(&flash);
    let mut device = open(&flash).unwrap();
    flash.damage(bank, SECOND_READING);
    let error = device.batch(9).err().unwrap();
    assert_eq!(error, QueueError::Unreadable { sequence: 2 });
    assert!(error.to_string().contains("attestation 2"), "{error}");
}

#[test]
fn storage_that_fails_is_said_and_the_next_try_goes_on() {
    let flash = Flash::new(8_192);
    let mut device = open(&flash).unwrap();
    record(&mut device, 0).unwrap();
    device.commit().unwrap();
    flash.cut_after(40);
    let error = record(&mut device, 1).unwrap_err();
    assert_eq!(error, RecordError::Queue(QueueError::Storage(PowerLoss)));
    assert!(error.to_string().contains("the queue's storage: the power is gone"), "{error}");
    // It comes back without a restart: the same interval has the same number, and only its second record counts.
    flash.power_on(|_| true);
    assert_eq!(record(&mut device, 1), Ok(2));
    device.commit().unwrap();
    assert_eq!(device.batch(9).unwrap().sequences, [1, 2]);
    drop(device);
    assert_eq!(open(&flash).unwrap().batch(9).unwrap().sequences, [1, 2]);
}

#[test]
fn owner_tells_kinds_of_keys_apart() {
    let (network, key) = ([7; 32], [2; 33]);
    let padded: [u8; 32] = key[..32].try_into().unwrap();
    assert_ne!(Owner::new(network, &DeviceKey::Ed25519(padded)), Owner::new(network, &DeviceKey::P256(key)));
}

#[test]
fn first_counter_is_where_a_new_queue_starts_and_an_old_one_goes_on() {
    let flash = Flash::new(8_192);
    let mut device = open(&flash).unwrap();
    let work = Work::Metered { energy: WattHours(5), meter: WattHours(70) };
    let recorded = device.record(0, work, NOW_UNIX).unwrap();
    assert_eq!((recorded.reading.energy, recorded.reading.counter), (WattHours(5), WattHours(105)));
    device.commit().unwrap();
    drop(device);
    let settings = Settings { first_counter: WattHours(9_999), ..SETTINGS };
    let mut device = Device::open(settings, SoftwareKey::from_seed(&[1; 32]), flash.clone()).unwrap();
    let last = device.last_metered().unwrap();
    assert_eq!((last.end_unix, last.meter), (i64::from(INTERVAL_SECONDS), WattHours(70)));
    let recorded = device.record(i64::from(INTERVAL_SECONDS), work, NOW_UNIX).unwrap();
    assert_eq!(recorded.reading.counter, WattHours(110));
    assert_eq!(flash.clone().bank_bytes() as usize % WRITE_BYTES, 0);
}
