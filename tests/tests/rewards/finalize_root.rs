use solana_address::Address;
use trellis_client::{
    accounts::{FinalRoot, RootProposal, Vault},
    instructions::rewards,
};
use trellis_core::Epoch;
use trellis_rewards::{constants::MAX_ORACLES, error::RewardsError, event::RootFinalized};
use trellis_tests::{
    Outcome, World, assert_event, assert_program_error, expect_success,
    fixtures::{BREAKER_CAPACITY, CHALLENGE_SECONDS, EPOCH_AMOUNT, Stage},
};

use super::support::{bytes_of, small_root, vault, with_content};

fn finalize(world: &mut World, stage: &Stage, proposal: Address) -> Outcome {
    world.run(rewards::finalize_root(stage.vault.address, proposal), &[])
}

/// A stage with an approved root of epoch 0 whose challenge window is over.
fn ripe(world: &mut World) -> (Stage, Address) {
    let stage = world.funded_stage(0);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS));
    (stage, proposal)
}

#[test]
fn finalize_root_by_anyone_changes_the_vaults_root_and_nothing_else() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    let before = vault(&world, &stage);
    assert_eq!((before.ballots[..3].to_vec(), before.approved), (vec![1, 1, 0], 1));
    let proposal_before = world.account::<RootProposal>(proposal);
    let done = expect_success(finalize(&mut world, &stage, proposal));

    let content = small_root(&stage, 0).content;
    let mut wanted = before;
    wanted.roots[0] = FinalRoot {
        root: content.root,
        devices_root: content.devices_root,
        bundle_hash: content.bundle_hash,
        epoch: 0,
        cumulative_total: content.cumulative_total.get(),
        leaf_count: 1,
    };
    wanted.next_epoch = 1;
    wanted.cumulative_total = EPOCH_AMOUNT / 10;
    wanted.leaf_count = 1;
    wanted.breaker_level = BREAKER_CAPACITY - EPOCH_AMOUNT / 10;
    wanted.breaker_updated_unix = world.now();
    wanted.ballots = [0; MAX_ORACLES];
    wanted.approved = 0;
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
    assert_eq!(bytes_of(&world.account::<RootProposal>(proposal)), bytes_of(&proposal_before));
    let event = RootFinalized {
        vault: stage.vault.address,
        epoch: 0,
        root: content.root,
        devices_root: content.devices_root,
        bundle_hash: content.bundle_hash,
        leaf_count: 1,
        cumulative_total: EPOCH_AMOUNT / 10,
    };
    assert_event(&done, &event);
}

#[test]
fn finalize_root_of_six_epochs_keeps_the_last_four() {
    let mut world = World::new();
    let stage = world.stage();
    for epoch in 0..6 {
        world.emit_through(&stage.network, Epoch(epoch));
        world.finalize_root(&small_root(&stage, epoch), &stage.quorum());
    }
    let vault = vault(&world, &stage);
    assert_eq!(vault.roots.map(|root| root.epoch), [4, 5, 2, 3]);
    assert_eq!((vault.next_epoch, vault.cumulative_total), (6, EPOCH_AMOUNT / 10 * 6));
    for epoch in 0..8 {
        let kept = vault.kept_root(Epoch(epoch)).map(|root| root.root);
        assert_eq!(kept, (2..6).contains(&epoch).then(|| small_root(&stage, epoch).content.root), "epoch {epoch}");
    }
}

#[test]
fn finalize_root_twice_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    expect_success(finalize(&mut world, &stage, proposal));
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::EpochAlreadyFinal);
}

/// Every oracle has one vote: only one of two proposals is ever approved, and it ends the other.
#[test]
fn finalize_root_of_two_competing_proposals_makes_only_one_final() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let first = small_root(&stage, 0);
    let second = stage.root(0, &[(stage.network.address, EPOCH_AMOUNT)]);
    let first_proposal = world.propose_root(&first, &stage.oracles[0]);
    let second_proposal = world.propose_root(&second, &stage.oracles[1]);
    assert_ne!(first_proposal, second_proposal);
    world.vote_root(&first, first_proposal, &stage.oracles[0]);
    world.vote_root(&second, second_proposal, &stage.oracles[1]);
    world.vote_root(&second, second_proposal, &stage.oracles[0]);
    world.advance(i64::from(CHALLENGE_SECONDS));
    assert_program_error(finalize(&mut world, &stage, first_proposal), RewardsError::NotApproved);
    expect_success(finalize(&mut world, &stage, second_proposal));
    assert_program_error(finalize(&mut world, &stage, first_proposal), RewardsError::EpochAlreadyFinal);
    let vault = vault(&world, &stage);
    assert_eq!((vault.next_epoch, vault.roots[0].root), (1, second.content.root));
}

#[test]
fn finalize_root_before_the_window_ends_is_refused_and_at_its_end_succeeds() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = world.approve_root(&small_root(&stage, 0), &stage.quorum());
    let approved_unix = world.now();
    for after in [0, i64::from(CHALLENGE_SECONDS) - 1] {
        world.set_time(approved_unix + after);
        assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::ChallengeOpen);
    }
    world.set_time(approved_unix + i64::from(CHALLENGE_SECONDS));
    expect_success(finalize(&mut world, &stage, proposal));
}

#[test]
fn finalize_root_without_enough_votes_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    world.advance(1_000_000);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::NotApproved);
    world.vote_root(&root, proposal, &stage.oracles[0]);
    world.advance(1_000_000);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::NotApproved);
}

#[test]
fn finalize_root_of_a_vetoed_proposal_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    let guardian = &stage.network.guardian;
    let veto = rewards::veto_root(stage.network.guardian_address(), stage.vault.address, proposal);
    expect_success(world.run(veto, &[guardian]));
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::Vetoed);
}

#[test]
fn finalize_root_that_the_old_oracle_set_approved_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    world.set_oracles(&stage.network, &stage.vault, &[1], 1);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::StaleOracleSet);
}

#[test]
fn finalize_root_of_a_forged_proposal_of_a_later_epoch_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    world.forge::<RootProposal>(proposal, |proposal| proposal.epoch = 1);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::EpochOutOfOrder);
}

#[test]
fn finalize_root_of_the_last_epoch_of_all_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    world.forge::<Vault>(stage.vault.address, |vault| vault.next_epoch = u64::MAX);
    world.forge::<RootProposal>(proposal, |proposal| proposal.epoch = u64::MAX);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::Overflow);
}

#[test]
fn finalize_root_on_a_vault_of_another_version_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    world.forge::<Vault>(stage.vault.address, |vault| vault.version = 9);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::UnknownVersion);
}

#[test]
fn finalize_root_of_a_proposal_of_another_version_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    world.forge::<RootProposal>(proposal, |proposal| proposal.version = 9);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::UnknownVersion);
}

#[test]
fn finalize_root_with_a_window_that_would_end_past_all_time_is_refused() {
    let mut world = World::new();
    let (stage, proposal) = ripe(&mut world);
    world.forge::<RootProposal>(proposal, |proposal| proposal.challenge_end_unix = i64::MAX);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::ChallengeOpen);
}

#[test]
fn finalize_root_takes_the_content_that_was_voted_for() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let root = with_content(&small_root(&stage, 0), |content| content.bundle_hash = [0x77; 32]);
    world.finalize_root(&root, &stage.quorum());
    assert_eq!(vault(&world, &stage).roots[0].bundle_hash, [0x77; 32]);
}
