//! finalize_root with accounts that it must refuse.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::instructions::rewards;
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    World, assert_error, assert_program_error,
    fixtures::{CHALLENGE_SECONDS, Stage},
    refusal::DUPLICATE_WRITABLE,
    tamper,
};

use super::support::{incomplete, not_writable, small_root};

fn ripe(world: &mut World) -> (Stage, Address, Instruction) {
    let stage = world.funded_stage(0);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS));
    let instruction = rewards::finalize_root(stage.vault.address, proposal);
    (stage, proposal, instruction)
}

#[test]
fn finalize_root_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (stage, proposal, sound) = ripe(&mut world);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend(world.impostors(&sound, proposal));
    refusals.push(not_writable(&sound, stage.vault.address));
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[], refusals);
}

#[test]
fn finalize_root_of_a_proposal_of_another_vault_is_refused() {
    let mut world = World::new();
    let (stage, proposal, _) = ripe(&mut world);
    let (other, other_proposal, _) = ripe(&mut world);
    for (vault, proposal) in [(&stage, other_proposal), (&other, proposal)] {
        let across = rewards::finalize_root(vault.vault.address, proposal);
        assert_program_error(world.run(across, &[]), RewardsError::WrongVault);
    }
}

#[test]
fn finalize_root_with_another_token_account_is_refused() {
    let mut world = World::new();
    let (stage, _, instruction) = ripe(&mut world);
    let other = world.funded_stage(0);
    let vaults_own = world.create_token_account(stage.vault.address, stage.vault.mint);
    world.forge_token_balance(vaults_own, u64::MAX);
    for tokens in [other.vault.tokens, vaults_own] {
        let instruction = tamper::swap(instruction.clone(), stage.vault.tokens, tokens);
        assert_program_error(world.run(instruction, &[]), RewardsError::WrongVaultTokens);
    }
}

#[test]
fn finalize_root_with_something_else_for_a_token_account_is_refused() {
    let mut world = World::new();
    let (stage, _, instruction) = ripe(&mut world);
    let with = |to| tamper::swap(instruction.clone(), stage.vault.tokens, to);

    let absent = world.some_address();
    let copy = world.copy_elsewhere(stage.vault.tokens);
    for other in [copy, stage.vault.mint, absent] {
        assert_program_error(world.run(with(other), &[]), RewardsError::WrongVaultTokens);
    }
    assert_error(world.run(with(stage.vault.address), &[]), DUPLICATE_WRITABLE);
}
