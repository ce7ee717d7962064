//! Which epoch may be emitted when, and what an emission leaves behind. Accounts are in `emit_epochs_accounts`, several
//! epochs and destinations in `emit_epochs_many`, amounts over many epochs in `emit_epochs_schedule`.

use trellis_client::{accounts::Emission, addresses};
use trellis_core::Epoch;
use trellis_tests::{
    Outcome, START_UNIX, World, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{EPOCH_AMOUNT, EPOCH_SECONDS, Stage},
};
use trellis_token::{error::TokenError, event::EpochsEmitted};

use super::emit_epochs;

fn emit(world: &mut World, stage: &Stage, epoch: u64) -> Outcome {
    world.run(emit_epochs(world, stage.emission, epoch, 1), &[])
}

#[test]
fn emit_epochs_of_an_elapsed_epoch_mints_its_amount_into_the_reward_account() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(0));
    let before = world.account::<Emission>(stage.emission);

    let metadata = expect_success(emit(&mut world, &stage, 0));

    let mut wanted = Emission { next_epoch: 1, emitted: EPOCH_AMOUNT, ..before };
    wanted.recent[0] = EPOCH_AMOUNT;
    assert_same(&world.account::<Emission>(stage.emission), &wanted);
    assert_eq!(world.token_balance(stage.vault.tokens), EPOCH_AMOUNT);
    assert_eq!(world.mint_state(stage.vault.mint).supply, EPOCH_AMOUNT);
    assert_eq!(world.token_balance(before.treasury), 0);
    let event = EpochsEmitted {
        network: stage.network.address,
        first_epoch: 0,
        amounts: vec![EPOCH_AMOUNT],
        emitted: EPOCH_AMOUNT,
        recycled: 0,
    };
    assert_event(&metadata, &event);
}

#[test]
fn emit_epochs_by_a_stranger_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(0));
    let stranger = world.keypair();
    expect_success(world.send(&[emit_epochs(&world, stage.emission, 0, 1)], &[&stranger]));
}

#[test]
fn emit_epochs_twice_is_refused_and_mints_nothing() {
    let mut world = World::new();
    let stage = world.funded_stage(1);
    for epoch in [0, 1] {
        assert_program_error(emit(&mut world, &stage, epoch), TokenError::EpochAlreadyEmitted);
    }
    assert_eq!(world.mint_state(stage.vault.mint).supply, EPOCH_AMOUNT * 2);
}

#[test]
fn emit_epochs_twice_in_one_transaction_is_refused_and_mints_nothing() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(5));
    let emit = emit_epochs(&world, stage.emission, 0, 1);
    let payer = world.payer_keypair();
    assert_program_error(world.send(&[emit.clone(), emit], &[&payer]), TokenError::EpochAlreadyEmitted);
    assert_eq!(world.mint_state(stage.vault.mint).supply, 0);
    assert_eq!(world.account::<Emission>(stage.emission).next_epoch, 0);
}

#[test]
fn emit_epochs_of_several_epochs_in_one_transaction_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(9));
    let emits: Vec<_> = (0..10).map(|epoch| emit_epochs(&world, stage.emission, epoch, 1)).collect();
    let payer = world.payer_keypair();
    expect_success(world.send(&emits, &[&payer]));
    assert_eq!(world.token_balance(stage.vault.tokens), EPOCH_AMOUNT * 10);
}

#[test]
fn emit_epochs_that_skips_one_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(5));
    for epoch in [1, 5, u64::MAX] {
        assert_program_error(emit(&mut world, &stage, epoch), TokenError::EpochOutOfOrder);
    }
}

#[test]
fn emit_epochs_a_second_before_its_end_is_refused_and_at_its_end_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    for epoch in [0, 1] {
        let end = START_UNIX + i64::from(EPOCH_SECONDS) * (epoch as i64 + 1);
        world.set_time(end - 1);
        assert_program_error(emit(&mut world, &stage, epoch), TokenError::EpochNotElapsed);
        world.set_time(end);
        expect_success(emit(&mut world, &stage, epoch));
    }
}

#[test]
fn emit_epochs_before_genesis_is_refused() {
    let mut world = World::new();
    let network = world.create_network_with(|args| args.genesis_unix = START_UNIX + 1_000_000);
    let mint = world.create_mint(&network);
    let vault = world.create_vault(&network, mint);
    let emission = world.create_emission(&network, vault.tokens);
    for unix in [START_UNIX, 0, -1, i64::MIN] {
        world.set_time(unix);
        let emit = emit_epochs(&world, emission, 0, 1);
        assert_program_error(world.run(emit, &[]), TokenError::EpochNotElapsed);
    }
}

#[test]
fn emit_epochs_of_the_last_epoch_that_a_u64_can_number_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Emission>(stage.emission, |account| account.next_epoch = u64::MAX);
    world.set_time(i64::MAX);
    assert_program_error(emit(&mut world, &stage, u64::MAX), TokenError::EpochNotElapsed);
}

#[test]
fn emit_epochs_of_an_emission_past_its_cap_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(0));
    world.forge::<Emission>(stage.emission, |account| account.emitted = account.cap + 1);
    assert_program_error(emit(&mut world, &stage, 0), TokenError::CapExceeded);
}

#[test]
fn emit_epochs_of_an_emission_of_another_version_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(0));
    world.forge::<Emission>(stage.emission, |account| account.version = 2);
    assert_program_error(emit(&mut world, &stage, 0), TokenError::UnknownVersion);
    assert_eq!(addresses::emission(&stage.network.address), stage.emission);
}
