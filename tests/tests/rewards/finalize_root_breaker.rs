//! finalize_root: the circuit breaker delays, and loses nothing.

use solana_address::Address;
use trellis_client::{accounts::Vault, instructions::rewards};
use trellis_core::{Amount, Epoch, breaker::Breaker};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    Outcome, World, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, EPOCH_AMOUNT, EPOCH_CAP, Stage},
};

use super::support::vault;

const WINDOW_SECONDS: u32 = 1_000_000;

/// A stage with three funded epochs whose breaker holds one and a half caps.
fn stage(world: &mut World) -> Stage {
    let stage = world.funded_stage(2);
    let now = world.now();
    world.forge::<Vault>(stage.vault.address, |vault| {
        vault.set_breaker(Breaker::full(Amount(EPOCH_CAP / 2 * 3), WINDOW_SECONDS, now));
    });
    stage
}

/// An approved root of `epoch` that promises `total`; its challenge window is over.
fn ripe(world: &mut World, stage: &Stage, epoch: u64, total: u64) -> Address {
    let root = stage.root(epoch, &[(stage.network.address, total)]);
    let proposal = world.approve_root(&root, &stage.quorum());
    world.advance(i64::from(CHALLENGE_SECONDS));
    proposal
}

fn finalize(world: &mut World, stage: &Stage, proposal: Address) -> Outcome {
    world.run(rewards::finalize_root(stage.vault.address, proposal), &[])
}

#[test]
fn finalize_root_that_adds_more_than_the_breaker_holds_waits_until_it_fits() {
    let mut world = World::new();
    let stage = stage(&mut world);
    let first = ripe(&mut world, &stage, 0, EPOCH_AMOUNT);
    expect_success(finalize(&mut world, &stage, first));
    let taken = vault(&world, &stage).breaker();
    // It was full: what it refilled before the root came did not add to it.
    assert_eq!((taken.level, taken.updated_unix), (Amount(EPOCH_CAP / 2), world.now()));

    let second = ripe(&mut world, &stage, 1, 2 * EPOCH_AMOUNT);
    assert_program_error(finalize(&mut world, &stage, second), RewardsError::BreakerOpen);
    let ready = taken.ready_unix(Amount(EPOCH_AMOUNT)).unwrap();
    // Half a cap is missing of one and a half that come in a window: a third of it.
    assert_eq!(ready, taken.updated_unix + 333_334);
    world.set_time(ready - 1);
    assert_program_error(finalize(&mut world, &stage, second), RewardsError::BreakerOpen);
    assert_eq!(vault(&world, &stage).breaker(), taken, "a refusal takes nothing");
    world.set_time(ready);
    expect_success(finalize(&mut world, &stage, second));
    assert_eq!((vault(&world, &stage).cumulative_total, vault(&world, &stage).next_epoch), (2 * EPOCH_AMOUNT, 2));
}

#[test]
fn finalize_root_that_adds_nothing_passes_an_empty_breaker() {
    let mut world = World::new();
    let stage = stage(&mut world);
    let now = world.now() + 10_000;
    world.forge::<Vault>(stage.vault.address, |vault| {
        vault.breaker_level = 0;
        vault.breaker_updated_unix = now;
    });
    let proposal = ripe(&mut world, &stage, 0, 0);
    expect_success(finalize(&mut world, &stage, proposal));
    let refused = ripe(&mut world, &stage, 1, 1);
    assert_program_error(finalize(&mut world, &stage, refused), RewardsError::BreakerOpen);
}

/// The guardian can still stop a root that waits for the breaker.
#[test]
fn finalize_root_that_waits_for_the_breaker_can_be_vetoed() {
    let mut world = World::new();
    let stage = stage(&mut world);
    world.forge::<Vault>(stage.vault.address, |vault| vault.breaker_level = 0);
    let proposal = ripe(&mut world, &stage, 0, EPOCH_AMOUNT);
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::BreakerOpen);
    let guardian = &stage.network.guardian;
    let veto = rewards::veto_root(stage.network.guardian_address(), stage.vault.address, proposal);
    expect_success(world.run(veto, &[guardian]));
    world.advance(i64::from(WINDOW_SECONDS));
    assert_program_error(finalize(&mut world, &stage, proposal), RewardsError::Vetoed);
    assert_eq!(vault(&world, &stage).next_epoch, Epoch(0).get());
}
