//! Every reason is reached by what it names.

use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    LedgerState, Reason, Snapshot,
    admission::{admit, decode, require_past},
    reason::Refusal,
    verify::{canonical_order, verify_epoch},
};

use crate::support::{
    GENESIS, INTERVAL, INTERVALS_PER_EPOCH, MOST_WH, SUSPENDED, UNREGISTERED, policy, reading, snapshot,
};

fn admission_of(signed: SignedAttestation) -> Refusal {
    admission_in(&snapshot(), signed)
}

fn admission_in(snapshot: &Snapshot, signed: SignedAttestation) -> Refusal {
    admit(signed, snapshot, &policy()).err().unwrap()
}

/// The refusal of the last, by sequence, of epoch 0's attestations.
fn verdict_of_last(mut attestations: Vec<SignedAttestation>) -> Refusal {
    canonical_order(&mut attestations);
    let verified = verify_epoch(Epoch(0), &attestations, &snapshot(), &policy(), &LedgerState::default());
    verified.verdicts.last().unwrap().outcome.clone().unwrap_err()
}

/// A refusal for `reason`, with the words that its detail must hold. A new reason does not compile without one.
fn reached(reason: Reason) -> (Refusal, &'static str) {
    let good = reading(1, 0, 100, 100);
    let after_first = |second| verdict_of_last(vec![good.signed(), second]);
    match reason {
        Reason::Malformed => (decode(&[1, 2, 3]).unwrap_err(), "3 bytes are too few"),
        Reason::WrongNetwork => (admission_of(good.signed_with(|a| a.network = [7; 32])), "signed for network"),
        Reason::UnknownDevice => (admission_of(reading(UNREGISTERED, 0, 1, 1).signed()), "not registered"),
        Reason::SuspendedDevice => (admission_of(reading(SUSPENDED, 0, 1, 1).signed()), "is suspended"),
        Reason::BadSignature => {
            let mut signed = good.signed();
            signed.signature[0] ^= 1;
            (admission_of(signed), "not that of device")
        }
        Reason::ReplayedSequence => {
            let again = good.signed_with(|a| a.interval_start_unix += INTERVAL);
            (after_first(again), "sequence 1 was used before in this epoch")
        }
        Reason::OutsideTimeWindow => (admission_of(reading(1, -1, 1, 1).signed_with(|a| a.sequence = 1)), "genesis"),
        Reason::FutureInterval => {
            (require_past(&good.signed(), GENESIS + INTERVAL - 1).unwrap_err(), "the interval ends at 1391472600")
        }
        Reason::WrongWorkKind => {
            let mut other_work = snapshot();
            other_work.classes[0].work_kind = 2;
            (admission_in(&other_work, good.signed()), "not that of the device's class 0")
        }
        Reason::MisalignedInterval => {
            (admission_of(good.signed_with(|a| a.interval_start_unix += 1)), "starts at 1391472001 and lasts 600 s")
        }
        Reason::AboveRatedPower => {
            (admission_of(reading(1, 0, MOST_WH + 1, 5_000).signed()), "1051 Wh in 600 s; a device of 6000 W")
        }
        Reason::CounterFell => (after_first(reading(1, 1, 0, 99).signed()), "fell from 100 Wh to 99 Wh"),
        Reason::CounterMismatch => (after_first(reading(1, 1, 100, 201).signed()), "by exactly 100 Wh"),
        Reason::ClonedKey => (crate::fraud::refusal_of_a_clone(), "the key signed two readings for the interval"),
        Reason::ImpossibleMovement => (crate::fraud::refusal_of_a_journey(), "a device moves 1 m/s at most"),
        Reason::FarFromRegisteredPlace => (crate::fraud::refusal_of_a_far_place(), "where the device is registered"),
        // Of a device's epoch, not of one attestation.
        Reason::CrowdedCell => (crate::fraud::finding_of_a_crowd(), "the first 1 earn"),
        Reason::CopiedSeries => (crate::fraud::finding_of_a_copy(), "the same energies in the same 6 intervals"),
        Reason::OverlappingInterval => {
            let overlapping = good.signed_with(|a| a.sequence = 2);
            (after_first(overlapping), "work up to 2014-02-04 00:10:00 UTC (1391472600) was accepted before")
        }
    }
}

#[test]
fn every_reason_is_reached_and_its_detail_names_the_values() {
    for reason in Reason::ALL {
        let (refusal, words) = reached(reason);
        assert_eq!(refusal.reason, reason, "{refusal}");
        assert!(refusal.detail.contains(words), "{refusal}");
    }
}

#[test]
fn all_holds_every_variant_of_the_source() {
    let source = include_str!("../../src/reason.rs");
    let is_variant =
        |line: &&str| line.split_once(" = ").is_some_and(|(_, code)| code.trim_end_matches(',').parse::<u16>().is_ok());
    assert_eq!(source.lines().filter(is_variant).count(), Reason::ALL.len());
}

#[test]
fn codes_and_names_are_the_published_ones() {
    let published = [
        (1, "malformed"),
        (2, "wrong_network"),
        (3, "unknown_device"),
        (4, "suspended_device"),
        (5, "bad_signature"),
        (6, "replayed_sequence"),
        (7, "outside_time_window"),
        (8, "future_interval"),
        (9, "wrong_work_kind"),
        (20, "misaligned_interval"),
        (21, "above_rated_power"),
        (22, "counter_fell"),
        (23, "counter_mismatch"),
        (24, "overlapping_interval"),
        (30, "cloned_key"),
        (31, "impossible_movement"),
        (32, "far_from_registered_place"),
        (33, "crowded_cell"),
        (34, "copied_series"),
    ];
    let ours = Reason::ALL.map(|reason| (reason.code(), reason.name()));
    assert_eq!(&ours[..published.len()], published);
}

#[test]
fn admission_of_an_unusable_payload_is_malformed() {
    for payload in [vec![], vec![0; 15], vec![0; 17]] {
        let refusal = admission_of(reading(1, 0, 1, 1).signed_with(|a| a.payload = payload));
        assert_eq!(refusal.reason, Reason::Malformed, "{refusal}");
    }
}

#[test]
fn admission_of_a_device_without_its_class_is_refused_not_a_panic() {
    let mut without = snapshot();
    without.classes.clear();
    assert_eq!(admission_in(&without, reading(1, 0, 1, 1).signed()).reason, Reason::UnknownDevice);
}

#[test]
fn admission_at_the_limits_accepts_one_beyond_refuses() {
    let accepts = |signed: SignedAttestation| admit(signed, &snapshot(), &policy()).map(|_| ()).map_err(|r| r.reason);
    let good = reading(1, 0, MOST_WH, MOST_WH);
    assert_eq!(accepts(good.signed()), Ok(()));
    assert_eq!(accepts(reading(1, 0, u64::MAX, u64::MAX).signed()), Err(Reason::AboveRatedPower));
    for seconds in [0, 599, 601, 1_200, u32::MAX] {
        let refused = accepts(good.signed_with(|a| a.interval_seconds = seconds));
        assert_eq!(refused, Err(Reason::MisalignedInterval), "{seconds} s");
    }
    assert_eq!(accepts(good.signed_with(|a| a.interval_start_unix = i64::MIN)), Err(Reason::OutsideTimeWindow));
    // The largest multiple of the interval that a time can hold: its end cannot be told.
    let last = i64::MAX - i64::MAX.rem_euclid(INTERVAL);
    let endless = good.signed_with(|a| a.interval_start_unix = last);
    assert_eq!(require_past(&endless, i64::MAX).unwrap_err().reason, Reason::Malformed);
}

#[test]
fn interval_that_ends_now_is_past() {
    assert_eq!(require_past(&reading(1, 0, 1, 1).signed(), GENESIS + INTERVAL), Ok(()));
}

#[test]
fn verdict_on_another_epochs_attestation_is_outside_the_window() {
    let refusal = verdict_of_last(vec![reading(1, INTERVALS_PER_EPOCH, 1, 1).signed()]);
    assert_eq!(refusal.reason, Reason::OutsideTimeWindow);
    assert!(refusal.detail.contains("lies in epoch 1, not in 0"), "{refusal}");
}
