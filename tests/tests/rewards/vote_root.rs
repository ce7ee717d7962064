use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{accounts::RootProposal, instructions::rewards};
use trellis_core::{Amount, Epoch, Hash};
use trellis_rewards::{error::RewardsError, event::RootVoted};
use trellis_tests::{
    Outcome, World, assert_event, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, Stage},
};

use super::support::{bytes_of, small_root, vault, with_content};

fn vote(world: &mut World, stage: &Stage, oracle: &Keypair, proposal: Address, content_hash: Hash) -> Outcome {
    let instruction = rewards::vote_root(oracle.pubkey(), stage.vault.address, proposal, content_hash);
    world.run(instruction, &[oracle])
}

#[test]
fn vote_root_below_the_threshold_sets_the_oracles_ballot_only() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let before = world.account::<RootProposal>(proposal);
    let vault_before = vault(&world, &stage);
    let done = expect_success(vote(&mut world, &stage, &stage.oracles[2], proposal, root.content.hash()));

    assert_eq!(bytes_of(&world.account::<RootProposal>(proposal)), bytes_of(&before));
    let mut wanted = vault_before;
    wanted.ballots[2] = 1;
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
    let event = RootVoted {
        vault: stage.vault.address,
        proposal,
        oracle: stage.oracles[2].pubkey(),
        epoch: 0,
        weight_for: 1,
        approved: false,
    };
    assert_event(&done, &event);
}

#[test]
fn vote_root_that_reaches_the_threshold_approves_at_that_moment() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[0]);
    let before = world.account::<RootProposal>(proposal);
    world.advance(17);
    let done = expect_success(vote(&mut world, &stage, &stage.oracles[1], proposal, root.content.hash()));

    let challenge_end_unix = world.now() + i64::from(CHALLENGE_SECONDS);
    let wanted = RootProposal { votes: 0b011, approved_unix: world.now(), challenge_end_unix, ..before };
    assert_eq!(bytes_of(&world.account::<RootProposal>(proposal)), bytes_of(&wanted));
    let vault = vault(&world, &stage);
    assert_eq!((vault.ballots[..3].to_vec(), vault.approved), (vec![1, 1, 0], 1));
    let event = RootVoted {
        vault: stage.vault.address,
        proposal,
        oracle: stage.oracles[1].pubkey(),
        epoch: 0,
        weight_for: 2,
        approved: true,
    };
    assert_event(&done, &event);
}

#[test]
fn vote_root_after_the_approval_is_refused_and_keeps_the_window() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.approve_root(&root, &stage.quorum());
    let approved_unix = world.now();
    world.advance(5);
    for oracle in &stage.oracles {
        let late = vote(&mut world, &stage, oracle, proposal, root.content.hash());
        assert_program_error(late, RewardsError::AlreadyApproved);
    }
    assert_eq!(world.account::<RootProposal>(proposal).approved_unix, approved_unix);
}

#[test]
fn vote_root_twice_by_one_oracle_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[1]);
    let again = vote(&mut world, &stage, &stage.oracles[1], proposal, root.content.hash());
    assert_program_error(again, RewardsError::AlreadyVoted);
    assert_eq!(vault(&world, &stage).votes_for(0), 0b010);
}

#[test]
fn vote_root_that_names_another_content_is_refused_whatever_field_differs() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let others = [
        with_content(&root, |content| content.vault = [1; 32]),
        with_content(&root, |content| content.epoch = Epoch(1)),
        with_content(&root, |content| content.root[31] ^= 1),
        with_content(&root, |content| content.devices_root[0] ^= 1),
        with_content(&root, |content| content.bundle_hash[0] ^= 1),
        with_content(&root, |content| content.leaf_count += 1),
        with_content(&root, |content| content.cumulative_total = Amount(content.cumulative_total.get() + 1)),
    ];
    for other in others.map(|other| other.content.hash()).into_iter().chain([[0; 32], root.content.root]) {
        let refused = vote(&mut world, &stage, &stage.oracles[1], proposal, other);
        assert_program_error(refused, RewardsError::WrongContent);
    }
}

#[test]
fn vote_root_by_another_than_an_oracle_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.funded_stage(0), world.funded_stage(0));
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let stranger = world.keypair();
    for signer in [&stranger, &stage.network.authority, &stage.network.guardian, &other.oracles[0]] {
        let refused = vote(&mut world, &stage, signer, proposal, root.content.hash());
        assert_program_error(refused, RewardsError::NotOracle);
    }
}

#[test]
fn vote_root_after_a_change_of_the_set_is_refused_to_old_and_new_oracles() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[0]);
    let new = world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    let by_removed = vote(&mut world, &stage, &stage.oracles[1], proposal, root.content.hash());
    assert_program_error(by_removed, RewardsError::NotOracle);
    let by_new = vote(&mut world, &stage, &new[0], proposal, root.content.hash());
    assert_program_error(by_new, RewardsError::StaleOracleSet);
}

#[test]
fn vote_root_for_a_vetoed_proposal_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let guardian = &stage.network.guardian;
    expect_success(world.run(rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal), &[guardian]));
    let refused = vote(&mut world, &stage, &stage.oracles[1], proposal, root.content.hash());
    assert_program_error(refused, RewardsError::Vetoed);
}

#[test]
fn vote_root_for_a_proposal_of_a_final_epoch_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let loser = with_content(&small_root(&stage, 0), |content| content.root = [9; 32]);
    let proposal = world.propose_root(&loser, &stage.oracles[2]);
    world.finalize_root(&small_root(&stage, 0), &stage.quorum());
    let refused = vote(&mut world, &stage, &stage.oracles[2], proposal, loser.content.hash());
    assert_program_error(refused, RewardsError::EpochAlreadyFinal);
}

#[test]
fn vote_root_for_a_forged_proposal_of_a_later_epoch_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.forge::<RootProposal>(proposal, |proposal| proposal.epoch = 1);
    let refused = vote(&mut world, &stage, &stage.oracles[0], proposal, root.content.hash());
    assert_program_error(refused, RewardsError::EpochOutOfOrder);
}

#[test]
fn vote_root_for_a_proposal_of_another_version_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.forge::<RootProposal>(proposal, |proposal| proposal.version = 2);
    let refused = vote(&mut world, &stage, &stage.oracles[0], proposal, root.content.hash());
    assert_program_error(refused, RewardsError::UnknownVersion);
    assert_eq!(vault(&world, &stage).votes_for(0), 0);
}
