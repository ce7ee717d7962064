//! Order of arrival, and one device beside another.

use trellis_core::Epoch;
use trellis_epoch::{
    LedgerState, Reason,
    verify::{canonical_order, verify_epoch},
};

use crate::support::{Reading, honest_epoch, policy, reading, snapshot};

#[test]
fn canonical_order_is_by_device_then_sequence() {
    let mut attestations = [honest_epoch(3, 0), honest_epoch(1, 0), honest_epoch(2, 0)].concat();
    attestations.reverse();
    canonical_order(&mut attestations);
    let keys: Vec<_> =
        attestations.iter().map(|signed| (signed.attestation.device, signed.attestation.sequence)).collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
}

#[test]
fn one_device_s_mistakes_do_not_touch_another() {
    let mut bad: Vec<_> = (0..6).map(|interval| reading(2, interval, 100, 7).signed()).collect();
    let judge = |mut attestations: Vec<_>| {
        canonical_order(&mut attestations);
        verify_epoch(Epoch(0), &attestations, &snapshot(), &policy(), &LedgerState::default())
    };
    let alone = judge(honest_epoch(1, 0));
    bad.extend(honest_epoch(1, 0));
    let beside = judge(bad);
    let of_device_1 = |verdicts: &[trellis_epoch::verify::Verdict]| -> Vec<_> {
        verdicts.iter().filter(|verdict| verdict.device == crate::support::device_key(1)).cloned().collect()
    };
    assert_eq!(of_device_1(&beside.verdicts), alone.verdicts);
    assert!(alone.verdicts.iter().all(|verdict| verdict.outcome.is_ok()));
}

#[test]
fn same_attestation_twice_counts_once() {
    let once = reading(1, 0, 100, 100).signed();
    let verified = verify_epoch(Epoch(0), &[once.clone(), once], &snapshot(), &policy(), &LedgerState::default());
    assert!(verified.verdicts[0].outcome.is_ok());
    assert_eq!(verified.verdicts[1].outcome.as_ref().unwrap_err().reason, Reason::ReplayedSequence);
}

#[test]
fn two_statements_under_one_sequence_are_judged_alike_in_any_order_of_arrival() {
    let (left, right) = (reading(1, 0, 100, 100), Reading { energy: 200, counter: 200, ..reading(1, 0, 0, 0) });
    let judge = |mut attestations: Vec<_>| {
        canonical_order(&mut attestations);
        verify_epoch(Epoch(0), &attestations, &snapshot(), &policy(), &LedgerState::default())
    };
    let one_way = judge(vec![left.signed(), right.signed()]);
    assert_eq!(one_way, judge(vec![right.signed(), left.signed()]));
    assert_eq!(one_way.verdicts.iter().filter(|verdict| verdict.outcome.is_ok()).count(), 1);
}
