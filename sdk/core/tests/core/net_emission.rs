//! What holds of emitted, burned and recycled tokens whatever happens, against sums kept in plain 128-bit integers.

use proptest::prelude::*;
use trellis_core::{
    Amount, Epoch,
    emission::Schedule,
    net_emission::{EpochEmission, Recycling, RecyclingError, Supply, SupplyError},
};

fn schedule() -> Schedule {
    Schedule {
        first_amount: Amount(1_000),
        decay_bps: 0,
        decay_every_epochs: 1,
        tail_amount: Amount(0),
        cap: Amount(3_000),
    }
}

fn recycled(supply: &mut Supply, recycling: &Recycling, epochs: usize) -> Vec<u64> {
    (0..epochs).map(|_| supply.emit_next(&schedule(), recycling).unwrap().recycled.get()).collect()
}

#[test]
fn recycling_brings_back_its_share_of_the_burned_once_rounded_down() {
    let recycling = Recycling { share_bps: 2_500, epoch_cap: Amount(u64::MAX) };
    let mut supply = Supply::start(&schedule());
    assert_eq!(recycled(&mut supply, &recycling, 1), [0]);
    supply.burn(Amount(403)).unwrap();
    assert_eq!(recycled(&mut supply, &recycling, 2), [100, 0]);
    // 404 in all: a quarter is 101, of which 100 came back.
    supply.burn(Amount(1)).unwrap();
    assert_eq!(recycled(&mut supply, &recycling, 2), [1, 0]);
}

#[test]
fn recycling_above_the_epochs_cap_waits_for_later_epochs() {
    let recycling = Recycling { share_bps: 10_000, epoch_cap: Amount(40) };
    let mut supply = Supply::start(&schedule());
    recycled(&mut supply, &recycling, 1);
    supply.burn(Amount(100)).unwrap();
    assert_eq!(recycled(&mut supply, &recycling, 4), [40, 40, 20, 0]);
}

#[test]
fn recycling_goes_on_after_the_schedule_ended() {
    let recycling = Recycling { share_bps: 10_000, epoch_cap: Amount(u64::MAX) };
    let mut supply = Supply::start(&schedule());
    recycled(&mut supply, &recycling, 3);
    supply.burn(Amount(7)).unwrap();
    let emission = supply.emit_next(&schedule(), &recycling);
    assert_eq!(emission, Some(EpochEmission { scheduled: Amount(0), recycled: Amount(7) }));
}

#[test]
fn recycling_of_nothing_changes_no_epoch() {
    let recycling = Recycling { share_bps: 0, epoch_cap: Amount(0) };
    let mut supply = Supply::start(&schedule());
    supply.burn(Amount(u64::MAX)).unwrap();
    assert_eq!(recycled(&mut supply, &recycling, 5), [0; 5]);
    assert_eq!(supply.burn(Amount(1)), None);
}

#[test]
fn validate_and_check_name_each_mistake() {
    let recycling = Recycling { share_bps: 10_000, epoch_cap: Amount(1) };
    assert_eq!(recycling.validate(), Ok(()));
    let above = Recycling { share_bps: 10_001, ..recycling };
    assert_eq!(above.validate(), Err(RecyclingError::ShareAboveWhole));
    let stuck = Recycling { epoch_cap: Amount(0), ..recycling };
    assert_eq!(stuck.validate(), Err(RecyclingError::ZeroEpochCap));

    let mut supply = Supply::start(&schedule());
    assert_eq!(supply.check(&schedule(), &recycling), Ok(()));
    supply.recycled = Amount(1);
    assert_eq!(supply.check(&schedule(), &recycling), Err(SupplyError::RecycledAboveLimit));
    supply.progress.emitted = Amount(3_001);
    assert_eq!(supply.check(&schedule(), &recycling), Err(SupplyError::EmittedAboveCap));
}

#[test]
fn emit_next_past_the_last_epoch_changes_nothing() {
    let recycling = Recycling { share_bps: 10_000, epoch_cap: Amount(5) };
    let mut supply = Supply { burned: Amount(9), ..Supply::start(&schedule()) };
    supply.progress.next_epoch = Epoch(u64::MAX);
    let before = supply;
    assert_eq!(supply.emit_next(&schedule(), &recycling), None);
    assert_eq!(supply, before);
}

fn schedules() -> impl Strategy<Value = Schedule> {
    // Small amounts hit the rounding, large ones the width.
    let amounts = prop_oneof![1..=1_000_u64, 1..=u64::MAX / 20_000, 1..=u64::MAX];
    (amounts, any::<u64>(), any::<u64>(), 1..=400_u32, 0..=10_000_u16).prop_map(
        |(first, tail, room, decay_every_epochs, decay_bps)| Schedule {
            first_amount: Amount(first),
            decay_bps,
            decay_every_epochs,
            tail_amount: Amount(tail % first.saturating_add(1)),
            cap: Amount(first.saturating_add(room % first.saturating_mul(12_000))),
        },
    )
}

fn recyclings() -> impl Strategy<Value = Recycling> {
    let share_bps = prop_oneof![Just(0), Just(10_000), 0..=10_000_u16];
    let epoch_cap = prop_oneof![Just(u64::MAX), 1..=500_u64, 1..=u64::MAX];
    (share_bps, epoch_cap).prop_map(|(share_bps, cap)| Recycling { share_bps, epoch_cap: Amount(cap) })
}

/// Numbers without a pattern, the same for the same seed (SplitMix64).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ten_thousand_epochs_of_emit_and_burn_never_exceed_the_cap(
        schedule in schedules(), recycling in recyclings(), seed: u64,
    ) {
        prop_assert_eq!(schedule.validate(), Ok(()));
        prop_assert_eq!(recycling.validate(), Ok(()));
        let (mut state, mut supply) = (seed, Supply::start(&schedule));
        let (mut minted, mut burned, mut recycled) = (0u128, 0u128, 0u128);
        for epoch in 0..10_000 {
            let emission = supply.emit_next(&schedule, &recycling).unwrap();
            prop_assert_eq!(Some(emission.scheduled), schedule.emission_of(Epoch(epoch)));
            prop_assert!(emission.recycled <= recycling.epoch_cap);
            minted += u128::from(emission.total().unwrap().get());
            recycled += u128::from(emission.recycled.get());
            prop_assert!(recycled <= burned * u128::from(recycling.share_bps) / 10_000, "epoch {}", epoch);
            prop_assert!(minted - burned <= u128::from(schedule.cap.get()), "epoch {}", epoch);
            prop_assert_eq!(supply.check(&schedule, &recycling), Ok(()));
            // Anything up to the whole supply is burned, in three of four epochs.
            let circulating = minted - burned;
            let burn = match random(&mut state) % 4 {
                0 => 0,
                1 => circulating,
                _ => u128::from(random(&mut state)) % (circulating + 1),
            };
            // The counter may be full after many times the cap; the program refuses then.
            if supply.burn(Amount(u64::try_from(burn).unwrap())).is_some() {
                burned += burn;
            }
            prop_assert_eq!(u128::from(supply.burned.get()), burned);
        }
        prop_assert_eq!(minted, u128::from(supply.progress.emitted.get()) + recycled);
    }
}
