//! The account that it writes, and its arguments. Signers and accounts are in `create_emission_authority`.

use bytemuck::Zeroable;
use solana_address::Address;
use trellis_client::{
    TOKEN_ID,
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

/// A network with a mint and a token account for it.
fn prepared() -> (World, NetworkFixture, Address) {
    let mut world = World::new();
    let network = world.create_network_with(|args| (args.genesis_unix, args.epoch_seconds) = (START_UNIX + 5, 61));
    let mint = world.create_mint(&network);
    let wallet = world.some_address();
    let reward_account = world.create_token_account(wallet, mint);
    (world, network, reward_account)
}

fn create_with(edit: impl FnOnce(&mut CreateEmissionArgs)) -> Outcome {
    let (mut world, network, reward_account) = prepared();
    let mut args = emission_args();
    edit(&mut args);
    let create = create_emission(world.payer(), network.authority_address(), network.address, reward_account, args);
    world.run(create, &[&network.authority])
}

#[test]
fn create_emission_with_sound_arguments_writes_every_field() {
    let (mut world, network, reward_account) = prepared();
    let args =
        CreateEmissionArgs { first_amount: 1_001, tail_amount: 7, cap: 50_000, decay_every_epochs: 30, decay_bps: 250 };
    let create = create_emission(world.payer(), network.authority_address(), network.address, reward_account, args);
    let metadata = expect_success(world.run(create, &[&network.authority]));

    let derive = |seed: &[u8]| Address::find_program_address(&[seed, network.address.as_array()], &TOKEN_ID);
    let (address, bump) = derive(pda::EMISSION);
    let mint = derive(pda::MINT).0;
    let wanted = Emission {
        network: network.address,
        mint,
        reward_account,
        first_amount: 1_001,
        tail_amount: 7,
        cap: 50_000,
        next_epoch: 0,
        period_amount: 1_001,
        emitted: 0,
        genesis_unix: START_UNIX + 5,
        epoch_seconds: 61,
        decay_every_epochs: 30,
        decay_bps: 250,
        version: ACCOUNT_VERSION,
        bump,
        mint_authority_bump: derive(pda::MINT_AUTHORITY).1,
        ..Emission::zeroed()
    };
    assert_same(&world.account::<Emission>(address), &wanted);
    assert_eq!(world.mint_state(mint).supply, 0);
    let event = EmissionCreated { network: network.address, mint, reward_account, first_amount: 1_001, cap: 50_000 };
    assert_event(&metadata, &event);
}

#[test]
fn create_emission_twice_is_refused_and_keeps_the_first_schedule() {
    let (mut world, network, reward_account) = prepared();
    let emission = world.create_emission(&network, reward_account);
    let before = world.account::<Emission>(emission);
    for cap in [emission_args().cap, u64::MAX] {
        let args = CreateEmissionArgs { cap, ..emission_args() };
        let create = create_emission(world.payer(), network.authority_address(), network.address, reward_account, args);
        assert_error(world.run(create, &[&network.authority]), ACCOUNT_IN_USE);
    }
    assert_same(&world.account::<Emission>(emission), &before);
}

#[test]
fn create_emission_at_an_address_that_holds_lamports_already_succeeds() {
    let (mut world, network, reward_account) = prepared();
    world.fund(addresses::emission(&network.address), 1);
    world.create_emission(&network, reward_account);
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
