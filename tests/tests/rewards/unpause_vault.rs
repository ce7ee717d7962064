use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{accounts::Vault, instructions::rewards};
use trellis_rewards::{constants::PAUSE_REST_SECONDS, error::RewardsError, event::VaultUnpaused};
use trellis_tests::{World, assert_event, assert_program_error, expect_success, fixtures::Stage};

use super::support::{Payday, bytes_of, incomplete, not_writable, unsigned, vault};

fn unpause(stage: &Stage, signer: &Keypair) -> Instruction {
    rewards::unpause_vault(signer.pubkey(), stage.network.address, stage.vault.address)
}

fn paused(world: &mut World, stage: &Stage) {
    let pause = rewards::pause_vault(stage.network.guardian_address(), stage.vault.address, 600);
    expect_success(world.run(pause, &[&stage.network.guardian]));
}

#[test]
fn unpause_vault_by_guardian_or_authority_lets_claims_through_and_starts_the_rest() {
    for by_authority in [false, true] {
        let mut world = World::new();
        let payday = Payday::new(&mut world);
        let stage = &payday.stage;
        paused(&mut world, stage);
        let before = vault(&world, stage);
        world.advance(10);
        let signer = if by_authority { &stage.network.authority } else { &stage.network.guardian };
        let done = expect_success(world.run(unpause(stage, signer), &[signer]));
        let next_pause_unix = world.now() + i64::from(PAUSE_REST_SECONDS);
        let wanted = Vault { paused_until_unix: 0, next_pause_unix, ..before };
        assert_eq!(bytes_of(&vault(&world, stage)), bytes_of(&wanted));
        assert_event(&done, &VaultUnpaused { vault: stage.vault.address, by: signer.pubkey() });
        expect_success(world.run(payday.claim(&payday.root, 0), &[]));
        let again = rewards::pause_vault(stage.network.guardian_address(), stage.vault.address, 600);
        assert_program_error(world.run(again, &[&stage.network.guardian]), RewardsError::PausedTooSoon);
    }
}

#[test]
fn unpause_vault_that_is_not_paused_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let guardian = &stage.network.guardian;
    assert_program_error(world.run(unpause(&stage, guardian), &[guardian]), RewardsError::NotPaused);
    paused(&mut world, &stage);
    world.advance(600);
    assert_program_error(world.run(unpause(&stage, guardian), &[guardian]), RewardsError::NotPaused);
}

#[test]
fn unpause_vault_by_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.stage(), world.stage());
    paused(&mut world, &stage);
    for signer in [&stage.oracles[0], &other.network.guardian, &other.network.authority] {
        assert_program_error(world.run(unpause(&stage, signer), &[signer]), RewardsError::NotAuthority);
    }
    let across = |signer| rewards::unpause_vault(signer, other.network.address, stage.vault.address);
    for signer in [&other.network.authority, &stage.network.guardian] {
        assert_program_error(world.run(across(signer.pubkey()), &[signer]), RewardsError::WrongNetwork);
    }
}

#[test]
fn unpause_vault_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    paused(&mut world, &stage);
    let guardian = &stage.network.guardian;
    let sound = unpause(&stage, guardian);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend(world.impostors(&sound, stage.network.address));
    refusals.extend([unsigned(&sound, guardian.pubkey()), not_writable(&sound, stage.vault.address)]);
    refusals.push(incomplete(&sound)[0].clone());
    world.assert_refused(sound, &[guardian], refusals);
}
