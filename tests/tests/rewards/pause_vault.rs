use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{accounts::Vault, instructions::rewards};
use trellis_rewards::{
    constants::{MAX_PAUSE_SECONDS, PAUSE_REST_SECONDS},
    error::RewardsError,
    event::VaultPaused,
};
use trellis_tests::{
    Outcome, World, assert_event, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, Stage},
};

use super::support::{Payday, bytes_of, incomplete, not_writable, small_root, unsigned, vault};

fn pause(stage: &Stage, seconds: u32) -> Instruction {
    rewards::pause_vault(stage.network.guardian_address(), stage.vault.address, seconds)
}

fn run(world: &mut World, stage: &Stage, seconds: u32) -> Outcome {
    world.run(pause(stage, seconds), &[&stage.network.guardian])
}

#[test]
fn pause_vault_by_the_guardian_sets_two_moments_only() {
    let mut world = World::new();
    let stage = world.stage();
    let before = vault(&world, &stage);
    let done = expect_success(run(&mut world, &stage, 600));
    let until_unix = world.now() + 600;
    let next_pause_unix = until_unix + i64::from(PAUSE_REST_SECONDS);
    let wanted = Vault { paused_until_unix: until_unix, next_pause_unix, ..before };
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
    assert_event(&done, &VaultPaused { vault: stage.vault.address, until_unix });
}

#[test]
fn pause_vault_stops_claims_until_it_ends() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    expect_success(run(&mut world, &payday.stage, 600));
    let end = world.now() + 600;
    let range = payday.claim_range(&payday.root, 0, 3);
    for now in [end - 600, end - 1] {
        world.set_time(now);
        assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::Paused);
        assert_program_error(world.run(range.clone(), &[]), RewardsError::Paused);
    }
    world.set_time(end);
    expect_success(world.run(payday.claim(&payday.root, 0), &[]));
    expect_success(world.run(range, &[]));
}

/// Oracles go on proposing and voting, and challenge windows run on: only money stands still.
#[test]
fn pause_vault_stops_finalizations_until_it_ends_and_nothing_else() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let pause_seconds = CHALLENGE_SECONDS + 50;
    expect_success(run(&mut world, &stage, pause_seconds));
    let end = world.now() + i64::from(pause_seconds);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    let finalize = rewards::finalize_root(stage.vault.address, proposal);
    world.set_time(end - 1);
    assert_program_error(world.run(finalize.clone(), &[]), RewardsError::Paused);
    world.set_time(end);
    expect_success(world.run(finalize, &[]));
    assert_eq!(vault(&world, &stage).paused_until_unix, 0, "claims need not read the clock any more");
}

#[test]
fn pause_vault_for_no_time_or_too_long_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    for seconds in [0, MAX_PAUSE_SECONDS + 1, u32::MAX] {
        assert_program_error(run(&mut world, &stage, seconds), RewardsError::InvalidPause);
    }
    expect_success(run(&mut world, &stage, MAX_PAUSE_SECONDS));
}

/// A guardian that pauses as much as it can stops payments for three days in ten.
#[test]
fn pause_vault_again_before_the_rest_is_over_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    for _ in 0..3 {
        expect_success(run(&mut world, &stage, MAX_PAUSE_SECONDS));
        let end = world.now() + i64::from(MAX_PAUSE_SECONDS);
        for now in [end - 1, end, end + i64::from(PAUSE_REST_SECONDS) - 1] {
            world.set_time(now);
            assert_program_error(run(&mut world, &stage, 1), RewardsError::PausedTooSoon);
        }
        world.set_time(end + i64::from(PAUSE_REST_SECONDS));
    }
    expect_success(run(&mut world, &stage, 1));
}

#[test]
fn pause_vault_at_the_end_of_all_time_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    for now in [i64::MAX, i64::MAX - 600] {
        world.set_time(now);
        assert_program_error(run(&mut world, &stage, 600), RewardsError::Overflow);
    }
}

#[test]
fn pause_vault_by_another_than_the_guardian_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.stage(), world.stage());
    for signer in [&stage.network.authority, &stage.oracles[0], &other.network.guardian] {
        let by_another = rewards::pause_vault(signer.pubkey(), stage.vault.address, 60);
        assert_program_error(world.run(by_another, &[signer]), RewardsError::NotGuardian);
    }
}

#[test]
fn pause_vault_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let sound = pause(&stage, 60);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend([unsigned(&sound, stage.network.guardian_address()), not_writable(&sound, stage.vault.address)]);
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&stage.network.guardian], refusals);
}
