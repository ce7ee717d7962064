//! What holds for every epoch, whatever arrives in it.

use proptest::prelude::*;
use trellis_core::{
    Amount,
    attestation::SignedAttestation,
    leaf::{DeviceLeaf, RewardLeaf},
    merkle,
};
use trellis_epoch::{ClosedEpoch, EpochInput, LedgerState, bundle::encode, close_epoch};

use crate::support::{INTERVALS_PER_EPOCH, NETWORK, Reading, VAULT, input};

/// Any device, known or not; any energy and counter, many of them impossible; some signatures forged.
fn any_attestation(epoch: i64) -> impl Strategy<Value = SignedAttestation> {
    let device = prop_oneof![Just(1u8), Just(2), Just(3), Just(4), Just(5), Just(9)];
    let interval = -1..INTERVALS_PER_EPOCH + 1;
    let energy = prop_oneof![0u64..1_200, any::<u64>()];
    (device, 0u64..30, interval, energy, 0u64..5_000, any::<bool>(), 0u8..8).prop_map(
        move |(device, sequence, interval, energy, counter, consistent, forged)| {
            let interval = epoch * INTERVALS_PER_EPOCH + interval;
            let counter = if consistent { counter.saturating_add(energy) } else { counter };
            let mut signed = Reading { device, sequence, interval, energy, counter }.signed();
            signed.signature[5] ^= u8::from(forged == 0);
            signed
        },
    )
}

/// Device `device`'s good readings in `epoch`: counters rise by what was fed in, epoch after epoch.
fn good_readings(device: u8, epoch: i64, energies: &[u64]) -> Vec<SignedAttestation> {
    let first = epoch * INTERVALS_PER_EPOCH;
    let mut counter = (epoch as u64 + 1) * 1_000_000;
    let reading = |(interval, &energy): (i64, &u64)| {
        counter += energy;
        Reading { device, sequence: 100 + (first + interval) as u64, interval: first + interval, energy, counter }
            .signed()
    };
    (0..).zip(energies).map(reading).collect()
}

/// A whole epoch's attestations, good and bad.
fn epoch_of(epoch: i64) -> impl Strategy<Value = Vec<SignedAttestation>> {
    let energies = prop::collection::vec(prop::collection::vec(0u64..=1_050, 0..6), 3);
    (energies, prop::collection::vec(any_attestation(epoch), 0..25)).prop_map(move |(energies, mut attestations)| {
        for (device, energies) in [1u8, 3, 5].into_iter().zip(&energies) {
            attestations.extend(good_readings(device, epoch, energies));
        }
        attestations
    })
}

fn with_permutation(epoch: i64) -> impl Strategy<Value = (Vec<SignedAttestation>, Vec<SignedAttestation>)> {
    epoch_of(epoch).prop_flat_map(|attestations| (Just(attestations.clone()), Just(attestations).prop_shuffle()))
}

/// Every operator's and every device's leaf leads to its root, as whoever holds only the rows would check it.
fn leaves_verify(input: &EpochInput, closed: &ClosedEpoch) -> Result<(), TestCaseError> {
    let (root, count) = (closed.rewards_tree.root(), closed.operators.len() as u64);
    for row in &closed.operators {
        let leaf = RewardLeaf {
            vault: VAULT,
            operator_index: row.index,
            payout_wallet: row.payout_wallet,
            cumulative: row.cumulative,
        };
        let index = u64::from(row.index);
        let proof = closed.rewards_tree.proof(index).unwrap();
        prop_assert!(merkle::verify(&root, count, index, &leaf.hash(), &proof), "operator {}", index);
        let richer = RewardLeaf { cumulative: row.cumulative.checked_add(Amount(1)).unwrap(), ..leaf };
        prop_assert!(!merkle::verify(&root, count, index, &richer.hash(), &proof));
    }
    let (root, count) = (closed.devices_tree.root(), closed.devices.len() as u64);
    for (index, row) in (0..).zip(&closed.devices) {
        let (device, operator_index, points) = (row.device, row.operator_index, row.points);
        let leaf = DeviceLeaf { network: NETWORK, epoch: input.epoch, device, operator_index, points };
        let proof = closed.devices_tree.proof(index).unwrap();
        prop_assert!(merkle::verify(&root, count, index, &leaf.hash(), &proof), "device {}", index);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bundle_of_any_order_of_arrival_has_the_same_bytes((arrived, shuffled) in with_permutation(0)) {
        let (left, right) = (input(0, LedgerState::default(), arrived), input(0, LedgerState::default(), shuffled));
        let (one, other) = (encode(&left, Some([5; 32])).unwrap(), encode(&right, Some([5; 32])).unwrap());
        prop_assert_eq!(&one.files, &other.files);
        prop_assert_eq!(one.hash, other.hash);
        prop_assert_eq!(one.root_content(), other.root_content());
    }

    #[test]
    fn several_epochs_conserve_tokens_and_never_lower_a_cumulative(
        epochs in (epoch_of(0), epoch_of(1), epoch_of(2), epoch_of(3)), epoch_cap in prop_oneof![Just(u64::MAX), 0u64..3_000_000],
    ) {
        let mut opening = LedgerState::default();
        let mut emitted: u128 = 0;
        for (epoch, attestations) in (0u64..).zip([epochs.0, epochs.1, epochs.2, epochs.3]) {
            let mut input = input(epoch, opening.clone(), attestations);
            input.snapshot.epoch_cap = epoch_cap;
            let closed = close_epoch(input.clone()).unwrap();
            let earned: u64 = closed.operators.iter().map(|row| row.earned.get()).sum();
            prop_assert_eq!(earned, closed.distributed.get());
            prop_assert_eq!(earned + closed.closing.carry, closed.emission.get() + opening.carry);
            prop_assert!(earned <= epoch_cap);
            emitted += u128::from(closed.emission.get());
            let cumulative = &closed.closing.cumulative;
            let total: u64 = cumulative.iter().sum();
            prop_assert_eq!(u128::from(total) + u128::from(closed.closing.carry), emitted);
            prop_assert_eq!(total, closed.cumulative_total.get());
            for (index, now) in (0u32..).zip(cumulative) {
                prop_assert!(*now >= opening.cumulative_of(index).get(), "operator {}", index);
            }
            for (row, points) in closed.operators.iter().map(|row| (row, row.points.get())) {
                prop_assert!(points > 0 || row.earned.get() == 0, "operator {} earned without points", row.index);
            }
            leaves_verify(&input, &closed)?;
            opening = closed.closing;
        }
    }

    #[test]
    fn bad_attestations_beside_good_ones_change_no_payout(bad in prop::collection::vec(any_attestation(0), 0..25)) {
        // Devices 1 and 3 do honest work; whatever the unregistered, the suspended and the forgers send is beside it.
        let honest = [good_readings(1, 0, &[100, 200]), good_readings(3, 0, &[300])].concat();
        let outsiders = bad.into_iter().map(|mut signed| {
            signed.signature = [1; 64];
            signed
        });
        let alone = close_epoch(input(0, LedgerState::default(), honest.clone())).unwrap();
        let beside = close_epoch(input(0, LedgerState::default(), outsiders.chain(honest).collect())).unwrap();
        prop_assert_eq!(alone.rewards_tree.root(), beside.rewards_tree.root());
        prop_assert_eq!(alone.devices_tree.root(), beside.devices_tree.root());
        prop_assert_eq!(alone.closing, beside.closing);
    }
}
