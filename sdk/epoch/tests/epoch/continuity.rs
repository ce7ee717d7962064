//! How a device's readings must continue each other.

use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    LedgerState, Reason,
    admission::admit,
    verify::{Verified, canonical_order, verify_epoch},
};

use crate::support::{GENESIS, INTERVALS_PER_EPOCH, Reading, device_key, policy, reading, snapshot};

fn judge(epoch: u64, opening: &LedgerState, mut attestations: Vec<SignedAttestation>) -> Verified {
    canonical_order(&mut attestations);
    verify_epoch(Epoch(epoch), &attestations, &snapshot(), &policy(), opening)
}

/// Verified watt-hours or the reason of each, by start of the interval.
fn outcomes(readings: &[Reading]) -> Vec<Result<u64, Reason>> {
    outcomes_of(&judge(0, &LedgerState::default(), readings.iter().map(Reading::signed).collect()))
}

fn outcomes_of(verified: &Verified) -> Vec<Result<u64, Reason>> {
    let outcome = |verdict: &trellis_epoch::verify::Verdict| match &verdict.outcome {
        Ok(work) => Ok(work.get()),
        Err(refusal) => Err(refusal.reason),
    };
    verified.verdicts.iter().map(outcome).collect()
}

#[test]
fn first_reading_may_start_at_any_counter_but_not_below_its_energy() {
    assert_eq!(outcomes(&[reading(1, 2, 100, 100)]), [Ok(100)]);
    assert_eq!(outcomes(&[reading(1, 2, 100, u64::MAX)]), [Ok(100)]);
    assert_eq!(outcomes(&[reading(1, 2, 100, 99)]), [Err(Reason::CounterMismatch)]);
    assert_eq!(outcomes(&[reading(1, 2, 1, 0)]), [Err(Reason::CounterMismatch)]);
}

#[test]
fn zero_energy_is_work_of_zero() {
    assert_eq!(outcomes(&[reading(1, 0, 0, 0), reading(1, 1, 0, 0), reading(1, 2, 5, 5)]), [Ok(0), Ok(0), Ok(5)]);
}

#[test]
fn energy_bytes_of_a_negative_number_are_above_rated_power() {
    // −1 Wh as a device with signed arithmetic would write it.
    assert_eq!(outcomes(&[reading(1, 0, -1i64 as u64, 500)]), [Err(Reason::AboveRatedPower)]);
}

#[test]
fn neighbour_must_rise_by_exactly_its_energy() {
    let first = reading(1, 0, 100, 1_000);
    assert_eq!(outcomes(&[first, reading(1, 1, 50, 1_050)])[1], Ok(50));
    for counter in [1_049, 1_051, 1_000] {
        assert_eq!(outcomes(&[first, reading(1, 1, 50, counter)])[1], Err(Reason::CounterMismatch), "{counter}");
    }
    assert_eq!(outcomes(&[first, reading(1, 1, 50, 999)])[1], Err(Reason::CounterFell));
}

#[test]
fn reading_after_a_gap_must_rise_by_at_least_its_energy() {
    let first = reading(1, 0, 100, 1_000);
    for counter in [1_050, 1_051, 90_000] {
        assert_eq!(outcomes(&[first, reading(1, 2, 50, counter)])[1], Ok(50), "{counter}");
    }
    assert_eq!(outcomes(&[first, reading(1, 2, 50, 1_049)])[1], Err(Reason::CounterMismatch));
    assert_eq!(outcomes(&[first, reading(1, 2, 0, 999)])[1], Err(Reason::CounterFell));
}

#[test]
fn same_interval_with_a_later_sequence_overlaps() {
    let again = Reading { sequence: 9, ..reading(1, 1, 100, 200) };
    assert_eq!(outcomes(&[reading(1, 1, 100, 100), again]), [Ok(100), Err(Reason::OverlappingInterval)]);
}

#[test]
fn sequence_may_skip_numbers_but_not_stand_still() {
    let skipping = Reading { sequence: 40, ..reading(1, 1, 10, 110) };
    assert_eq!(outcomes(&[reading(1, 0, 100, 100), skipping]), [Ok(100), Ok(10)]);
    let standing = Reading { sequence: 1, ..reading(1, 1, 10, 110) };
    let both = outcomes(&[reading(1, 0, 100, 100), standing]);
    assert_eq!(both.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(both.contains(&Err(Reason::ReplayedSequence)));
}

#[test]
fn refused_reading_does_not_break_the_honest_ones_after_it() {
    let refused = [
        (Reading { energy: 50, counter: 999, ..reading(1, 1, 0, 0) }, Reason::CounterMismatch),
        (Reading { energy: 0, counter: 0, ..reading(1, 1, 0, 0) }, Reason::CounterFell),
        (Reading { energy: 9_999, counter: 9_999, ..reading(1, 1, 0, 0) }, Reason::AboveRatedPower),
    ];
    for (bad, reason) in refused {
        // A reading for the refused interval may be sent again under a new sequence number.
        let resent = Reading { sequence: 3, ..reading(1, 1, 50, 150) };
        let next = Reading { sequence: 4, ..reading(1, 2, 50, 200) };
        let outcomes = outcomes(&[reading(1, 0, 100, 100), bad, resent, next]);
        assert_eq!(outcomes, [Ok(100), Err(reason), Ok(50), Ok(50)]);
    }
}

#[test]
fn refused_reading_does_not_forget_the_accepted_one_before_it() {
    let bad = reading(1, 1, 50, 999);
    for (after, reason) in [
        (Reading { sequence: 3, ..reading(1, 1, 50, 1_049) }, Reason::CounterMismatch),
        (reading(1, 2, 0, 99), Reason::CounterFell),
        (reading(1, 2, 100, 199), Reason::CounterMismatch),
    ] {
        let outcomes = outcomes(&[reading(1, 0, 100, 100), bad, after]);
        assert_eq!(outcomes, [Ok(100), Err(Reason::CounterMismatch), Err(reason)]);
    }
}

#[test]
fn any_sequence_in_a_later_epoch_is_counted() {
    let last = reading(1, INTERVALS_PER_EPOCH - 1, 100, 600);
    let before = judge(0, &LedgerState::default(), vec![last.signed()]);
    let opening = LedgerState { devices: before.devices, ..LedgerState::default() };
    let next = Reading { interval: INTERVALS_PER_EPOCH, energy: 10, counter: 610, ..last };
    // A device that backfills or once counted far ahead has its later work counted all the same.
    for sequence in [last.sequence, 0, u64::MAX, last.sequence + 1] {
        let verified = judge(1, &opening, vec![Reading { sequence, ..next }.signed()]);
        assert_eq!(outcomes_of(&verified), [Ok(10)], "sequence {sequence}");
    }
}

#[test]
fn sequences_against_the_order_of_intervals_are_counted() {
    let newest_first = [
        Reading { sequence: 3, ..reading(1, 0, 100, 100) },
        Reading { sequence: 2, ..reading(1, 1, 100, 200) },
        Reading { sequence: u64::MAX, ..reading(1, 2, 100, 300) },
        Reading { sequence: 1, ..reading(1, 3, 100, 400) },
    ];
    assert_eq!(outcomes(&newest_first), [Ok(100), Ok(100), Ok(100), Ok(100)]);
}

#[test]
fn interval_before_registration_is_refused() {
    let mut late = snapshot();
    late.devices[0].registered_unix = GENESIS + 1;
    let key = late.devices[0].key;
    let device = (1..=9).find(|&device| device_key(device) == key).unwrap();
    let refused = admit(reading(device, 0, 1, 1).signed(), &late, &policy()).unwrap_err();
    assert_eq!(refused.reason, Reason::OutsideTimeWindow);
    assert!(refused.detail.contains("was registered at"), "{refused}");
    assert!(admit(reading(device, 1, 1, 1).signed(), &late, &policy()).is_ok());
}

#[test]
fn counter_rule_holds_across_epochs() {
    let last = reading(1, INTERVALS_PER_EPOCH - 1, 100, 600);
    let before = judge(0, &LedgerState::default(), vec![last.signed()]);
    let opening = LedgerState { devices: before.devices, ..LedgerState::default() };
    let neighbour = reading(1, INTERVALS_PER_EPOCH, 10, 611);
    assert_eq!(outcomes_of(&judge(1, &opening, vec![neighbour.signed()])), [Err(Reason::CounterMismatch)]);
    // An epoch in which nothing was heard changes nothing.
    let silent = LedgerState { devices: judge(1, &opening, vec![]).devices, ..opening };
    let later = reading(1, 2 * INTERVALS_PER_EPOCH, 10, 609);
    assert_eq!(outcomes_of(&judge(2, &silent, vec![later.signed()])), [Err(Reason::CounterMismatch)]);
    assert_eq!(silent.device(&device_key(1)).unwrap().counter_wh, 600);
    assert_eq!(silent.device(&device_key(2)), None);
}
