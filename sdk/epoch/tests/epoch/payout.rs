//! Who earns how much, by hand.

use trellis_core::Amount;
use trellis_epoch::{ClosedEpoch, EpochInput, LedgerState, close_epoch};

use crate::support::{EMISSION, INTERVALS_PER_EPOCH, honest_epoch, input, reading};

fn close(input: EpochInput) -> ClosedEpoch {
    close_epoch(input).unwrap()
}

fn earned(closed: &ClosedEpoch) -> Vec<u64> {
    closed.operators.iter().map(|row| row.earned.get()).collect()
}

#[test]
fn epoch_by_hand_pays_in_proportion_to_weighted_work() {
    // Operator 0: 100 + 200 Wh at weight 1; operator 1: 100 Wh at weight 3; operator 2: nothing.
    let attestations =
        vec![reading(1, 0, 100, 100).signed(), reading(2, 0, 200, 200).signed(), reading(3, 0, 100, 100).signed()];
    let closed = close(input(0, LedgerState::default(), attestations));
    let points: Vec<u64> = closed.operators.iter().map(|row| row.points.get()).collect();
    assert_eq!(points, [300, 300, 0]);
    // 1,000,003 in halves: the unit left over goes to the lower index.
    assert_eq!(earned(&closed), [500_002, 500_001, 0]);
    assert_eq!(closed.closing.carry, 0);
    let device_points: u64 = closed.devices.iter().map(|row| row.points.get()).sum();
    assert_eq!(device_points, 600);
}

#[test]
fn epoch_without_work_carries_and_a_later_one_pays_it_out() {
    let silent = close(input(0, LedgerState::default(), vec![]));
    assert_eq!(earned(&silent), [0, 0, 0]);
    assert_eq!(silent.closing.carry, EMISSION);
    assert_eq!(silent.cumulative_total, Amount::ZERO);
    let refused_only = close(input(1, silent.closing, vec![reading(9, 6, 1, 1).signed()]));
    assert_eq!(refused_only.closing.carry, 2 * EMISSION);
    let paying = close(input(2, refused_only.closing, honest_epoch(1, 2)));
    assert_eq!(earned(&paying), [3 * EMISSION, 0, 0]);
    assert_eq!(paying.closing.carry, 0);
    assert_eq!(paying.emission, Amount(EMISSION));
}

#[test]
fn payout_above_the_epoch_cap_is_carried_until_it_fits() {
    let capped = |epoch: u64, opening: LedgerState, attestations| {
        let mut input = input(epoch, opening, attestations);
        input.snapshot.epoch_cap = EMISSION + 10;
        close(input)
    };
    let silent = capped(0, LedgerState::default(), vec![]);
    let first = capped(1, silent.closing, honest_epoch(1, 1));
    assert_eq!((earned(&first)[0], first.closing.carry), (EMISSION + 10, EMISSION - 10));
    let second = capped(2, first.closing, honest_epoch(1, 2));
    assert_eq!((earned(&second)[0], second.closing.carry), (EMISSION + 10, EMISSION - 20));
    assert_eq!(second.closing.cumulative, [2 * EMISSION + 20, 0, 0]);
}

#[test]
fn operator_that_joins_later_starts_at_zero() {
    let first = close(input(0, LedgerState::default(), honest_epoch(1, 0)));
    let mut grown = input(1, first.closing, honest_epoch(1, 1));
    let joined = trellis_epoch::snapshot::Operator { index: 3, wallet: [0xbb; 32], payout_wallet: [0xcc; 32] };
    grown.snapshot.operators.push(joined);
    let second = close(grown);
    assert_eq!(second.closing.cumulative, [2 * EMISSION, 0, 0, 0]);
    assert_eq!(second.rewards_tree.leaf_count(), 4);
}

#[test]
fn payout_wallet_changed_between_epochs_is_the_one_in_the_leaf() {
    let first = close(input(0, LedgerState::default(), honest_epoch(1, 0)));
    let mut moved = input(1, first.closing.clone(), honest_epoch(1, 1));
    moved.snapshot.operators[0].payout_wallet = [0xdd; 32];
    let second = close(moved);
    assert_eq!(second.operators[0].payout_wallet, [0xdd; 32]);
    assert_eq!(second.operators[0].cumulative, Amount(2 * EMISSION));
}

#[test]
fn emission_of_each_epoch_pays_that_epoch_its_own_amount() {
    let mut opening = LedgerState::default();
    for (epoch, wanted) in [(0, 1_000_003), (1, 500_001), (2, 0), (3, 900_000)] {
        let mut input = input(epoch, opening, honest_epoch(5, epoch as i64));
        input.snapshot.emission = Some(wanted);
        let closed = close(input);
        assert_eq!(earned(&closed), [0, 0, wanted], "epoch {epoch}");
        opening = closed.closing;
    }
}

#[test]
fn epochs_far_apart_by_interval_do_not_mix() {
    let attestations = [honest_epoch(1, 0), honest_epoch(1, 1)].concat();
    let closed = close(input(0, LedgerState::default(), attestations));
    assert_eq!((closed.attestations, closed.accepted), (12, INTERVALS_PER_EPOCH as u64));
}
