//! The account that it writes, and its figures. Signers and accounts are in `create_emission_authority`, treasury and
//! destinations in `create_emission_destinations`.

use bytemuck::Zeroable;
use solana_address::Address;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_ID,
    accounts::Emission,
    addresses,
    instructions::token::{CreateEmissionArgs, create_emission},
};
use trellis_core::pda;
use trellis_tests::{
    Outcome, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{NetworkFixture, emission_args},
    refusal::ACCOUNT_IN_USE,
};
use trellis_token::{constants::ACCOUNT_VERSION, error::TokenError, event::EmissionCreated};

/// A network with a mint and two token accounts for it: treasury and destination.
fn prepared() -> (World, NetworkFixture, Address, Address) {
    let mut world = World::new();
    let network = world.create_network_with(|args| (args.genesis_unix, args.epoch_seconds) = (START_UNIX + 5, 61));
    let mint = world.create_mint(&network);
    let (one, other) = (world.some_address(), world.some_address());
    let treasury = world.open_token_account(one, mint);
    let destination = world.open_token_account(other, mint);
    (world, network, treasury, destination)
}

fn create_with(edit: impl FnOnce(&mut CreateEmissionArgs)) -> Outcome {
    let (mut world, network, treasury, destination) = prepared();
    let mut args = emission_args();
    edit(&mut args);
    let (payer, authority) = (world.payer(), network.authority_address());
    let create = create_emission(payer, authority, network.address, treasury, &[destination], args);
    world.run(create, &[&network.authority])
}

#[test]
fn create_emission_with_sound_arguments_writes_every_field() {
    let (mut world, network, treasury, destination) = prepared();
    let args = CreateEmissionArgs {
        first_amount: 1_001,
        tail_amount: 7,
        cap: 50_000,
        recycle_epoch_cap: 99,
        decay_every_epochs: 30,
        decay_bps: 250,
        recycle_bps: 4_000,
        shares_bps: vec![7_500],
    };
    let (payer, authority) = (world.payer(), network.authority_address());
    let create = create_emission(payer, authority, network.address, treasury, &[destination], args);
    let metadata = expect_success(world.run(create, &[&network.authority]));

    let derive = |seed: &[u8]| Address::find_program_address(&[seed, network.address.as_array()], &TOKEN_ID);
    let (address, bump) = derive(pda::EMISSION);
    let mint = derive(pda::MINT).0;
    let mut wanted = Emission {
        network: network.address,
        mint,
        token_program: SPL_TOKEN_ID,
        treasury,
        first_amount: 1_001,
        tail_amount: 7,
        cap: 50_000,
        recycle_epoch_cap: 99,
        next_epoch: 0,
        period_amount: 1_001,
        genesis_unix: START_UNIX + 5,
        epoch_seconds: 61,
        decay_every_epochs: 30,
        decay_bps: 250,
        recycle_bps: 4_000,
        destination_count: 1,
        version: ACCOUNT_VERSION,
        bump,
        mint_authority_bump: derive(pda::MINT_AUTHORITY).1,
        ..Emission::zeroed()
    };
    (wanted.destinations[0], wanted.shares_bps[0]) = (destination, 7_500);
    assert_same(&world.account::<Emission>(address), &wanted);
    assert_eq!(world.mint_state(mint).supply, 0);
    let event = EmissionCreated {
        network: network.address,
        mint,
        treasury,
        destinations: vec![destination],
        shares_bps: vec![7_500],
        first_amount: 1_001,
        cap: 50_000,
        recycle_bps: 4_000,
    };
    assert_event(&metadata, &event);
}

#[test]
fn create_emission_twice_is_refused_and_keeps_the_first_schedule() {
    let (mut world, network, treasury, destination) = prepared();
    let emission = world.create_emission(&network, destination);
    let before = world.account::<Emission>(emission);
    for cap in [emission_args().cap, u64::MAX] {
        let args = CreateEmissionArgs { cap, ..emission_args() };
        let (payer, authority) = (world.payer(), network.authority_address());
        let create = create_emission(payer, authority, network.address, treasury, &[destination], args);
        assert_error(world.run(create, &[&network.authority]), ACCOUNT_IN_USE);
    }
    assert_same(&world.account::<Emission>(emission), &before);
}

#[test]
fn create_emission_at_an_address_that_holds_lamports_already_succeeds() {
    let (mut world, network, _, destination) = prepared();
    world.fund(addresses::emission(&network.address), 1);
    world.create_emission(&network, destination);
}

#[test]
fn create_emission_with_decay_of_the_whole_succeeds_and_above_it_is_refused() {
    expect_success(create_with(|args| args.decay_bps = 10_000));
    for decay_bps in [10_001, u16::MAX] {
        assert_program_error(create_with(|args| args.decay_bps = decay_bps), TokenError::DecayAboveWhole);
    }
}

#[test]
fn create_emission_with_periods_of_no_epochs_is_refused() {
    assert_program_error(create_with(|args| args.decay_every_epochs = 0), TokenError::ZeroDecayPeriod);
}

#[test]
fn create_emission_with_a_first_amount_of_zero_or_above_the_cap_is_refused() {
    let with = |first_amount, cap| {
        create_with(|args| (args.first_amount, args.tail_amount, args.cap) = (first_amount, 0, cap))
    };
    expect_success(with(100, 100));
    expect_success(with(u64::MAX, u64::MAX));
    for (first_amount, cap) in [(0, 100), (0, 0), (101, 100), (u64::MAX, u64::MAX - 1)] {
        assert_program_error(with(first_amount, cap), TokenError::InvalidFirstAmount);
    }
}

#[test]
fn create_emission_with_a_tail_above_the_first_amount_is_refused() {
    let with = |tail_amount| create_with(|args| (args.first_amount, args.tail_amount) = (100, tail_amount));
    expect_success(with(100));
    assert_program_error(with(101), TokenError::TailAboveFirstAmount);
}

#[test]
fn create_emission_that_recycles_the_whole_succeeds_and_above_it_is_refused() {
    let with = |recycle_bps, cap| create_with(|args| (args.recycle_bps, args.recycle_epoch_cap) = (recycle_bps, cap));
    expect_success(with(10_000, 1));
    expect_success(with(0, u64::MAX));
    for recycle_bps in [10_001, u16::MAX] {
        assert_program_error(with(recycle_bps, 1), TokenError::RecyclingAboveWhole);
    }
    for recycle_bps in [1, 10_000] {
        assert_program_error(with(recycle_bps, 0), TokenError::ZeroRecyclingCap);
    }
}
