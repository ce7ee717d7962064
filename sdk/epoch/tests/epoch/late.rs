//! Work whose own epoch is closed: counted in a later one inside the grace, once, and refused after it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trellis_core::{DeviceKey, Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    ClosedEpoch, LedgerState, Policy, Reason,
    admission::{admit, too_late},
    close_epoch,
    verify::{Verified, canonical_order, verify_epoch},
};

use crate::support::{
    EMISSION, EPOCH_SECONDS, INTERVAL, INTERVALS_PER_EPOCH, honest_epoch, input, policy, reading, snapshot,
};

/// Intervals of the last two thirds of an epoch wait for the next.
const LATE_SECONDS: u32 = 4 * INTERVAL as u32;

fn patient(late_seconds: u32) -> Policy {
    Policy { late_seconds, ..policy() }
}

fn judge(epoch: u64, late_seconds: u32, opening: &LedgerState, mut attestations: Vec<SignedAttestation>) -> Verified {
    canonical_order(&mut attestations);
    verify_epoch(Epoch(epoch), &attestations, &snapshot(), &patient(late_seconds), opening)
}

fn close(epoch: u64, late_seconds: u32, opening: LedgerState, attestations: Vec<SignedAttestation>) -> ClosedEpoch {
    let mut input = input(epoch, opening, attestations);
    input.policy = patient(late_seconds);
    input.snapshot.policy_hash = input.policy.hash();
    close_epoch(input).unwrap()
}

#[test]
fn work_inside_the_grace_counts_in_the_next_epoch_and_work_before_it_does_not() {
    let late = honest_epoch(1, 0);
    let verified = judge(1, LATE_SECONDS, &LedgerState::default(), late);
    // Of six intervals, those that ended 50 and 40 … minutes before the next epoch: the first is too old.
    let accepted: Vec<bool> = verified.verdicts.iter().map(|verdict| verdict.outcome.is_ok()).collect();
    assert_eq!(accepted, [false, true, true, true, true, true]);
    let refusal = verified.verdicts[0].outcome.clone().unwrap_err();
    assert_eq!(refusal.reason, Reason::OutsideTimeWindow);
    let words = "lies in epoch 0; the last epoch that could take it was 0, which ended at 2014-02-04 01:00:00 UTC";
    assert!(refusal.detail.contains(words), "{refusal}");
}

#[test]
fn without_a_grace_no_late_work_counts() {
    let verified = judge(1, 0, &LedgerState::default(), honest_epoch(1, 0));
    let reasons: Vec<_> = verified.verdicts.iter().map(|verdict| verdict.outcome.clone().unwrap_err().reason).collect();
    assert_eq!(reasons, [Reason::OutsideTimeWindow; 6]);
}

#[test]
fn device_that_was_offline_is_paid_for_both_epochs_in_the_later_one() {
    let first = close(0, 3_600, LedgerState::default(), honest_epoch(3, 0));
    let both = [honest_epoch(1, 0), honest_epoch(1, 1), honest_epoch(3, 1)].concat();
    let second = close(1, 3_600, first.closing, both);
    // Operator 0: twelve intervals of 100 Wh; operator 1: six at weight 3.
    let points: Vec<u64> = second.operators.iter().map(|row| row.points.get()).collect();
    assert_eq!(points, [1_200, 1_800, 0]);
    let earned: Vec<u64> = second.operators.iter().map(|row| row.earned.get()).collect();
    assert_eq!(earned.iter().sum::<u64>(), EMISSION);
}

#[test]
fn late_work_after_later_work_was_accepted_is_refused_with_both_dates() {
    let first = judge(1, 3_600, &LedgerState::default(), honest_epoch(1, 1)[..1].to_vec());
    let opening = LedgerState { devices: first.devices, ..LedgerState::default() };
    let verified = judge(2, 7_200, &opening, honest_epoch(1, 0));
    let refusal = verified.verdicts.last().unwrap().outcome.clone().unwrap_err();
    assert_eq!(refusal.reason, Reason::OverlappingInterval);
    assert!(refusal.detail.contains("starts at 2014-02-04 00:50:00 UTC (1391475000)"), "{refusal}");
    assert!(refusal.detail.contains("work up to 2014-02-04 01:10:00 UTC (1391476200)"), "{refusal}");
    assert!(refusal.detail.contains("late work must be there before later work"), "{refusal}");
}

#[test]
fn admission_says_which_epochs_may_take_an_attestation() {
    let snapshot = snapshot();
    let window = |late_seconds, interval| {
        let admitted = admit(reading(1, interval, 1, 1).signed(), &snapshot, &patient(late_seconds)).unwrap();
        (admitted.epoch.get(), admitted.latest_epoch.get())
    };
    assert_eq!(window(0, INTERVALS_PER_EPOCH - 1), (0, 0));
    assert_eq!((window(LATE_SECONDS, 0), window(LATE_SECONDS, 1)), ((0, 0), (0, 1)));
    assert_eq!(window(2 * EPOCH_SECONDS as u32, INTERVALS_PER_EPOCH), (1, 3));
}

#[test]
fn too_late_says_when_it_was_and_never_fails() {
    let calendar = snapshot().calendar();
    let refusal = too_late(Epoch(0), Epoch(1), &calendar);
    assert!(refusal.detail.contains("was 1, which ended at 2014-02-04 02:00:00 UTC (1391479200)"), "{refusal}");
    let last = Epoch(u64::MAX);
    assert!(too_late(last, last, &calendar).detail.contains("a time too far to say"));
}

/// Readings of three epochs, honest and not, each with the epochs that it is sent to.
fn sent() -> impl Strategy<Value = Vec<(SignedAttestation, [bool; 4])>> {
    let device = prop_oneof![Just(1u8), Just(3), Just(5)];
    let interval = 0..3 * INTERVALS_PER_EPOCH;
    let one = (device, interval, 0u64..3, any::<bool>(), any::<[bool; 4]>());
    let one = one.prop_map(|(device, interval, version, honest, to)| {
        let counter = (interval as u64 + 1) * 100;
        let (energy, counter) = if honest { (100, counter) } else { (50, counter + 7) };
        let sequence = interval as u64 * 4 + version;
        (crate::support::Reading { device, sequence, interval, energy, counter }.signed(), to)
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_interval_is_paid_twice_whatever_is_sent_to_whichever_epoch(
        sent in sent(), late_seconds in prop_oneof![Just(0u32), 0..3 * EPOCH_SECONDS as u32]
    ) {
        let mut opening = LedgerState::default();
        let mut last_end: BTreeMap<DeviceKey, i64> = BTreeMap::new();
        for epoch in 0..4u64 {
            let arrived = sent.iter().filter(|(_, to)| to[epoch as usize]).map(|(signed, _)| signed.clone());
            let arrived: Vec<_> = arrived.collect();
            let verified = judge(epoch, late_seconds, &opening, arrived.clone());
            let mut work: BTreeMap<DeviceKey, u64> = BTreeMap::new();
            for verdict in &verified.verdicts {
                let Ok(energy) = verdict.outcome else { continue };
                *work.entry(verdict.device).or_default() += energy.get();
                // Every accepted interval begins where the last accepted one of any epoch ended, or after it.
                let end = last_end.entry(verdict.device).or_insert(i64::MIN);
                prop_assert!(verdict.interval_start_unix >= *end, "{:?}", verdict);
                *end = verdict.interval_start_unix + INTERVAL;
                // And none is older than the grace allows.
                let start_of_epoch = snapshot().calendar().start_of(Epoch(epoch)).unwrap();
                let own = verdict.interval_start_unix >= start_of_epoch;
                prop_assert!(own || *end + i64::from(late_seconds) >= start_of_epoch, "{:?}", verdict);
            }
            // What is paid is what was accepted.
            let closed = close(epoch, late_seconds, opening, arrived);
            for row in &closed.devices {
                let weight = if row.operator_index == 1 { 3 } else { 1 };
                prop_assert_eq!(row.points.get(), weight * work.get(&row.device).copied().unwrap_or(0));
            }
            opening = closed.closing;
        }
    }
}
