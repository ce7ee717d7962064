//! vote_root: what weighs how much.

use solana_address::Address;
use trellis_client::{accounts::RootProposal, instructions::rewards};
use trellis_rewards::{constants::MAX_ORACLES, error::RewardsError};
use trellis_tests::{World, assert_program_error};

use super::support::{small_root, weighted_stage};

/// Weights of four oracles: 11 together, of which 8 are the least that two thirds allow.
const WEIGHTS: [u16; 4] = [5, 3, 2, 1];
const THRESHOLD: u32 = 8;

/// Whether the votes of these oracles, in this order, approve a root.
fn approves(voters: &[usize]) -> bool {
    let mut world = World::new();
    let stage = weighted_stage(&mut world, &WEIGHTS, THRESHOLD);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    for &voter in voters {
        world.vote_root(&root, proposal, &stage.oracles[voter]);
    }
    let approved = world.account::<RootProposal>(proposal).is_approved();
    if !approved {
        world.advance(1_000_000);
        let early = rewards::finalize_root(stage.vault.address, proposal);
        assert_program_error(world.run(early, &[]), RewardsError::NotApproved);
    }
    approved
}

#[test]
fn vote_root_one_weight_below_the_threshold_does_not_approve() {
    assert!(!approves(&[0, 2]));
    assert!(!approves(&[2, 0]));
    assert!(!approves(&[1, 2, 3]));
}

#[test]
fn vote_root_exactly_at_the_threshold_approves() {
    assert!(approves(&[0, 1]));
    assert!(approves(&[1, 0]));
    assert!(approves(&[3, 2, 0]));
}

#[test]
fn vote_root_by_all_members_but_the_heaviest_does_not_approve() {
    assert!(!approves(&[3, 2, 1]));
}

#[test]
fn vote_root_by_the_last_of_the_most_oracles_counts_its_own_weight() {
    let mut world = World::new();
    let mut weights = [1; MAX_ORACLES];
    weights[MAX_ORACLES - 1] = 62;
    let stage = weighted_stage(&mut world, &weights, 62);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.vote_root(&root, proposal, &stage.oracles[0]);
    assert!(!world.account::<RootProposal>(proposal).is_approved());
    world.vote_root(&root, proposal, &stage.oracles[MAX_ORACLES - 1]);
    let voted = world.account::<RootProposal>(proposal);
    assert_eq!((voted.votes, voted.is_approved()), (1 | 1 << (MAX_ORACLES - 1), true));
}

#[test]
fn vote_root_of_the_heaviest_oracles_does_not_overflow() {
    let mut world = World::new();
    let stage = weighted_stage(&mut world, &[u16::MAX; MAX_ORACLES], MAX_ORACLES as u32 * 65_535);
    let root = small_root(&stage, 0);
    let proposal = world.approve_root(&root, &stage.oracles.iter().collect::<Vec<_>>());
    let voted = world.account::<RootProposal>(proposal);
    assert_eq!((voted.votes, voted.is_approved()), (u32::MAX, true));
    assert_eq!(Address::new_from_array(root.content.vault), voted.vault);
}
