use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;
use trellis_client::instructions::rewards;
use trellis_core::Epoch;
use trellis_rewards::{error::RewardsError, event::ProposalClosed};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, Stage},
    refusal::DUPLICATE_WRITABLE,
    tamper,
};

use super::support::{bytes_of, incomplete, not_writable, small_root, vault, with_content};

/// Closes the proposal of oracle 0 for epoch 0.
fn close(stage: &Stage) -> Instruction {
    rewards::close_proposal(stage.vault.address, Epoch(0), stage.oracles[0].pubkey())
}

/// A stage with a proposal that the guardian has vetoed.
fn vetoed(world: &mut World) -> (Stage, Address) {
    let stage = world.funded_stage(0);
    let proposal = world.propose_root(&small_root(&stage, 0), &stage.oracles[0]);
    let guardian = &stage.network.guardian;
    expect_success(world.run(rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal), &[guardian]));
    (stage, proposal)
}

#[test]
fn close_proposal_by_anyone_returns_all_lamports_to_the_proposer() {
    let mut world = World::new();
    let (stage, proposal) = vetoed(&mut world);
    let proposer = stage.oracles[0].pubkey();
    let (rent, before) = (world.lamports(proposal), world.lamports(proposer));
    let vault_before = vault(&world, &stage);
    assert!(rent > 0);
    let done = expect_success(world.run(close(&stage), &[]));
    assert_eq!(world.lamports(proposer), before + rent);
    assert_eq!(world.raw(proposal).filter(|account| account.lamports > 0), None);
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&vault_before));
    assert_event(&done, &ProposalClosed { vault: stage.vault.address, proposal, proposer });
}

#[test]
fn close_proposal_twice_is_refused() {
    let mut world = World::new();
    let (stage, _) = vetoed(&mut world);
    expect_success(world.run(close(&stage), &[]));
    assert_error(world.run(close(&stage), &[]), InstructionError::AccountDataTooSmall);
}

#[test]
fn close_proposal_of_a_final_root_and_of_its_loser_succeeds() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    world.propose_root(&with_content(&root, |content| content.root = [9; 32]), &stage.oracles[2]);
    world.finalize_root(&root, &stage.quorum());
    for proposer in [&stage.oracles[0], &stage.oracles[2]] {
        let close = rewards::close_proposal(stage.vault.address, Epoch(0), proposer.pubkey());
        expect_success(world.run(close, &[]));
    }
    assert_eq!(vault(&world, &stage).roots[0].root, root.content.root);
}

#[test]
fn close_proposal_of_an_old_oracle_set_succeeds_and_the_epoch_can_be_proposed_anew() {
    let mut world = World::new();
    let mut stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    world.approve_root(&root, &stage.quorum());
    let old = stage.oracles[0].insecure_clone();
    stage.oracles = world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    let close = rewards::close_proposal(stage.vault.address, Epoch(0), old.pubkey());
    expect_success(world.run(close, &[]));
    world.finalize_root(&root, &[&stage.oracles[0]]);
    assert_eq!(vault(&world, &stage).next_epoch, 1);
}

#[test]
fn close_proposal_that_can_still_become_final_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    assert_program_error(world.run(close(&stage), &[]), RewardsError::ProposalAlive);
    for oracle in stage.quorum() {
        world.vote_root(&root, proposal, oracle);
    }
    assert_program_error(world.run(close(&stage), &[]), RewardsError::ProposalAlive);
    world.advance(i64::from(CHALLENGE_SECONDS));
    assert_program_error(world.run(close(&stage), &[]), RewardsError::ProposalAlive);
    // Not even its proposer may: others have voted for it.
    let by_proposer = world.send(&[close(&stage)], &[&stage.oracles[0]]);
    assert_program_error(by_proposer, RewardsError::ProposalAlive);
}

#[test]
fn close_proposal_into_another_account_than_the_proposers_is_refused() {
    let mut world = World::new();
    let (stage, _) = vetoed(&mut world);
    let thief = world.keypair();
    for receiver in [thief.pubkey(), stage.oracles[1].pubkey(), stage.network.guardian_address()] {
        let diverted = tamper::swap(close(&stage), stage.oracles[0].pubkey(), receiver);
        assert_program_error(world.run(diverted, &[]), RewardsError::WrongProposer);
    }
}

#[test]
fn close_proposal_with_the_vault_of_another_network_is_refused() {
    let mut world = World::new();
    let (stage, _) = vetoed(&mut world);
    let other = world.stage();
    let across = tamper::swap(close(&stage), stage.vault.address, other.vault.address);
    assert_program_error(world.run(across, &[]), RewardsError::WrongVault);
}

#[test]
fn close_proposal_into_itself_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = vetoed(&mut world);
    let into_itself = tamper::swap(close(&stage), stage.oracles[0].pubkey(), proposal);
    assert_error(world.run(into_itself, &[]), DUPLICATE_WRITABLE);
}

#[test]
fn close_proposal_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = vetoed(&mut world);
    let sound = close(&stage);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend(world.impostors(&sound, proposal));
    refusals.extend([not_writable(&sound, proposal), not_writable(&sound, stage.oracles[0].pubkey())]);
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[], refusals);
}
