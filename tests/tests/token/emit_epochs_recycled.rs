//! Net emission: what comes back of burned tokens.

use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID,
    accounts::Emission,
    instructions::token::{CreateEmissionArgs, burn},
};
use trellis_core::Epoch;
use trellis_tests::{World, assert_event, assert_program_error, expect_success, fixtures::EmissionFixture};
use trellis_token::{error::TokenError, event::EpochsEmitted};

use super::emit_epochs;

/// 1,000 an epoch for three epochs, half to the destination; 50 epochs have elapsed.
fn prepared(
    token_program: solana_address::Address,
    edit: impl FnOnce(&mut CreateEmissionArgs),
) -> (World, EmissionFixture) {
    let mut world = World::new();
    let fixture = world.emission_to(token_program, &[5_000], |args| {
        (args.first_amount, args.cap) = (1_000, 3_000);
        edit(args);
    });
    world.advance_past(&fixture.network, Epoch(49));
    (world, fixture)
}

fn burn_treasury(world: &mut World, fixture: &EmissionFixture, amount: u64) {
    let owner = &fixture.owners[0];
    let emission = world.account(fixture.address);
    expect_success(world.run(burn(owner.pubkey(), &emission, fixture.treasury, amount, ""), &[owner]));
}

/// Emits `count` epochs; the amounts, as remembered.
fn emit(world: &mut World, fixture: &EmissionFixture, count: u8) -> Vec<u64> {
    let first = world.account::<Emission>(fixture.address).next_epoch;
    expect_success(world.run(emit_epochs(world, fixture.address, first, count), &[]));
    let emission = world.account::<Emission>(fixture.address);
    (first..first + u64::from(count)).map(|epoch| emission.emitted_in(Epoch(epoch)).unwrap().get()).collect()
}

#[test]
fn emit_epochs_after_a_burn_mints_its_share_once_on_top_and_splits_it_alike() {
    for token_program in [SPL_TOKEN_ID, TOKEN_2022_ID] {
        let (mut world, fixture) = prepared(token_program, |args| {
            (args.recycle_bps, args.recycle_epoch_cap) = (2_500, u64::MAX);
        });
        assert_eq!(emit(&mut world, &fixture, 1), [1_000]);
        burn_treasury(&mut world, &fixture, 403);
        let first = world.account::<Emission>(fixture.address).next_epoch;
        let metadata = expect_success(world.run(emit_epochs(&world, fixture.address, first, 2), &[]));
        // A quarter of 403, rounded down.
        let event = EpochsEmitted {
            network: fixture.network.address,
            first_epoch: 1,
            amounts: vec![1_100, 1_000],
            emitted: 3_000,
            recycled: 100,
        };
        assert_event(&metadata, &event);
        assert_eq!(world.tokens_in(fixture.destinations[0]), 500 + 550 + 500);
        assert_eq!(world.supply_of(fixture.mint), 3_000 - 403 + 100);
        // One more burned makes 404, of which a quarter is 101: one unit more. The schedule is over.
        burn_treasury(&mut world, &fixture, 1);
        assert_eq!(emit(&mut world, &fixture, 3), [1, 0, 0]);
        assert_eq!(world.account::<Emission>(fixture.address).recycled, 101);
    }
}

#[test]
fn emit_epochs_after_a_large_burn_mints_at_most_the_cap_of_recycling_in_each() {
    let (mut world, fixture) = prepared(SPL_TOKEN_ID, |args| {
        (args.recycle_bps, args.recycle_epoch_cap) = (10_000, 40);
    });
    emit(&mut world, &fixture, 3);
    burn_treasury(&mut world, &fixture, 100);
    assert_eq!(emit(&mut world, &fixture, 4), [40, 40, 20, 0]);
}

#[test]
fn emit_epochs_without_recycling_mints_nothing_of_what_was_burned() {
    let (mut world, fixture) = prepared(SPL_TOKEN_ID, |_| {});
    emit(&mut world, &fixture, 3);
    burn_treasury(&mut world, &fixture, 1_500);
    assert_eq!(emit(&mut world, &fixture, 3), [0, 0, 0]);
    assert_eq!(world.supply_of(fixture.mint), 1_500);
}

#[test]
fn emit_epochs_after_a_burn_past_the_program_recycles_nothing_of_it() {
    let (mut world, fixture) = prepared(SPL_TOKEN_ID, |args| {
        (args.recycle_bps, args.recycle_epoch_cap) = (10_000, u64::MAX);
    });
    emit(&mut world, &fixture, 3);
    let owner = &fixture.owners[0];
    let direct = spl_token_interface::instruction::burn(
        &SPL_TOKEN_ID,
        &fixture.treasury,
        &fixture.mint,
        &owner.pubkey(),
        &[],
        900,
    );
    expect_success(world.run(direct.unwrap(), &[owner]));
    assert_eq!(emit(&mut world, &fixture, 2), [0, 0]);
    assert_eq!(world.supply_of(fixture.mint), 2_100);
}

#[test]
fn emit_epochs_of_an_emission_that_recycled_too_much_is_refused() {
    let (mut world, fixture) = prepared(SPL_TOKEN_ID, |args| {
        (args.recycle_bps, args.recycle_epoch_cap) = (5_000, u64::MAX);
    });
    emit(&mut world, &fixture, 1);
    burn_treasury(&mut world, &fixture, 100);
    world.forge::<Emission>(fixture.address, |account| account.recycled = 51);
    let emit = emit_epochs(&world, fixture.address, 1, 1);
    assert_program_error(world.run(emit.clone(), &[]), TokenError::RecycledAboveShare);
    world.forge::<Emission>(fixture.address, |account| account.recycled = 50);
    expect_success(world.run(emit, &[]));
}
