//! Every way in which an epoch cannot be closed.

use trellis_core::{Amount, Calendar, DeviceKey, Epoch, Points};
use trellis_epoch::{
    EpochInput, LedgerState, Policy,
    close::CloseError,
    close_epoch,
    encoding::base58,
    policy::PolicyError,
    score::{DevicePoints, PointsOverflow, operator_points},
    snapshot::SnapshotError,
};

use crate::support::{GENESIS, MOST_WH, honest_epoch, input, policy, reading, snapshot};

fn error_of(change: impl FnOnce(&mut EpochInput)) -> CloseError {
    let mut input = input(0, LedgerState::default(), honest_epoch(1, 0));
    change(&mut input);
    close_epoch(input).unwrap_err()
}

fn snapshot_error_of(change: impl FnOnce(&mut trellis_epoch::Snapshot)) -> SnapshotError {
    let mut changed = snapshot();
    assert_eq!(changed.validate(), Ok(()));
    change(&mut changed);
    let error = changed.validate().unwrap_err();
    // Closing refuses it for the same reason.
    match error_of(|input| input.snapshot = changed) {
        CloseError::Snapshot(closing) => assert_eq!(closing, error),
        other => panic!("{other}"),
    }
    error
}

#[test]
fn snapshot_with_each_contradiction_is_refused_by_name() {
    assert_eq!(
        snapshot_error_of(|s| s.operators[1].index = 5),
        SnapshotError::OperatorsNotContiguous { position: 1, index: 5 }
    );
    assert_eq!(snapshot_error_of(|s| s.devices.swap(2, 3)), SnapshotError::DevicesNotSorted { position: 3 });
    assert_eq!(snapshot_error_of(|s| s.devices[1] = s.devices[0]), SnapshotError::DevicesNotSorted { position: 1 });
    let device = base58::encode(snapshot().devices[0].key.bytes());
    assert_eq!(
        snapshot_error_of(|s| s.devices[0].operator_index = 3),
        SnapshotError::UnknownOperator { device: device.clone(), index: 3 }
    );
    assert_eq!(snapshot_error_of(|s| s.devices[0].class_index = 2), SnapshotError::UnknownClass { device, index: 2 });
    assert_eq!(
        snapshot_error_of(|s| s.classes[1].work_kind = 2),
        SnapshotError::UnknownWorkKind { index: 1, work_kind: 2 }
    );
    assert_eq!(snapshot_error_of(|s| s.classes[1].index = 0), SnapshotError::DuplicateClass { index: 0 });
}

#[test]
fn policy_with_each_mistake_is_refused_by_name() {
    let refused = |change: fn(&mut Policy)| {
        let mut changed = policy();
        change(&mut changed);
        let error = changed.validate_for(&snapshot().calendar()).unwrap_err();
        assert!(matches!(error_of(|input| input.policy = changed), CloseError::Policy(_)));
        error
    };
    assert_eq!(refused(|p| p.version = 2), PolicyError::UnknownVersion(2));
    assert_eq!(refused(|p| p.energy.interval_seconds = 0), PolicyError::ZeroInterval);
    assert_eq!(refused(|p| p.energy.tolerance_bps = 10_001), PolicyError::ToleranceTooWide(10_001));
    assert_eq!(
        refused(|p| p.energy.interval_seconds = 700),
        PolicyError::IntervalsDoNotDivideEpochs { interval_seconds: 700, genesis_unix: GENESIS, epoch_seconds: 3_600 }
    );
    assert!(matches!(Policy::from_toml("version = 1").unwrap_err(), PolicyError::Syntax(_)));
    assert!(policy().validate_for(&Calendar { genesis_unix: -600, epoch_seconds: 600 }).is_ok());
}

#[test]
fn policy_other_than_the_network_s_is_refused_with_both_hashes() {
    let error = error_of(|input| input.policy.energy.tolerance_bps = 501);
    let CloseError::WrongPolicy { actual, wanted } = &error else { panic!("{error}") };
    assert_eq!(*wanted, hex::encode(policy().hash()));
    assert!(error.to_string().contains(actual.as_str()), "{error}");
}

#[test]
fn points_beyond_64_bits_are_refused() {
    const SIXTH: u64 = u64::MAX / 6;
    let unlimited = |input: &mut EpochInput, weight: u32| {
        for class in &mut input.snapshot.classes {
            (class.rated_power_watts, class.weight) = (u64::MAX, weight);
        }
    };
    // Three intervals of a sixth each: half of what 64 bits hold, and a little more.
    let half = |device: u8| (0..3).map(move |i| reading(device, i, SIXTH + 1, (i as u64 + 1) * (SIXTH + 1)).signed());
    let of_one_device = error_of(|input| {
        unlimited(input, 7);
        input.attestations = vec![reading(1, 0, SIXTH, SIXTH).signed()];
    });
    let of_one_operator = error_of(|input| {
        unlimited(input, 1);
        input.attestations = half(1).chain(half(2)).collect();
    });
    let of_all_operators = error_of(|input| {
        unlimited(input, 1);
        input.attestations = half(1).chain(half(5)).collect();
    });
    for error in [of_one_device, of_one_operator, of_all_operators] {
        assert_eq!(error, CloseError::Points(PointsOverflow));
    }
    let device = DevicePoints { device: DeviceKey::Ed25519([1; 32]), operator_index: 1, points: Points(1) };
    assert_eq!(operator_points(&[device], 1), Err(PointsOverflow), "an operator that is not there");
}

#[test]
fn operators_fewer_than_before_are_refused() {
    let error = error_of(|input| input.opening.cumulative = vec![0; 4]);
    assert_eq!(error, CloseError::OperatorsVanished { before: 4, now: 3 });
}

#[test]
fn epoch_whose_emission_the_snapshot_does_not_say_is_not_closed() {
    assert_eq!(error_of(|input| input.snapshot.emission = None), CloseError::EmissionUnknown);
}

#[test]
fn tokens_beyond_64_bits_are_refused() {
    assert_eq!(error_of(|input| input.opening.carry = u64::MAX), CloseError::AmountOverflow);
    assert_eq!(error_of(|input| input.opening.cumulative = vec![u64::MAX]), CloseError::AmountOverflow);
    assert_eq!(error_of(|input| input.opening.cumulative = vec![0, u64::MAX, 1]), CloseError::AmountOverflow);
}

#[test]
fn close_errors_say_the_values() {
    let vanished = CloseError::OperatorsVanished { before: 4, now: 3 }.to_string();
    assert!(vanished.contains('4') && vanished.contains('3'), "{vanished}");
    assert!(error_of(|input| input.snapshot.classes[1].index = 0).to_string().contains("class 0 stands twice"));
}

#[test]
fn work_at_the_limits_closes() {
    let attestations = vec![reading(1, 0, MOST_WH, u64::MAX).signed()];
    let mut input =
        input(0, LedgerState { cumulative: vec![u64::MAX - 1_000_003], ..LedgerState::default() }, attestations);
    input.epoch = Epoch(0);
    let closed = close_epoch(input).unwrap();
    assert_eq!(closed.operators[0].cumulative, Amount(u64::MAX));
}
