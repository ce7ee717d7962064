//! claim in states that only a forger can make, or a token program that refuses.

use trellis_client::{
    accounts::{ClaimPage, Vault},
    instructions::rewards,
};
use trellis_core::Amount;
use trellis_rewards::error::RewardsError;
use trellis_tests::{World, assert_program_error, expect_success, fixtures::EPOCH_AMOUNT};

use super::support::{ACCOUNT_FROZEN, EARNED, INSUFFICIENT_FUNDS, Payday, bytes_of, vault, with_content};

#[test]
fn claim_from_a_page_of_another_version_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.forge::<ClaimPage>(payday.page, |page| page.version = 2);
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::UnknownVersion);
}

#[test]
fn claim_from_a_vault_of_another_version_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.forge::<Vault>(payday.stage.vault.address, |vault| vault.version = 0);
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::UnknownVersion);
}

#[test]
fn claim_that_would_overflow_the_total_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.forge::<Vault>(payday.stage.vault.address, |vault| {
        vault.claimed_total = u64::MAX - EARNED[0] + 1;
        vault.cumulative_total = u64::MAX;
    });
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::Overflow);
}

#[test]
fn claim_of_the_last_unit_promised_succeeds_and_one_more_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let vault_address = payday.stage.vault.address;
    world.forge::<Vault>(vault_address, |vault| vault.claimed_total = vault.cumulative_total - EARNED[0]);
    expect_success(world.run(payday.claim(&payday.root, 0), &[]));
    let refused = world.run(payday.claim(&payday.root, 1), &[]);
    assert_program_error(refused, RewardsError::ClaimedAbovePromised);
    assert_eq!(payday.balances(&world), [EARNED[0], 0, 0]);
}

/// Oracles can post leaves that sum to more than the root states; they still cannot take more than it states.
#[test]
fn claim_against_a_root_that_understates_its_leaves_pays_no_more_than_it_states() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let owed = [0, 1, 2].map(|index| (payday.wallets[index], 1_000));
    let honest = payday.stage.root(1, &owed);
    let understated = with_content(&honest, |content| content.cumulative_total = Amount(2_500));
    world.advance_past(&payday.stage.network, understated.content.epoch);
    world.finalize_root(&understated, &payday.stage.quorum());
    expect_success(world.run(payday.claim(&understated, 0), &[]));
    expect_success(world.run(payday.claim(&understated, 1), &[]));
    let above = world.run(payday.claim(&understated, 2), &[]);
    assert_program_error(above, RewardsError::ClaimedAbovePromised);
    assert_eq!(payday.balances(&world), [1_000, 1_000, 0]);
    assert_eq!(vault(&world, &payday.stage).claimed_total, 2_000);
}

#[test]
fn claim_of_a_counter_that_stands_above_the_leaf_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.forge::<ClaimPage>(payday.page, |page| page.claimed[0] = u64::MAX);
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::NothingToClaim);
}

#[test]
fn claim_that_the_token_program_refuses_changes_nothing() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let tokens = payday.stage.vault.tokens;
    let (vault_before, page_before) = (vault(&world, &payday.stage), world.account::<ClaimPage>(payday.page));

    world.forge_token_balance(tokens, EARNED[2] - 1);
    assert_program_error(world.run(payday.claim(&payday.root, 2), &[]), INSUFFICIENT_FUNDS);
    world.forge_token_balance(tokens, EPOCH_AMOUNT);
    world.edit_raw(tokens, |account| account.data[108] = 2);
    assert_program_error(world.run(payday.claim(&payday.root, 2), &[]), ACCOUNT_FROZEN);

    assert_eq!(bytes_of(&vault(&world, &payday.stage)), bytes_of(&vault_before));
    assert_eq!(bytes_of(&world.account::<ClaimPage>(payday.page)), bytes_of(&page_before));
    world.edit_raw(tokens, |account| account.data[108] = 1);
    expect_success(world.run(payday.claim(&payday.root, 2), &[]));
}

#[test]
fn claim_after_the_oracles_changed_succeeds() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.set_oracles(&payday.stage.network, &payday.stage.vault, &[1], 1);
    let claim = rewards::claim(payday.stage.vault.address, payday.tokens[1], payday.root.claim_args(1));
    expect_success(world.run(claim, &[]));
    assert_eq!(payday.balances(&world), [0, EARNED[1], 0]);
}
