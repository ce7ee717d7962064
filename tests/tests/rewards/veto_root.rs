use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{
    accounts::{RootProposal, Vault},
    instructions::rewards,
};
use trellis_rewards::{error::RewardsError, event::RootVetoed};
use trellis_tests::{
    World, assert_event, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, Stage},
};

use super::support::{bytes_of, incomplete, not_writable, small_root, unsigned, vault};

fn veto(stage: &Stage, proposal: Address) -> Instruction {
    rewards::veto_root(stage.network.guardian_address(), stage.vault.address, proposal)
}

fn proposed(world: &mut World) -> (Stage, Address) {
    let stage = world.funded_stage(0);
    let proposal = world.propose_root(&small_root(&stage, 0), &stage.oracles[0]);
    (stage, proposal)
}

#[test]
fn veto_root_before_the_approval_marks_the_proposal_only() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    let before = world.account::<RootProposal>(proposal);
    let vault_before = vault(&world, &stage);
    let done = expect_success(world.run(veto(&stage, proposal), &[&stage.network.guardian]));
    let wanted = RootProposal { vetoed: 1, ..before };
    assert_eq!(bytes_of(&world.account::<RootProposal>(proposal)), bytes_of(&wanted));
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&vault_before), "nobody had voted for it");
    assert_event(&done, &RootVetoed { vault: stage.vault.address, proposal, epoch: 0 });
}

#[test]
fn veto_root_in_the_challenge_window_stops_the_finalization() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS) - 1);
    expect_success(world.run(veto(&stage, proposal), &[&stage.network.guardian]));
    world.advance(1_000_000);
    let finalize = rewards::finalize_root(stage.vault.address, proposal);
    assert_program_error(world.run(finalize, &[]), RewardsError::Vetoed);
    assert_eq!(vault(&world, &stage).next_epoch, 0);
}

/// A root that nobody has finalized yet can still be stopped.
#[test]
fn veto_root_after_the_window_of_a_root_that_is_not_final_succeeds() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS) + 1);
    expect_success(world.run(veto(&stage, proposal), &[&stage.network.guardian]));
    assert!(world.account::<RootProposal>(proposal).is_vetoed());
}

#[test]
fn veto_root_of_a_final_root_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = world.finalize_root(&small_root(&stage, 0), &stage.quorum());
    let refused = world.run(veto(&stage, proposal), &[&stage.network.guardian]);
    assert_program_error(refused, RewardsError::EpochAlreadyFinal);
}

/// Its voters have their votes back, and the votes for others stand.
#[test]
fn veto_root_of_an_approved_proposal_frees_its_votes_only() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let other = world.propose_root(&root, &stage.oracles[2]);
    world.vote_root(&root, other, &stage.oracles[2]);
    let proposal = world.approve_root(&root, &stage.quorum());
    let before = vault(&world, &stage);
    assert_eq!((before.ballots[..3].to_vec(), before.approved), (vec![1, 1, 3], 1));
    expect_success(world.run(veto(&stage, proposal), &[&stage.network.guardian]));
    let mut wanted = before;
    wanted.ballots[..2].fill(0);
    wanted.approved = 0;
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
}

/// A vault of one oracle recovers from a veto without a new oracle set.
#[test]
fn veto_root_of_the_only_oracles_proposal_lets_it_propose_anew() {
    let mut world = World::new();
    let mut stage = world.funded_stage(0);
    stage.oracles = world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    let oracle = &stage.oracles[0];
    let wrong = small_root(&stage, 0);
    let proposal = world.approve_root(&wrong, &[oracle]);
    expect_success(world.run(veto(&stage, proposal), &[&stage.network.guardian]));
    let close = rewards::close_proposal(stage.vault.address, wrong.content.epoch, oracle.pubkey());
    expect_success(world.run(close, &[]));
    let right = stage.root(0, &[(stage.network.address, 42)]);
    assert_eq!(world.finalize_root(&right, &[oracle]), proposal);
    assert_eq!(vault(&world, &stage).roots[0].root, right.content.root);
}

#[test]
fn veto_root_twice_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    expect_success(world.run(veto(&stage, proposal), &[&stage.network.guardian]));
    let again = world.run(veto(&stage, proposal), &[&stage.network.guardian]);
    assert_program_error(again, RewardsError::Vetoed);
}

#[test]
fn veto_root_by_another_than_the_guardian_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    let (stranger, other) = (world.keypair(), world.stage());
    for signer in [&stranger, &stage.network.authority, &stage.oracles[0], &other.network.guardian] {
        let instruction = rewards::veto_root(signer.pubkey(), stage.vault.address, proposal);
        assert_program_error(world.run(instruction, &[signer]), RewardsError::NotGuardian);
    }
}

#[test]
fn veto_root_by_the_guardian_of_another_vault_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    let other = world.stage();
    let guardian = &other.network.guardian;
    let across = rewards::veto_root(guardian.pubkey(), other.vault.address, proposal);
    assert_program_error(world.run(across, &[guardian]), RewardsError::WrongVault);
    assert_eq!(world.account::<Vault>(stage.vault.address).guardian, stage.network.guardian_address());
}

#[test]
fn veto_root_of_a_proposal_of_an_old_oracle_set_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    let refused = world.run(veto(&stage, proposal), &[&stage.network.guardian]);
    assert_program_error(refused, RewardsError::StaleOracleSet);
}

#[test]
fn veto_root_of_a_forged_proposal_of_a_later_epoch_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    world.forge::<RootProposal>(proposal, |proposal| proposal.epoch = 1);
    let refused = world.run(veto(&stage, proposal), &[&stage.network.guardian]);
    assert_program_error(refused, RewardsError::EpochOutOfOrder);
}

#[test]
fn veto_root_of_a_proposal_of_another_version_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    world.forge::<RootProposal>(proposal, |proposal| proposal.version = 0);
    let refused = world.run(veto(&stage, proposal), &[&stage.network.guardian]);
    assert_program_error(refused, RewardsError::UnknownVersion);
}

#[test]
fn veto_root_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = proposed(&mut world);
    let sound = veto(&stage, proposal);
    let mut refusals = world.impostors(&sound, stage.vault.address);
    refusals.extend(world.impostors(&sound, proposal));
    refusals.extend([unsigned(&sound, stage.network.guardian_address()), not_writable(&sound, proposal)]);
    refusals.push(not_writable(&sound, stage.vault.address));
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&stage.network.guardian], refusals);
}
