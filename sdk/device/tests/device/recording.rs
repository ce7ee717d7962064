//! What is signed, and what is not.

use trellis_core::{
    WattHours,
    attestation::{SignedAttestation, WorkKind},
    energy::EnergyPayload,
    exchange::next_frame,
};
use trellis_device::{Device, DeviceSigner, RecordError, Settings, Work, key::SoftwareKey};
use trellis_epoch::signatures::{Item, verify};

use crate::{
    flash::Flash,
    oracle::NETWORK,
    power_loss::{SETTINGS, open},
};

const WORK: Work = Work::Average { nanowatts: 60_000_000_000 };

fn sent(device: &mut Device<impl DeviceSigner, Flash>) -> Vec<SignedAttestation> {
    device.commit().unwrap();
    let batch = device.batch(100).unwrap();
    let mut body = batch.body.as_slice();
    std::iter::from_fn(|| next_frame(&mut body).unwrap().map(|wire| SignedAttestation::from_bytes(wire).unwrap()))
        .collect()
}

#[test]
fn attestation_says_what_was_recorded_and_is_signed_as_oracles_want_it() {
    let cell = 0x0891_f1d4_8177_ffff;
    let settings = Settings { cell: Some(cell), ..SETTINGS };
    let mut device = Device::open(settings, SoftwareKey::from_seed(&[1; 32]), Flash::new(8_192)).unwrap();
    device.record(600, WORK, 660).unwrap();
    let signed = sent(&mut device).remove(0);
    let attestation = &signed.attestation;
    assert_eq!((attestation.network, attestation.device), (NETWORK, device.public_key()));
    assert_eq!((attestation.interval_start_unix, attestation.interval_seconds), (600, 60));
    assert_eq!((attestation.sequence, attestation.work_kind), (10, WorkKind::Energy));
    let payload = EnergyPayload::from_bytes(&attestation.payload).unwrap();
    assert_eq!((payload.reading.energy, payload.reading.counter), (WattHours(1), WattHours(101)));
    assert_eq!(payload.cell, Some(cell));
    assert!(verify(&Item::from(&signed)));
}

#[test]
fn fraction_of_a_watt_hour_is_carried_on_over_a_restart() {
    let flash = Flash::new(8_192);
    let half = Work::Average { nanowatts: 30_000_000_000 };
    open(&flash).unwrap().record(0, half, 60).unwrap();
    flash.power_on(|_| false);
    let mut device = open(&flash).unwrap();
    assert_eq!(device.signed_until_unix(), None, "it was not committed");
    assert_eq!(device.record(0, half, 60).unwrap().reading.energy, WattHours(0));
    device.commit().unwrap();
    drop(device);
    let recorded = open(&flash).unwrap().record(60, half, 120).unwrap();
    assert_eq!((recorded.reading.energy, recorded.reading.counter), (WattHours(1), WattHours(101)));
}

#[test]
fn sequence_is_the_interval_s_number_and_goes_on_by_one_where_that_was_used() {
    let mut device = open(&Flash::new(65_536)).unwrap();
    let numbers: Vec<u64> = [0, 60, 600].map(|start| device.record(start, WORK, 10_000).unwrap().sequence).into();
    assert_eq!(numbers, [1, 2, 10]);
    // The network's intervals become ten times as long: the numbers go on all the same.
    let flash = Flash::new(65_536);
    let mut device = open(&flash).unwrap();
    device.record(6_000, WORK, 10_000).unwrap();
    device.commit().unwrap();
    drop(device);
    let longer = Settings { interval_seconds: 600, ..SETTINGS };
    let mut device = Device::open(longer, SoftwareKey::from_seed(&[1; 32]), flash).unwrap();
    assert_eq!(device.record(6_600, WORK, 10_000).unwrap().sequence, 101);
}

#[test]
fn interval_that_cannot_be_signed_is_named_with_the_reason() {
    let mut device = open(&Flash::new(8_192)).unwrap();
    for start in [30, -60, i64::MAX - 7] {
        let error = device.record(start, WORK, i64::MAX).unwrap_err();
        assert_eq!(error, RecordError::Misaligned { start_unix: start, interval_seconds: 60 });
        assert!(error.to_string().contains("multiples of 60 s"), "{error}");
    }
    let error = device.record(600, WORK, 659).unwrap_err();
    assert_eq!(error, RecordError::NotOver { end_unix: 660, now_unix: 659 });
    assert!(error.to_string().contains("it is not over"), "{error}");
    device.record(600, WORK, 660).unwrap();
    for start in [600, 540] {
        let error = device.record(start, WORK, 10_000).unwrap_err();
        assert_eq!(error, RecordError::NotAfterLast { start_unix: start, last_end_unix: 660 });
        assert!(error.to_string().contains("up to 660"), "{error}");
    }
    let error = device.record(660, Work::Average { nanowatts: i128::MAX }, 10_000).unwrap_err();
    assert_eq!(error, RecordError::CounterFull);
    let full = Work::Metered { energy: WattHours(u64::MAX), meter: WattHours(0) };
    assert_eq!(device.record(660, full, 10_000).unwrap_err().to_string(), "the counter would pass what 64 bits hold");
    assert_eq!(device.record(660, WORK, 10_000).unwrap().sequence, 11, "nothing has changed");

    let none = Settings { interval_seconds: 0, ..SETTINGS };
    let mut device = Device::open(none, SoftwareKey::from_seed(&[1; 32]), Flash::new(8_192)).unwrap();
    assert_eq!(
        device.record(0, WORK, 10_000).unwrap_err(),
        RecordError::Misaligned { start_unix: 0, interval_seconds: 0 }
    );
}

#[test]
fn key_that_does_not_sign_changes_nothing() {
    struct Asleep(SoftwareKey, bool);

    impl DeviceSigner for Asleep {
        type Error = &'static str;

        fn public_key(&self) -> trellis_core::DeviceKey {
            self.0.public_key()
        }

        fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], &'static str> {
            if std::mem::take(&mut self.1) { Err("it sleeps") } else { Ok(self.0.sign(message).unwrap()) }
        }
    }

    let mut device = Device::open(SETTINGS, Asleep(SoftwareKey::from_seed(&[1; 32]), true), Flash::new(8_192)).unwrap();
    let error = device.record(0, WORK, 60).unwrap_err();
    assert_eq!(error, RecordError::Key("it sleeps"));
    assert!(error.to_string().contains("the key did not sign: it sleeps"), "{error}");
    assert_eq!((device.pending(), device.signed_until_unix()), (0, None));
    assert_eq!(device.record(0, WORK, 60).unwrap().sequence, 1);
}
