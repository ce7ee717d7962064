//! Several epochs in a call, several destinations, and what is remembered of them.

use proptest::prelude::*;
use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use spl_token_interface::instruction::close_account;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::Emission};
use trellis_core::{Amount, Epoch};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{EPOCH_AMOUNT, EmissionFixture},
};
use trellis_token::{
    constants::{MAX_EPOCHS_PER_CALL, RECENT_EPOCHS},
    error::TokenError,
    event::EpochsEmitted,
};

use super::emit_epochs;

/// What the treasury and each destination hold.
fn balances(world: &World, fixture: &EmissionFixture) -> Vec<u64> {
    let accounts = [fixture.treasury].into_iter().chain(fixture.destinations.iter().copied());
    accounts.map(|account| world.tokens_in(account)).collect()
}

/// An emission of 10,007 an epoch, decaying by a tenth every other epoch; 200 epochs have elapsed.
fn decaying(token_program: Address, shares_bps: &[u16]) -> (World, EmissionFixture) {
    let mut world = World::new();
    let fixture = world.emission_to(token_program, shares_bps, |args| {
        (args.first_amount, args.decay_every_epochs, args.decay_bps) = (10_007, 2, 1_000);
    });
    world.advance_past(&fixture.network, Epoch(200));
    (world, fixture)
}

#[test]
fn emit_epochs_of_one_epoch_splits_it_by_shares_and_gives_the_dust_to_the_treasury() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture) = decaying(token_program, &[6_000, 2_500, 1]);
        expect_success(world.run(emit_epochs(&world, fixture.address, 0, 1), &[]));
        // Of 10,007: 6,004.2, 2,501.75 and 1.0007, each rounded down.
        assert_eq!(balances(&world, &fixture), [1_501, 6_004, 2_501, 1]);
        assert_eq!(world.supply_of(fixture.mint), 10_007);
    }
}

#[test]
fn emit_epochs_without_destinations_gives_all_to_the_treasury() {
    let (mut world, fixture) = decaying(SPL_TOKEN_ID, &[]);
    expect_success(world.run(emit_epochs(&world, fixture.address, 0, 2), &[]));
    assert_eq!(balances(&world, &fixture), [20_014]);
}

#[test]
fn emit_epochs_of_many_splits_each_by_itself_and_tells_every_amount() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture) = decaying(token_program, &[3_333, 3_333, 3_333]);
        let metadata = expect_success(world.run(emit_epochs(&world, fixture.address, 0, 4), &[]));
        // 10,007 twice, then 9,006 twice. A third of each is 3,335.3 and 3,001.6.
        let third = 2 * 3_335 + 2 * 3_001;
        let total = 2 * 10_007 + 2 * 9_006;
        assert_eq!(balances(&world, &fixture), [total - 3 * third, third, third, third]);
        let event = EpochsEmitted {
            network: fixture.network.address,
            first_epoch: 0,
            amounts: vec![10_007, 10_007, 9_006, 9_006],
            emitted: total,
            recycled: 0,
        };
        assert_event(&metadata, &event);
        let emission = world.account::<Emission>(fixture.address);
        assert_eq!((emission.next_epoch, emission.emitted), (4, total));
        assert_program_error(
            world.run(emit_epochs(&world, fixture.address, 3, 2), &[]),
            TokenError::EpochAlreadyEmitted,
        );
    }
}

#[test]
fn emit_epochs_of_none_or_of_more_than_one_call_may_is_refused() {
    let (mut world, fixture) = decaying(SPL_TOKEN_ID, &[10_000]);
    for count in [0, MAX_EPOCHS_PER_CALL + 1, u8::MAX] {
        assert_program_error(
            world.run(emit_epochs(&world, fixture.address, 0, count), &[]),
            TokenError::InvalidEpochCount,
        );
    }
    expect_success(world.run(emit_epochs(&world, fixture.address, 0, MAX_EPOCHS_PER_CALL), &[]));
}

#[test]
fn emit_epochs_of_which_the_last_has_not_elapsed_is_refused_and_emits_none() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(4));
    for count in [6, 7, MAX_EPOCHS_PER_CALL] {
        assert_program_error(
            world.run(emit_epochs(&world, stage.emission, 0, count), &[]),
            TokenError::EpochNotElapsed,
        );
    }
    assert_eq!(world.account::<Emission>(stage.emission).next_epoch, 0);
    expect_success(world.run(emit_epochs(&world, stage.emission, 0, 5), &[]));
    assert_eq!(world.token_balance(stage.vault.tokens), 5 * EPOCH_AMOUNT);
}

#[test]
fn emit_epochs_up_to_the_last_epoch_that_a_u64_can_number_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Emission>(stage.emission, |account| account.next_epoch = u64::MAX - 1);
    world.set_time(i64::MAX);
    assert_program_error(
        world.run(emit_epochs(&world, stage.emission, u64::MAX - 1, 3), &[]),
        TokenError::EpochNotElapsed,
    );
}

#[test]
fn emit_epochs_into_a_closed_account_is_refused_until_anybody_opens_it_again() {
    // The two token programs look at a closed account's data, or at its owner, first.
    for (token_program, error) in
        [(SPL_TOKEN_ID, InstructionError::InvalidAccountData), (TOKEN_2022_ID, InstructionError::IncorrectProgramId)]
    {
        let (mut world, fixture) = decaying(token_program, &[6_000]);
        let (owner, tokens) = (&fixture.owners[1], fixture.destinations[0]);
        let wallet = owner.pubkey();
        let mut close = close_account(&SPL_TOKEN_ID, &tokens, &wallet, &wallet, &[]).unwrap();
        close.program_id = token_program;
        expect_success(world.run(close, &[owner]));
        let emit = emit_epochs(&world, fixture.address, 0, 1);
        assert_error(world.run(emit.clone(), &[]), error);
        assert_eq!(world.account::<Emission>(fixture.address).next_epoch, 0);
        assert_eq!(world.open_token_account(wallet, fixture.mint), tokens);
        expect_success(world.run(emit, &[]));
        assert_eq!(world.tokens_in(tokens), 6_004);
    }
}

#[test]
fn emission_remembers_its_last_epochs_and_knows_the_others_by_the_schedule() {
    let (mut world, fixture) = decaying(SPL_TOKEN_ID, &[6_000, 1]);
    let recent = RECENT_EPOCHS as u64;
    world.emit_through(&fixture.network, Epoch(recent + 9));
    let emission = world.account::<Emission>(fixture.address);
    for epoch in 0..recent + 10 {
        let wanted = emission.schedule().emission_of(Epoch(epoch)).unwrap();
        assert_eq!(emission.emitted_in(Epoch(epoch)), Some(wanted), "epoch {epoch}");
        let parts = [fixture.treasury, fixture.destinations[0], fixture.destinations[1]]
            .map(|account| emission.received_in(&account, Epoch(epoch)).unwrap());
        assert_eq!(parts[1].get(), wanted.get() * 6_000 / 10_000);
        assert_eq!(Amount::checked_sum(parts), Some(wanted));
    }
    assert_eq!(emission.emitted_in(Epoch(recent + 10)), None);
    assert_eq!(emission.received_in(&fixture.mint, Epoch(0)), None);
    assert!(!emission.pays(&fixture.mint) && emission.pays(&fixture.treasury));
}

#[test]
fn emission_that_recycles_forgets_what_is_older_than_it_remembers() {
    let mut world = World::new();
    let fixture = world.emission_to(SPL_TOKEN_ID, &[10_000], |args| {
        (args.recycle_bps, args.recycle_epoch_cap) = (1, 1);
    });
    let recent = RECENT_EPOCHS as u64;
    world.emit_through(&fixture.network, Epoch(recent));
    let emission = world.account::<Emission>(fixture.address);
    assert_eq!(emission.emitted_in(Epoch(0)), None);
    assert_eq!(emission.received_in(&fixture.destinations[0], Epoch(1)), Some(Amount(EPOCH_AMOUNT)));
    assert_eq!(emission.emitted_in(Epoch(recent)), Some(Amount(EPOCH_AMOUNT)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn emit_epochs_in_any_batches_mints_the_same_to_everybody(
        shares_bps in prop::collection::vec(1..=2_500_u16, 0..=4),
        batches in prop::collection::vec(1..=9_u8, 1..8),
        recycle in (0..=10_000_u16, 1..=2_000_u64),
    ) {
        let prepared = || {
            let mut world = World::new();
            let fixture = world.emission_to(SPL_TOKEN_ID, &shares_bps, |args| {
                (args.first_amount, args.decay_every_epochs, args.decay_bps) = (10_007, 2, 1_000);
                (args.recycle_bps, args.recycle_epoch_cap) = recycle;
            });
            world.advance_past(&fixture.network, Epoch(99));
            // Something to recycle in the epochs that follow.
            expect_success(world.run(emit_epochs(&world, fixture.address, 0, 1), &[]));
            let emission = world.account::<Emission>(fixture.address);
            let held = world.tokens_in(fixture.treasury);
            let owner = &fixture.owners[0];
            let burn = trellis_client::instructions::token::burn(
                owner.pubkey(), &emission, fixture.treasury, held, "",
            );
            expect_success(world.run(burn, &[owner]));
            (world, fixture)
        };
        let count: u8 = batches.iter().sum();
        let (mut together, one) = prepared();
        expect_success(together.run(emit_epochs(&together, one.address, 1, count), &[]));

        let (mut apart, other) = prepared();
        let mut next = 1;
        for batch in batches {
            expect_success(apart.run(emit_epochs(&apart, other.address, next, batch), &[]));
            next += u64::from(batch);
        }
        prop_assert_eq!(balances(&together, &one), balances(&apart, &other));
        trellis_tests::assert_same(
            &together.account::<Emission>(one.address), &apart.account::<Emission>(other.address),
        );
        let emission = together.account::<Emission>(one.address);
        let supply = emission.emitted + emission.recycled - emission.burned;
        prop_assert_eq!(together.supply_of(one.mint), supply);
        prop_assert_eq!(balances(&together, &one).iter().sum::<u64>(), supply);
    }
}
