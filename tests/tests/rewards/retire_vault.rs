use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{accounts::Vault, instructions::rewards};
use trellis_core::Epoch;
use trellis_rewards::{constants::NO_LAST_EPOCH, error::RewardsError, event::VaultRetired};
use trellis_tests::{
    Outcome, World, assert_event, assert_program_error, expect_success,
    fixtures::{EPOCH_SECONDS, Stage},
};

use super::support::{bytes_of, incomplete, not_writable, small_root, unsigned, vault};

fn retire(stage: &Stage, last_epoch: u64) -> Instruction {
    rewards::retire_vault(stage.network.authority_address(), stage.network.address, stage.vault.address, last_epoch)
}

fn run(world: &mut World, stage: &Stage, last_epoch: u64) -> Outcome {
    world.run(retire(stage, last_epoch), &[&stage.network.authority])
}

#[test]
fn retire_vault_a_whole_epoch_ahead_sets_the_last_epoch_only() {
    let mut world = World::new();
    let stage = world.stage();
    let before = vault(&world, &stage);
    let done = expect_success(run(&mut world, &stage, 1));
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&Vault { last_epoch: 1, ..before }));
    assert_event(&done, &VaultRetired { vault: stage.vault.address, last_epoch: 1 });
}

#[test]
fn retire_vault_lets_roots_through_up_to_the_last_epoch() {
    let mut world = World::new();
    let stage = world.stage();
    expect_success(run(&mut world, &stage, 1));
    for epoch in 0..=1 {
        world.emit_through(&stage.network, Epoch(epoch));
        world.finalize_root(&small_root(&stage, epoch), &stage.quorum());
    }
    world.emit_through(&stage.network, Epoch(2));
    let after = rewards::propose_root(stage.oracles[0].pubkey(), &small_root(&stage, 2).content);
    assert_program_error(world.run(after, &[&stage.oracles[0]]), RewardsError::AfterLastEpoch);
}

/// What is worked in the running epoch and in the next one is paid still.
#[test]
fn retire_vault_without_an_epochs_notice_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance(3 * i64::from(EPOCH_SECONDS) + 1);
    for last_epoch in [0, 2, 3, NO_LAST_EPOCH] {
        assert_program_error(run(&mut world, &stage, last_epoch), RewardsError::InvalidLastEpoch);
    }
    expect_success(run(&mut world, &stage, 4));
}

#[test]
fn retire_vault_before_genesis_may_end_with_epoch_0() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance(-10);
    expect_success(run(&mut world, &stage, 0));
}

#[test]
fn retire_vault_before_an_epoch_that_is_final_already_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Vault>(stage.vault.address, |vault| vault.next_epoch = 9);
    assert_program_error(run(&mut world, &stage, 8), RewardsError::InvalidLastEpoch);
    expect_success(run(&mut world, &stage, 9));
}

#[test]
fn retire_vault_twice_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    expect_success(run(&mut world, &stage, 5));
    for last_epoch in [4, 5, 6] {
        assert_program_error(run(&mut world, &stage, last_epoch), RewardsError::AlreadyRetired);
    }
}

#[test]
fn retire_vault_by_another_than_the_authority_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.stage(), world.stage());
    for signer in [&stage.network.guardian, &stage.oracles[0], &other.network.authority] {
        let by_another = rewards::retire_vault(signer.pubkey(), stage.network.address, stage.vault.address, 5);
        assert_program_error(world.run(by_another, &[signer]), RewardsError::NotAuthority);
    }
    let authority = &other.network.authority;
    let across = rewards::retire_vault(authority.pubkey(), other.network.address, stage.vault.address, 5);
    assert_program_error(world.run(across, &[authority]), RewardsError::WrongNetwork);
}

#[test]
fn retire_vault_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let sound = retire(&stage, 5);
    let mut refusals = world.impostors(&sound, stage.network.address);
    refusals.extend(world.impostors(&sound, stage.vault.address));
    refusals.push(unsigned(&sound, stage.network.authority_address()));
    refusals.push(not_writable(&sound, stage.vault.address));
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&stage.network.authority], refusals);
}
