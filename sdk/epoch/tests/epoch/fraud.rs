//! What cannot be honest: each check by what it names, and by what it must leave alone.

use proptest::prelude::*;
use trellis_core::{
    DeviceKey, WattHours,
    attestation::SignedAttestation,
    energy::{EnergyPayload, EnergyReading},
};
use trellis_epoch::{
    ClosedEpoch, EpochInput, LedgerState, Reason,
    bundle::encode,
    close_epoch,
    fraud::{Finding, FraudPolicy, distance::at_least_m},
    reason::Refusal,
    verify::{Verdict, canonical_order, verify_epoch},
};

use crate::support::{
    EPOCH_SECONDS, GENESIS, INTERVAL, INTERVALS_PER_EPOCH, NETWORK, Reading, VAULT, device_key, honest_epoch, input,
    policy, reading, snapshot,
};

/// Cells of resolution 9: two neighbours in San Francisco; one in Paris, of resolution 10.
const HERE: u64 = 0x0892_8308_280f_ffff;
const NEXT_DOOR: u64 = 0x0892_8308_2803_ffff;
const PARIS: u64 = 0x08a1_fb46_622d_ffff;

const ALL_ON: FraudPolicy = FraudPolicy {
    clone: true,
    max_speed_m_s: 50,
    max_distance_m: 5_000,
    max_devices_per_cell: 2,
    cell_resolution: 9,
    copied_intervals: 6,
};

fn with_rules(
    fraud: FraudPolicy,
    epoch: u64,
    opening: LedgerState,
    attestations: Vec<SignedAttestation>,
) -> EpochInput {
    let mut input = input(epoch, opening, attestations);
    input.policy.fraud = fraud;
    input.snapshot.policy_hash = input.policy.hash();
    input
}

/// Verdicts of epoch 0, in canonical order.
fn verdicts(fraud: FraudPolicy, attestations: &[SignedAttestation]) -> Vec<Verdict> {
    let input = with_rules(fraud, 0, LedgerState::default(), attestations.to_vec());
    verdicts_of(&input)
}

fn verdicts_of(input: &EpochInput) -> Vec<Verdict> {
    let mut attestations = input.attestations.clone();
    canonical_order(&mut attestations);
    verify_epoch(input.epoch, &attestations, &input.snapshot, &input.policy, &input.opening).verdicts
}

fn reasons(verdicts: &[Verdict]) -> Vec<Option<Reason>> {
    verdicts.iter().map(|verdict| verdict.outcome.as_ref().err().map(|refusal| refusal.reason)).collect()
}

fn placed(reading: Reading, cell: u64) -> SignedAttestation {
    let (energy, counter) = (WattHours(reading.energy), WattHours(reading.counter));
    let payload = EnergyPayload { reading: EnergyReading { energy, counter }, cell: Some(cell) };
    reading.signed_with(|attestation| attestation.payload = payload.to_bytes())
}

/// Six readings of `device` in epoch 0 with these energies.
fn series(device: u8, energies: [u64; 6]) -> Vec<SignedAttestation> {
    let mut counter = 1_000 * u64::from(device);
    let reading = |(interval, energy): (i64, u64)| {
        counter += energy;
        reading(device, interval, energy, counter).signed()
    };
    (0..).zip(energies).map(reading).collect()
}

fn points_of(closed: &ClosedEpoch, device: u8) -> u64 {
    closed.devices.iter().find(|row| row.device == device_key(device)).unwrap().points.get()
}

fn last_refusal(fraud: FraudPolicy, attestations: &[SignedAttestation]) -> Refusal {
    verdicts(fraud, attestations).pop().unwrap().outcome.unwrap_err()
}

pub fn refusal_of_a_clone() -> Refusal {
    let clones = FraudPolicy { clone: true, ..FraudPolicy::default() };
    last_refusal(clones, &[reading(1, 0, 100, 100).signed(), reading(1, 0, 90, 90).signed()])
}

pub fn refusal_of_a_journey() -> Refusal {
    let slow = FraudPolicy { max_speed_m_s: 1, ..FraudPolicy::default() };
    last_refusal(slow, &[placed(reading(1, 0, 1, 1), HERE), placed(reading(1, 1, 1, 2), PARIS)])
}

pub fn refusal_of_a_far_place() -> Refusal {
    let near = FraudPolicy { max_distance_m: 1, ..FraudPolicy::default() };
    verdicts_of(&crowd(near, vec![placed(reading(1, 0, 1, 1), PARIS)])).pop().unwrap().outcome.unwrap_err()
}

fn only_finding(input: EpochInput) -> Refusal {
    let mut findings = close_epoch(input).unwrap().findings;
    let finding = findings.pop().unwrap();
    assert!(findings.is_empty());
    Refusal::new(finding.reason, finding.evidence)
}

pub fn finding_of_a_crowd() -> Refusal {
    let fraud = FraudPolicy { max_devices_per_cell: 1, cell_resolution: 9, ..FraudPolicy::default() };
    only_finding(crowd(fraud, [honest_epoch(1, 0), honest_epoch(2, 0)].concat()))
}

pub fn finding_of_a_copy() -> Refusal {
    let fraud = FraudPolicy { copied_intervals: 6, ..FraudPolicy::default() };
    let energies = [100, 200, 300, 150, 120, 90];
    let attestations = [series(1, energies), series(2, energies)].concat();
    only_finding(with_rules(fraud, 0, LedgerState::default(), attestations))
}

#[test]
fn second_reading_for_an_interval_and_all_after_it_are_refused_with_both_ids() {
    let clones = FraudPolicy { clone: true, ..FraudPolicy::default() };
    let mut attestations = honest_epoch(1, 0);
    attestations.extend(honest_epoch(2, 0));
    let other = Reading { sequence: 99, ..reading(1, 2, 90, 290) };
    attestations.push(other.signed());
    let of_device = |verdicts: Vec<Verdict>| -> Vec<Verdict> {
        verdicts.into_iter().filter(|verdict| verdict.device == device_key(1)).collect()
    };
    let judged = of_device(verdicts(clones, &attestations));
    let cloned = Some(Reason::ClonedKey);
    assert_eq!(reasons(&judged), [None, None, None, cloned, cloned, cloned, cloned]);
    for verdict in &judged[3..] {
        let detail = &verdict.outcome.as_ref().unwrap_err().detail;
        assert!(detail.contains(&hex::encode(judged[2].id)) && detail.contains(&hex::encode(judged[3].id)), "{detail}");
    }
    // The other device, and the same without the rule: the second reading overlaps, and nothing else is lost.
    assert_eq!(verdicts(clones, &attestations).iter().filter(|verdict| verdict.outcome.is_ok()).count(), 3 + 6);
    let off = reasons(&of_device(verdicts(FraudPolicy::default(), &attestations)));
    assert_eq!(off.iter().flatten().collect::<Vec<_>>(), [&Reason::OverlappingInterval]);
}

#[test]
fn clone_with_the_same_sequence_number_is_found() {
    let clones = FraudPolicy { clone: true, ..FraudPolicy::default() };
    let judged = verdicts(clones, &[reading(1, 0, 100, 100).signed(), reading(1, 0, 90, 90).signed()]);
    assert_eq!(reasons(&judged), [None, Some(Reason::ClonedKey)]);
}

#[test]
fn clone_in_two_places_is_found_and_a_place_told_later_is_none() {
    let clones = FraudPolicy { clone: true, ..FraudPolicy::default() };
    let again = Reading { sequence: 9, ..reading(1, 0, 100, 100) };
    let judged = verdicts(clones, &[placed(reading(1, 0, 100, 100), HERE), placed(again, PARIS)]);
    assert_eq!(reasons(&judged), [None, Some(Reason::ClonedKey)]);
    for second in [placed(again, HERE), again.signed()] {
        let judged = verdicts(clones, &[placed(reading(1, 0, 100, 100), HERE), second]);
        assert_eq!(reasons(&judged), [None, Some(Reason::OverlappingInterval)]);
    }
}

#[test]
fn nobody_but_the_key_can_make_a_clone() {
    let clones = FraudPolicy { clone: true, ..FraudPolicy::default() };
    let mut forged = Reading { sequence: 9, ..reading(1, 0, 90, 90) }.signed();
    forged.signature[3] ^= 1;
    let judged = verdicts(clones, &[honest_epoch(1, 0), vec![forged]].concat());
    assert_eq!(reasons(&judged).iter().flatten().collect::<Vec<_>>(), [&Reason::BadSignature]);
    assert_eq!(judged.iter().filter(|verdict| verdict.outcome.is_ok()).count(), 6);
}

#[test]
fn movement_faster_than_the_limit_is_refused_and_a_slow_one_is_not() {
    let speed = |max_speed_m_s| FraudPolicy { max_speed_m_s, ..FraudPolicy::default() };
    let travels = [placed(reading(1, 0, 100, 100), HERE), placed(reading(1, 1, 100, 200), PARIS)];
    let metres = at_least_m(HERE, PARIS).unwrap();
    // From the start of the first interval to the end of the second.
    let just_fast_enough = metres.div_ceil(2 * INTERVAL as u64) as u32;
    assert_eq!(reasons(&verdicts(speed(just_fast_enough), &travels)), [None, None]);
    let judged = verdicts(speed(just_fast_enough - 1), &travels);
    assert_eq!(reasons(&judged), [None, Some(Reason::ImpossibleMovement)]);
    let detail = &judged[1].outcome.as_ref().unwrap_err().detail;
    assert!(detail.contains(&format!("at least {metres} m in at most 1200 s")), "{detail}");
    assert_eq!(reasons(&verdicts(speed(0), &travels)), [None, None], "off");
    // Next door is no journey at all.
    let stays = [placed(reading(1, 0, 100, 100), HERE), placed(reading(1, 1, 100, 200), NEXT_DOOR)];
    assert_eq!(reasons(&verdicts(speed(1), &stays)), [None, None]);
}

#[test]
fn last_place_is_remembered_through_readings_without_one_and_over_epochs() {
    let fraud = FraudPolicy { max_speed_m_s: 1_000, ..FraudPolicy::default() };
    let first = [placed(reading(1, 0, 100, 100), HERE), reading(1, 1, 100, 200).signed()];
    let closed = close_epoch(with_rules(fraud, 0, LedgerState::default(), first.to_vec())).unwrap();
    assert_eq!(closed.closing.device(&device_key(1)).unwrap().place.unwrap().cell, HERE);
    let next = placed(reading(1, INTERVALS_PER_EPOCH, 100, 700), PARIS);
    let judged = verdicts_of(&with_rules(fraud, 1, closed.closing.clone(), vec![next]));
    assert_eq!(reasons(&judged), [Some(Reason::ImpossibleMovement)]);
    // A day later it can have flown there.
    let later = placed(reading(1, 24 * INTERVALS_PER_EPOCH, 100, 700), PARIS);
    assert_eq!(reasons(&verdicts_of(&with_rules(fraud, 24, closed.closing, vec![later]))), [None]);
}

#[test]
fn reading_far_from_the_registered_place_is_refused_unless_it_is_from_before_the_move() {
    let fraud = FraudPolicy { max_distance_m: 5_000, ..FraudPolicy::default() };
    let judged = |cell_set_unix, cell| {
        let mut input = with_rules(fraud, 0, LedgerState::default(), vec![placed(reading(1, 2, 100, 100), cell)]);
        let device = input.snapshot.devices.iter_mut().find(|device| device.key == device_key(1)).unwrap();
        (device.cell, device.cell_set_unix) = (Some(HERE), cell_set_unix);
        verdicts_of(&input)
    };
    assert_eq!(reasons(&judged(GENESIS, NEXT_DOOR)), [None]);
    let far = judged(GENESIS, PARIS);
    assert_eq!(reasons(&far), [Some(Reason::FarFromRegisteredPlace)]);
    let detail = &far[0].outcome.as_ref().unwrap_err().detail;
    assert!(detail.contains("from 8928308280fffff, where the device is registered; at most 5000 m"), "{detail}");
    assert_eq!(reasons(&judged(GENESIS + 2 * INTERVAL, PARIS)).len(), 1);
    assert_eq!(reasons(&judged(GENESIS + 2 * INTERVAL + 1, PARIS)), [None], "measured before the move");
    // A device without a registered place has none to be far from.
    assert_eq!(reasons(&verdicts(fraud, &[placed(reading(1, 0, 100, 100), PARIS)])), [None]);
}

#[test]
fn copied_series_earns_the_later_registered_nothing_and_says_whose_it_is() {
    let fraud = FraudPolicy { copied_intervals: 6, ..FraudPolicy::default() };
    let energies = [100, 200, 300, 150, 120, 90];
    let attestations = [series(1, energies), series(2, energies), series(3, [100, 200, 300, 150, 120, 91])].concat();
    let closed = close_epoch(with_rules(fraud, 0, LedgerState::default(), attestations.clone())).unwrap();
    assert_eq!((points_of(&closed, 1), points_of(&closed, 2), points_of(&closed, 3)), (960, 0, 961 * 3));
    let [finding] = closed.findings.as_slice() else { panic!("{:?}", closed.findings) };
    assert_eq!((finding.device, finding.reason, finding.points_withheld), (device_key(2), Reason::CopiedSeries, 960));
    assert!(finding.evidence.contains(&bs58::encode(device_key(1).bytes()).into_string()), "{}", finding.evidence);
    // Whoever was registered first is the original.
    let mut other_way = with_rules(fraud, 0, LedgerState::default(), attestations);
    other_way.snapshot.devices.iter_mut().for_each(|device| device.index = 10 - device.index);
    let closed = close_epoch(other_way).unwrap();
    assert_eq!((points_of(&closed, 1), points_of(&closed, 2)), (0, 960));
}

#[test]
fn series_that_say_nothing_are_no_copies() {
    let fraud = FraudPolicy { copied_intervals: 6, ..FraudPolicy::default() };
    for energies in [
        // Two devices at their limit, with what rounding leaves.
        [1_050, 1_049, 1_050, 1_050, 1_049, 1_050],
        // Too few intervals with energy.
        [100, 200, 300, 150, 120, 0],
        [0, 0, 0, 0, 0, 0],
    ] {
        let attestations = [series(1, energies), series(2, energies)].concat();
        let closed = close_epoch(with_rules(fraud, 0, LedgerState::default(), attestations)).unwrap();
        assert_eq!((closed.findings.len(), closed.accepted), (0, 12), "{energies:?}");
    }
}

/// Devices 1, 2 and 5 of class 0 in one cell, placed in the order 5, 1, 2; device 3 of class 1 beside them.
fn crowd(fraud: FraudPolicy, attestations: Vec<SignedAttestation>) -> EpochInput {
    let mut input = with_rules(fraud, 0, LedgerState::default(), attestations);
    for (device, cell, cell_set_unix) in [(5, HERE, 10), (1, HERE, 20), (2, HERE, 20), (3, HERE, 30)] {
        let found = input.snapshot.devices.iter_mut().find(|found| found.key == device_key(device)).unwrap();
        (found.cell, found.cell_set_unix) = (Some(cell), cell_set_unix);
    }
    input
}

#[test]
fn devices_beyond_the_density_earn_nothing_and_those_that_came_first_do() {
    let fraud = FraudPolicy { max_devices_per_cell: 2, cell_resolution: 9, ..FraudPolicy::default() };
    let attestations = [1, 2, 3, 5].map(|device| honest_epoch(device, 0)).concat();
    let closed = close_epoch(crowd(fraud, attestations.clone())).unwrap();
    assert_eq!([5, 1, 2, 3].map(|device| points_of(&closed, device)), [600, 600, 0, 1_800]);
    let [finding] = closed.findings.as_slice() else { panic!("{:?}", closed.findings) };
    assert_eq!((finding.device, finding.reason, finding.points_withheld), (device_key(2), Reason::CrowdedCell, 600));
    assert!(finding.evidence.contains("of 3 devices of class 0 with work in cell 8928308280fffff, the first 2 earn"));
    // A coarser cell holds its children; a finer one than the registry knows says nothing.
    for (resolution, findings) in [(5, 1), (9, 1), (10, 0)] {
        let closed = close_epoch(crowd(FraudPolicy { cell_resolution: resolution, ..fraud }, attestations.clone()));
        assert_eq!(closed.unwrap().findings.len(), findings, "resolution {resolution}");
    }
    // Whoever has no work in the epoch takes nobody's place.
    let without_first = [1, 2, 3].map(|device| honest_epoch(device, 0)).concat();
    assert!(close_epoch(crowd(fraud, without_first)).unwrap().findings.is_empty());
}

#[test]
fn copy_takes_no_place_in_a_cell_from_an_honest_device() {
    let energies = [100, 200, 300, 150, 120, 90];
    let attestations = [series(5, energies), series(1, energies), series(2, [90, 80, 70, 60, 50, 40])].concat();
    let fraud =
        FraudPolicy { max_devices_per_cell: 2, cell_resolution: 9, copied_intervals: 6, ..FraudPolicy::default() };
    let closed = close_epoch(crowd(fraud, attestations)).unwrap();
    // Device 1 is registered before 5, so 5 is the copy; 1 and 2 are two.
    assert_eq!([5, 1, 2].map(|device| points_of(&closed, device)), [0, 960, 390]);
}

#[test]
fn distances_are_the_same_to_the_metre_everywhere() {
    // Neighbours, half around the globe, around a pentagon, at the finest resolution, and no cells. Whoever sees this fail
    // must not change the numbers: with others, bundles that were right before are not any more.
    let pairs = [
        (HERE, HERE),
        (HERE, NEXT_DOOR),
        (HERE, PARIS),
        (PARIS, HERE),
        (0x0850_8000_3fff_ffff, 0x0850_8009_3fff_ffff),
        (0x0850_8000_3fff_ffff, 0x0850_8016_3fff_ffff),
        (0x0808_1fff_ffff_ffff, 0x0808_3fff_ffff_ffff),
        (0x08f2_8308_280f_1801, 0x08f2_8308_2803_0000),
        (HERE, 5),
        (u64::MAX, HERE),
    ];
    assert_eq!(pairs.map(|(one, other)| at_least_m(one, other)), DISTANCES_M);
}

const DISTANCES_M: [Option<u64>; 10] = [None; 10];

#[test]
fn hash_of_a_finding_depends_on_everything_in_it() {
    let finding = Finding {
        epoch: trellis_core::Epoch(3),
        device: device_key(1),
        reason: Reason::ClonedKey,
        attestation: Some([7; 32]),
        evidence: "words".to_owned(),
    };
    let hash = |finding: &Finding| finding.hash(&NETWORK, &VAULT);
    let others = [
        Finding { epoch: trellis_core::Epoch(4), ..finding.clone() },
        Finding { device: device_key(2), ..finding.clone() },
        Finding { reason: Reason::CopiedSeries, ..finding.clone() },
        Finding { attestation: None, ..finding.clone() },
        Finding { evidence: "other words".to_owned(), ..finding.clone() },
    ];
    for other in others {
        assert_ne!(hash(&finding), hash(&other), "{other:?}");
    }
    assert_ne!(finding.hash(&NETWORK, &VAULT), finding.hash(&VAULT, &NETWORK));
}

/// Three honest devices: measured energies, gaps, a place that drifts by a cell, and everything sent twice.
fn honest() -> impl Strategy<Value = (Vec<SignedAttestation>, [Option<u64>; 3])> {
    let readings =
        || prop::collection::vec((prop::option::weighted(0.9, 0u64..=1_050), any::<bool>(), any::<bool>()), 12);
    let cells = prop::array::uniform3(prop::option::of(prop_oneof![Just(HERE), Just(NEXT_DOOR)]));
    (prop::array::uniform3(readings()), cells).prop_map(|(devices, cells)| {
        let mut sent = Vec::new();
        for (device, readings) in [1u8, 3, 5].into_iter().zip(devices) {
            let mut counter = 0;
            for (interval, (energy, with_place, again)) in (0..).zip(readings) {
                // Whole energies of two devices agree in every interval only by chance: a meter never does.
                let Some(energy) = energy.map(|energy| energy / 10 * 10 + u64::from(device)) else { continue };
                let energy = energy.min(1_050);
                counter += energy;
                let reading = Reading { device, sequence: interval as u64 * 2, interval, energy, counter };
                let cell = if interval % 3 == 0 { HERE } else { NEXT_DOOR };
                let sign = |reading: Reading| if with_place { placed(reading, cell) } else { reading.signed() };
                sent.push(sign(reading));
                if again {
                    sent.push(sign(Reading { sequence: reading.sequence + 1, ..reading }));
                }
            }
        }
        (sent, cells)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn honest_devices_are_never_hit((sent, cells) in honest()) {
        let mut opening = LedgerState::default();
        for epoch in 0..2u64 {
            let start = GENESIS + epoch as i64 * EPOCH_SECONDS;
            let here = |signed: &&SignedAttestation| {
                (start..start + EPOCH_SECONDS).contains(&signed.attestation.interval_start_unix)
            };
            let arrived: Vec<_> = sent.iter().filter(here).cloned().collect();
            let mut input = with_rules(ALL_ON, epoch, opening, arrived);
            for (device, cell) in [1u8, 3, 5].into_iter().zip(cells) {
                let found = input.snapshot.devices.iter_mut().find(|found| found.key == device_key(device)).unwrap();
                found.cell = cell;
            }
            let refused: Vec<_> = verdicts_of(&input).into_iter().filter_map(|verdict| verdict.outcome.err()).collect();
            prop_assert!(refused.iter().all(|refusal| refusal.reason == Reason::OverlappingInterval), "{:?}", refused);
            let closed = close_epoch(input).unwrap();
            prop_assert!(closed.findings.is_empty(), "{:?}", closed.findings);
            opening = closed.closing;
        }
    }

    #[test]
    fn findings_are_the_same_in_any_order_of_arrival(
        (arrived, shuffled) in dishonest().prop_flat_map(|sent| (Just(sent.clone()), Just(sent).prop_shuffle()))
    ) {
        let (one, other) = (crowd(ALL_ON, arrived), crowd(ALL_ON, shuffled));
        prop_assert_eq!(encode(&one, None).unwrap().files, encode(&other, None).unwrap().files);
    }
}

/// Clones, travellers and copies.
fn dishonest() -> impl Strategy<Value = Vec<SignedAttestation>> {
    let cell = prop_oneof![Just(None), Just(Some(HERE)), Just(Some(NEXT_DOOR)), Just(Some(PARIS))];
    let device = prop_oneof![Just(1u8), Just(2), Just(5)];
    let one = (device, 0..INTERVALS_PER_EPOCH, 0u64..4, 0u64..3, cell);
    let one = one.prop_map(|(device, interval, sequence, version, cell)| {
        let energy = 100 + interval as u64 * 7 + version / 2;
        let counter = (interval as u64 + 1) * 10_000;
        let reading = Reading { device, sequence: interval as u64 * 4 + sequence, interval, energy, counter };
        cell.map_or_else(|| reading.signed(), |cell| placed(reading, cell))
    });
    prop::collection::vec(one, 0..60)
}

#[test]
fn policy_without_rules_finds_nothing_and_keeps_its_bytes() {
    assert!(!String::from_utf8(policy().canonical_bytes()).unwrap().contains("fraud"));
    let energies = [100, 200, 300, 150, 120, 90];
    let attestations = [series(1, energies), series(2, energies), series(5, energies)].concat();
    let closed = close_epoch(crowd(FraudPolicy::default(), attestations)).unwrap();
    assert_eq!((closed.findings.len(), closed.accepted), (0, 18));
    let keys: Vec<DeviceKey> = snapshot().devices.iter().map(|device| device.key).collect();
    assert_eq!(closed.devices.iter().map(|row| row.device).collect::<Vec<_>>(), keys);
}
