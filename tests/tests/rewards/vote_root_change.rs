//! vote_root: changes of a vote between competing proposals.

use solana_signer::Signer;
use trellis_client::{accounts::RootProposal, instructions::rewards};
use trellis_rewards::error::RewardsError;
use trellis_tests::{World, assert_program_error, expect_success};

use super::support::{small_root, vault, with_content};

#[test]
fn vote_root_for_a_competing_proposal_moves_the_vote_with_its_weight() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let [a, b, c] = [0, 1, 2].map(|position| &stage.oracles[position]);
    let first = small_root(&stage, 0);
    let second = with_content(&first, |content| content.root = [9; 32]);
    let firsts = world.propose_root(&first, a);
    let seconds = world.propose_root(&second, b);
    world.vote_root(&first, firsts, a);
    world.vote_root(&second, seconds, b);
    assert_eq!(vault(&world, &stage).ballots[..3], [1, 2, 0]);
    world.vote_root(&second, seconds, a);
    let moved = vault(&world, &stage);
    assert_eq!((moved.ballots[..3].to_vec(), moved.approved), (vec![2, 2, 0], 2));
    assert!(world.account::<RootProposal>(seconds).is_approved());
    assert!(!world.account::<RootProposal>(firsts).is_approved());
    // Now that one is approved, no vote moves.
    for oracle in [a, b, c] {
        let vote = rewards::vote_root(oracle.pubkey(), stage.vault.address, firsts, first.content.hash());
        assert_program_error(world.run(vote, &[oracle]), RewardsError::AlreadyApproved);
    }
}

#[test]
fn vote_root_back_and_forth_counts_once() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (a, b) = (&stage.oracles[0], &stage.oracles[1]);
    let first = small_root(&stage, 0);
    let second = with_content(&first, |content| content.root = [9; 32]);
    let firsts = world.propose_root(&first, a);
    let seconds = world.propose_root(&second, b);
    for _ in 0..3 {
        world.vote_root(&first, firsts, a);
        world.vote_root(&second, seconds, a);
    }
    let vault = vault(&world, &stage);
    assert_eq!((vault.votes_for(0), vault.votes_for(1), vault.approved), (0, 0b001, 0));
}

/// After the veto of an approved proposal the oracles vote for another one.
#[test]
fn vote_root_after_a_veto_can_approve_the_competing_proposal() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let guardian = &stage.network.guardian;
    let bad = with_content(&small_root(&stage, 0), |content| content.root = [9; 32]);
    let good = small_root(&stage, 0);
    let goods = world.propose_root(&good, &stage.oracles[2]);
    let bads = world.approve_root(&bad, &stage.quorum());
    expect_success(world.run(rewards::veto_root(guardian.pubkey(), stage.vault.address, bads), &[guardian]));
    world.vote_root(&good, goods, &stage.oracles[0]);
    world.vote_root(&good, goods, &stage.oracles[2]);
    assert_eq!((vault(&world, &stage).approved, vault(&world, &stage).votes_for(2)), (3, 0b101));
}
