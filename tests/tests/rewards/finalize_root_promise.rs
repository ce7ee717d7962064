//! finalize_root: what a root may promise.

use solana_address::Address;
use trellis_client::{
    accounts::{RootProposal, Vault},
    instructions::rewards,
};
use trellis_core::Epoch;
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    Outcome, World, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, EPOCH_AMOUNT, EPOCH_CAP, RootFixture, Stage},
};

use super::support::{payee, vault};

fn finalize(world: &mut World, stage: &Stage, proposal: Address) -> Outcome {
    world.run(rewards::finalize_root(stage.vault.address, proposal), &[])
}

/// An approved root of `epoch` that promises `total` to nobody in particular; its challenge window is over.
fn ripe(world: &mut World, stage: &Stage, epoch: u64, total: u64) -> Address {
    let root: RootFixture = stage.root(epoch, &[(stage.network.address, total)]);
    let proposal = world.approve_root(&root, &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS));
    proposal
}

#[test]
fn finalize_root_that_promises_exactly_the_funds_succeeds() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = ripe(&mut world, &stage, 0, EPOCH_AMOUNT);
    assert_eq!(world.token_balance(stage.vault.tokens), EPOCH_AMOUNT);
    expect_success(finalize(&mut world, &stage, proposal));
}

#[test]
fn finalize_root_that_promises_one_unit_above_the_funds_is_refused_until_they_come() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    world.forge::<Vault>(stage.vault.address, |vault| vault.epoch_cap = EPOCH_CAP + 1);
    let proposal = ripe(&mut world, &stage, 0, EPOCH_AMOUNT + 1);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::NotFunded);
    world.emit_through(&stage.network, Epoch(1));
    expect_success(finalize(&mut world, &stage, proposal));
}

#[test]
fn finalize_root_of_an_unfunded_vault_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(0));
    let proposal = ripe(&mut world, &stage, 0, 1);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::NotFunded);
}

#[test]
fn finalize_root_of_an_unfunded_vault_that_promises_nothing_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    world.advance_past(&stage.network, Epoch(0));
    let proposal = ripe(&mut world, &stage, 0, 0);
    expect_success(finalize(&mut world, &stage, proposal));
    assert_eq!(vault(&world, &stage).next_epoch, 1);
}

/// What was claimed came in once, and counts as funds still; but only once.
#[test]
fn finalize_root_after_claims_counts_what_was_paid_out_exactly_once() {
    let mut world = World::new();
    let stage = world.stage();
    let (wallet, tokens) = payee(&mut world, &stage);
    world.open_page(stage.vault.address, 0);
    let first = world.final_root(&stage, 0, &[(wallet, EPOCH_AMOUNT)]);
    expect_success(world.run(rewards::claim(stage.vault.address, tokens, first.claim_args(0)), &[]));
    assert_eq!(world.token_balance(stage.vault.tokens), 0);

    world.advance_past(&stage.network, Epoch(1));
    let root = stage.root(1, &[(wallet, EPOCH_AMOUNT + 1)]);
    let proposal = world.approve_root(&root, &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS));
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::NotFunded);
    world.forge_token_balance(stage.vault.tokens, 1);
    expect_success(finalize(&mut world, &stage, proposal));
}

#[test]
fn finalize_root_exactly_at_the_cap_succeeds_and_one_above_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(1);
    let at_cap = ripe(&mut world, &stage, 0, EPOCH_CAP);
    world.forge::<RootProposal>(at_cap, |proposal| proposal.cumulative_total += 1);
    assert_program_error(finalize(&mut world, &stage, at_cap), RewardsError::AboveEpochCap);
    world.forge::<RootProposal>(at_cap, |proposal| proposal.cumulative_total -= 1);
    expect_success(finalize(&mut world, &stage, at_cap));
}

#[test]
fn finalize_root_of_a_forged_proposal_that_falls_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.final_root(&stage, 0, &[(stage.network.address, 500)]);
    world.emit_through(&stage.network, Epoch(1));
    let proposal = ripe(&mut world, &stage, 1, 600);
    world.forge::<RootProposal>(proposal, |proposal| proposal.cumulative_total = 499);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::CumulativeFell);
    world.forge::<RootProposal>(proposal, |proposal| {
        proposal.cumulative_total = 600;
        proposal.leaf_count = 0;
    });
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::LeavesFell);
}

#[test]
fn finalize_root_when_the_funds_do_not_fit_64_bits_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = ripe(&mut world, &stage, 0, 5);
    world.forge::<Vault>(stage.vault.address, |vault| vault.claimed_total = u64::MAX - EPOCH_AMOUNT + 1);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::Overflow);
}

#[test]
fn finalize_root_that_promises_less_than_was_claimed_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let proposal = ripe(&mut world, &stage, 0, 5);
    world.forge::<Vault>(stage.vault.address, |vault| vault.claimed_total = 6);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::ClaimedAbovePromised);
}
