//! Amounts over many epochs: the program on the VM against the schedule in `trellis_core`.

use proptest::prelude::*;
use trellis_client::{accounts::Emission, addresses, instructions::token::CreateEmissionArgs};
use trellis_core::{Amount, Epoch, emission::Schedule};
use trellis_tests::{
    World, assert_event, assert_program_error, expect_success,
    fixtures::{NetworkFixture, VaultFixture, emission_args},
};
use trellis_token::{error::TokenError, event::EpochsEmitted};

use super::emit_epochs;

/// A network whose emission follows `args`, with `epochs` of them elapsed.
fn emitting(args: &CreateEmissionArgs, epochs: u64) -> (World, NetworkFixture, VaultFixture) {
    let mut world = World::new();
    let network = world.create_network();
    let mint = world.create_mint(&network);
    let vault = world.create_vault(&network, mint);
    world.create_emission_with(&network, vault.tokens, |defaults| *defaults = args.clone());
    world.advance_past(&network, Epoch(epochs));
    (world, network, vault)
}

/// What each of the first `epochs` mints, read from the balances.
fn emitted(args: &CreateEmissionArgs, epochs: u64) -> Vec<u64> {
    let (mut world, network, vault) = emitting(args, epochs);
    let mut balance = 0;
    (0..epochs)
        .map(|epoch| {
            let emission = addresses::emission(&network.address);
            expect_success(world.run(emit_epochs(&world, emission, epoch, 1), &[]));
            let before = std::mem::replace(&mut balance, world.token_balance(vault.tokens));
            balance - before
        })
        .collect()
}

#[test]
fn emit_epochs_over_periods_decays_rounded_down_to_the_tail() {
    let args = CreateEmissionArgs {
        first_amount: 1_001,
        tail_amount: 200,
        cap: u64::MAX,
        decay_every_epochs: 2,
        decay_bps: 5_000,
        ..emission_args()
    };
    assert_eq!(emitted(&args, 9), [1_001, 1_001, 500, 500, 250, 250, 200, 200, 200]);
}

#[test]
fn emit_epochs_at_the_cap_mints_what_is_left_and_then_nothing() {
    let args = CreateEmissionArgs {
        first_amount: 40,
        tail_amount: 0,
        cap: 100,
        decay_every_epochs: 1,
        decay_bps: 0,
        ..emission_args()
    };
    assert_eq!(emitted(&args, 5), [40, 40, 20, 0, 0]);
}

#[test]
fn emit_epochs_of_the_largest_amounts_neither_overflows_nor_loses_a_unit() {
    let args = CreateEmissionArgs {
        first_amount: u64::MAX,
        tail_amount: 0,
        cap: u64::MAX,
        decay_every_epochs: 1,
        decay_bps: 1,
        ..emission_args()
    };
    assert_eq!(emitted(&args, 3), [u64::MAX, 0, 0]);

    let half = CreateEmissionArgs { first_amount: u64::MAX / 2, decay_bps: 1, ..args };
    // (2⁶³ − 1) · 9,999 / 10,000, which needs 77 bits between.
    let second = (u128::from(u64::MAX / 2) * 9_999 / 10_000) as u64;
    assert_eq!(emitted(&half, 3), [u64::MAX / 2, second, u64::MAX - u64::MAX / 2 - second]);
}

#[test]
fn emit_epochs_after_a_decay_of_the_whole_mints_the_tail_alone() {
    let args = CreateEmissionArgs {
        first_amount: 1_000,
        tail_amount: 1,
        cap: 1_002,
        decay_every_epochs: 1,
        decay_bps: 10_000,
        ..emission_args()
    };
    assert_eq!(emitted(&args, 5), [1_000, 1, 1, 0, 0]);
}

fn schedules() -> impl Strategy<Value = Schedule> {
    // Small amounts hit the rounding, large ones the width.
    let amounts = prop_oneof![1..=1_000_u64, 1..=u64::MAX / 8, 1..=u64::MAX];
    let decay = prop_oneof![Just(0_u16), Just(10_000), 0..=10_000_u16];
    (amounts, any::<u64>(), any::<u64>(), 1..=7_u32, decay).prop_map(
        |(first, tail, room, decay_every_epochs, decay_bps)| Schedule {
            first_amount: Amount(first),
            decay_bps,
            decay_every_epochs,
            tail_amount: Amount(tail % first.saturating_add(1)),
            // Caps from the first epoch's amount to about thirty times that.
            cap: Amount(first.saturating_add(room % first.saturating_mul(30))),
        },
    )
}

fn args_of(schedule: &Schedule) -> CreateEmissionArgs {
    CreateEmissionArgs {
        first_amount: schedule.first_amount.get(),
        tail_amount: schedule.tail_amount.get(),
        cap: schedule.cap.get(),
        decay_every_epochs: schedule.decay_every_epochs,
        decay_bps: schedule.decay_bps,
        ..emission_args()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn emit_epochs_over_random_schedules_mints_what_the_schedule_says_each_epoch_once(schedule in schedules()) {
        const EPOCHS: u64 = 20;
        let (mut world, network, vault) = emitting(&args_of(&schedule), EPOCHS);
        let mut total = 0_u64;
        for epoch in 0..EPOCHS {
            let amount = schedule.emission_of(Epoch(epoch)).unwrap().get();
            total += amount;
            let emit = emit_epochs(&world, addresses::emission(&network.address), epoch, 1);
            let metadata = expect_success(world.run(emit.clone(), &[]));
            let network = network.address;
            let event = EpochsEmitted {
                network,
                first_epoch: epoch,
                amounts: vec![amount],
                emitted: total,
                recycled: 0,
            };
            assert_event(&metadata, &event);
            assert_program_error(world.run(emit, &[]), TokenError::EpochAlreadyEmitted);

            let account = world.account::<Emission>(addresses::emission(&network));
            prop_assert_eq!(account.emitted, total);
            prop_assert_eq!(account.next_epoch, epoch + 1);
            prop_assert_eq!(world.mint_state(vault.mint).supply, total);
            prop_assert_eq!(world.token_balance(vault.tokens), total);
            prop_assert!(Amount(total) <= schedule.cap);
        }
    }
}
