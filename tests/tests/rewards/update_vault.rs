use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Network, RootProposal, Vault},
    instructions::rewards::{self, UpdateVaultArgs},
};
use trellis_rewards::{
    constants::{MAX_BREAKER_SECONDS, MAX_CHALLENGE_SECONDS, MIN_BREAKER_SECONDS, MIN_CHALLENGE_SECONDS},
    error::RewardsError,
    event::VaultUpdated,
};
use trellis_tests::{
    Outcome, World, assert_event, assert_program_error, expect_success,
    fixtures::{BREAKER_CAPACITY, BREAKER_WINDOW_SECONDS, CHALLENGE_SECONDS, EPOCH_AMOUNT, EPOCH_CAP, Stage},
};

use super::support::{bytes_of, incomplete, not_writable, small_root, unsigned, vault};

const NOTHING: UpdateVaultArgs = UpdateVaultArgs {
    guardian: None,
    epoch_cap: None,
    challenge_seconds: None,
    breaker_capacity: None,
    breaker_window_seconds: None,
};

fn update(stage: &Stage, args: UpdateVaultArgs) -> Instruction {
    rewards::update_vault(stage.network.authority_address(), stage.network.address, stage.vault.address, args)
}

fn run(world: &mut World, stage: &Stage, args: UpdateVaultArgs) -> Outcome {
    world.run(update(stage, args), &[&stage.network.authority])
}

#[test]
fn update_vault_of_everything_changes_these_fields_only() {
    let mut world = World::new();
    let stage = world.stage();
    let before = vault(&world, &stage);
    let guardian = world.some_address();
    let args = UpdateVaultArgs {
        guardian: Some(guardian),
        epoch_cap: Some(77),
        challenge_seconds: Some(99),
        breaker_capacity: Some(88),
        breaker_window_seconds: Some(111),
    };
    let done = expect_success(run(&mut world, &stage, args));
    let wanted = Vault {
        guardian,
        epoch_cap: 77,
        challenge_seconds: 99,
        breaker_capacity: 88,
        breaker_level: 88,
        breaker_updated_unix: world.now(),
        breaker_window_seconds: 111,
        ..before
    };
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
    let event = VaultUpdated {
        vault: stage.vault.address,
        guardian,
        epoch_cap: 77,
        challenge_seconds: 99,
        breaker_capacity: 88,
        breaker_window_seconds: 111,
    };
    assert_event(&done, &event);
}

#[test]
fn update_vault_of_nothing_changes_the_breakers_moment_only() {
    let mut world = World::new();
    let stage = world.stage();
    let before = vault(&world, &stage);
    world.advance(5);
    expect_success(run(&mut world, &stage, NOTHING));
    let wanted = Vault { breaker_updated_unix: world.now(), ..before };
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
}

/// A larger breaker fills up in time; a change is no way around it.
#[test]
fn update_vault_of_the_breaker_adds_nothing_to_what_it_holds() {
    let mut world = World::new();
    let stage = world.stage();
    let now = world.now();
    world.forge::<Vault>(stage.vault.address, |vault| vault.breaker_level = 0);
    world.set_time(now + i64::from(BREAKER_WINDOW_SECONDS) / 4);
    expect_success(run(&mut world, &stage, UpdateVaultArgs { breaker_capacity: Some(u64::MAX), ..NOTHING }));
    let vault = vault(&world, &stage);
    assert_eq!((vault.breaker_level, vault.breaker_capacity), (BREAKER_CAPACITY / 4, u64::MAX));
}

/// The window of a root that is approved stays what it was when the oracles approved it.
#[test]
fn update_vault_to_another_challenge_window_does_not_move_that_of_an_approved_root() {
    for challenge_seconds in [MIN_CHALLENGE_SECONDS, MAX_CHALLENGE_SECONDS] {
        let mut world = World::new();
        let stage = world.funded_stage(0);
        let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
        let end = world.now() + i64::from(CHALLENGE_SECONDS);
        let args = UpdateVaultArgs { challenge_seconds: Some(challenge_seconds), ..NOTHING };
        expect_success(run(&mut world, &stage, args));
        assert_eq!(world.account::<RootProposal>(proposal).challenge_end_unix, end);
        let finalize = rewards::finalize_root(stage.vault.address, proposal);
        world.set_time(end - 1);
        assert_program_error(world.run(finalize.clone(), &[]), RewardsError::ChallengeOpen);
        world.set_time(end);
        expect_success(world.run(finalize, &[]));
    }
}

#[test]
fn update_vault_to_a_lower_cap_stops_an_approved_root_until_the_cap_is_raised() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS));
    let finalize = rewards::finalize_root(stage.vault.address, proposal);
    expect_success(run(&mut world, &stage, UpdateVaultArgs { epoch_cap: Some(EPOCH_AMOUNT / 10 - 1), ..NOTHING }));
    assert_program_error(world.run(finalize.clone(), &[]), RewardsError::AboveEpochCap);
    expect_success(run(&mut world, &stage, UpdateVaultArgs { epoch_cap: Some(EPOCH_AMOUNT / 10), ..NOTHING }));
    expect_success(world.run(finalize, &[]));
}

#[test]
fn update_vault_to_a_new_guardian_takes_the_veto_from_the_old_one() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (old, new) = (&stage.network.guardian, world.keypair());
    expect_success(run(&mut world, &stage, UpdateVaultArgs { guardian: Some(new.pubkey()), ..NOTHING }));
    let proposal = world.propose_root(&small_root(&stage, 0), &stage.oracles[0]);
    let veto = |guardian| rewards::veto_root(guardian, stage.vault.address, proposal);
    assert_program_error(world.run(veto(old.pubkey()), &[old]), RewardsError::NotGuardian);
    expect_success(world.run(veto(new.pubkey()), &[&new]));
}

#[test]
fn update_vault_to_settings_out_of_bounds_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let challenge = |seconds| UpdateVaultArgs { challenge_seconds: Some(seconds), ..NOTHING };
    let window = |seconds| UpdateVaultArgs { breaker_window_seconds: Some(seconds), ..NOTHING };
    for (args, error) in [
        (UpdateVaultArgs { guardian: Some(Address::default()), ..NOTHING }, RewardsError::ZeroGuardian),
        (UpdateVaultArgs { epoch_cap: Some(0), ..NOTHING }, RewardsError::ZeroEpochCap),
        (challenge(MIN_CHALLENGE_SECONDS - 1), RewardsError::InvalidChallengeWindow),
        (challenge(MAX_CHALLENGE_SECONDS + 1), RewardsError::InvalidChallengeWindow),
        (window(MIN_BREAKER_SECONDS - 1), RewardsError::InvalidBreakerWindow),
        (window(MAX_BREAKER_SECONDS + 1), RewardsError::InvalidBreakerWindow),
        (UpdateVaultArgs { epoch_cap: Some(BREAKER_CAPACITY + 1), ..NOTHING }, RewardsError::BreakerBelowEpochCap),
        (UpdateVaultArgs { breaker_capacity: Some(EPOCH_CAP - 1), ..NOTHING }, RewardsError::BreakerBelowEpochCap),
    ] {
        let before = vault(&world, &stage);
        assert_program_error(run(&mut world, &stage, args), error);
        assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&before));
    }
}

#[test]
fn update_vault_by_another_than_the_authority_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.stage(), world.stage());
    for signer in [&stage.network.guardian, &stage.oracles[0], &other.network.authority] {
        let by_another = rewards::update_vault(signer.pubkey(), stage.network.address, stage.vault.address, NOTHING);
        assert_program_error(world.run(by_another, &[signer]), RewardsError::NotAuthority);
    }
    let authority = &other.network.authority;
    let across = rewards::update_vault(authority.pubkey(), other.network.address, stage.vault.address, NOTHING);
    assert_program_error(world.run(across, &[authority]), RewardsError::WrongNetwork);
}

#[test]
fn update_vault_of_a_network_of_another_version_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Network>(stage.network.address, |network| network.version = 2);
    assert_program_error(run(&mut world, &stage, NOTHING), RewardsError::UnknownVersion);
}

#[test]
fn update_vault_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let sound = update(&stage, NOTHING);
    let mut refusals = world.impostors(&sound, stage.network.address);
    refusals.extend(world.impostors(&sound, stage.vault.address));
    refusals.push(unsigned(&sound, stage.network.authority_address()));
    refusals.push(not_writable(&sound, stage.vault.address));
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&stage.network.authority], refusals);
}
