//! What somebody would try who wants more than is theirs.

use trellis_client::{SPL_TOKEN_ID, accounts::Position, instructions::staking};
use trellis_staking::error::StakingError;
use trellis_tests::{
    World, assert_program_error, expect_success,
    fixtures::{COOLDOWN_SECONDS, SLASH_DELAY_SECONDS, WALLET_TOKENS},
};

use super::support::{AMOUNT, claim, delegate, operator_stake, pool, staked, unstake};

#[test]
fn rewards_that_have_come_in_are_not_shared_with_who_stakes_before_they_are_folded_in() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.open_position(&stage, 0, 3);
    world.open_position(&stage, 1, 3);
    world.reward_stakers(&stage, 1_000);
    // In one transaction: stakes a thousandfold, claims, and leaves again.
    let (attacker, payer) = (&stage.wallets[3], world.payer_keypair());
    for operator in [0, 1] {
        let join = delegate(&stage, operator, 3, 1_000 * AMOUNT);
        let steal = claim(&stage, operator, 3);
        let outcome = world.send(&[join.clone(), steal], &[&payer, attacker]);
        assert_program_error(outcome, StakingError::NothingToClaim);
        let leave = unstake(&stage, operator, 3, 1_000 * AMOUNT);
        expect_success(world.send(&[join, leave], &[&payer, attacker]));
        assert_program_error(world.run(claim(&stage, operator, 3), &[]), StakingError::NothingToClaim);
    }
    expect_success(world.run(claim(&stage, 0, 2), &[]));
    assert_eq!(world.token_balance(stage.tokens[2]), WALLET_TOKENS - AMOUNT + 1_000);
}

#[test]
fn stake_that_leaves_when_a_slash_is_proposed_is_slashed() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 3, AMOUNT);
    world.open_position(&stage, 1, 3);
    let proposal = world.propose_slash(&stage, 0, 5_000);
    let out = world.unstake(&stage, 0, 2, None, AMOUNT);
    let across = world.unstake(&stage, 0, 3, Some(1), AMOUNT);
    // Anyone has at least an hour to execute before the first ticket is released.
    let margin = out.release_unix - proposal.effective_unix;
    assert!(margin >= 3_600, "{margin}");
    world.set_time(proposal.effective_unix);
    expect_success(world.run(staking::execute_slash(&pool(&world, &stage), &proposal), &[]));
    world.advance(i64::from(COOLDOWN_SECONDS));
    let (pool, tokens) = (stage.pool.address, stage.tokens[2]);
    expect_success(world.run(staking::withdraw(pool, SPL_TOKEN_ID, &out, tokens), &[]));
    expect_success(world.run(staking::complete_redelegation(pool, &across), &[]));
    assert_eq!(world.token_balance(tokens), WALLET_TOKENS - AMOUNT / 2);
    assert_eq!(world.stake_worth(&stage, 1, 3), AMOUNT / 2);
    assert_eq!(world.token_balance(stage.pool.treasury), AMOUNT);
}

#[test]
fn stake_after_a_slash_neither_pays_for_it_nor_gains() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.slash(&stage, 0, 3_333);
    world.stake(&stage, 0, 3, AMOUNT);
    let worth = world.stake_worth(&stage, 0, 3);
    assert!(worth == AMOUNT || worth == AMOUNT - 1, "{worth}");
    let (rest, exact) = (world.stake_worth(&stage, 0, 2), AMOUNT - AMOUNT * 3_333 / 10_000);
    assert!(rest == exact || rest == exact - 1, "{rest}");
}

#[test]
fn donations_and_tiny_first_stakes_do_not_move_the_worth_of_later_ones() {
    let mut world = World::new();
    let stage = world.staking_stage();
    world.stake(&stage, 0, 3, 1);
    world.forge_token_balance(stage.pool.stake_tokens, 1 + 1_000 * AMOUNT);
    world.stake(&stage, 0, 2, AMOUNT);
    assert_eq!((world.stake_worth(&stage, 0, 3), world.stake_worth(&stage, 0, 2)), (1, AMOUNT));
    assert_program_error(world.run(unstake(&stage, 0, 3, 2), &[&stage.wallets[3]]), StakingError::InsufficientStake);
    // Nor do roundings over and over: stake and leave, after a slash that makes shares uneven.
    world.slash(&stage, 0, 3_333);
    let before = world.stake_worth(&stage, 0, 2);
    for _ in 0..20 {
        world.stake(&stage, 0, 3, 3);
        world.unstake(&stage, 0, 3, None, 2);
    }
    assert_eq!(world.stake_worth(&stage, 0, 2), before);
    let stake = operator_stake(&world, &stage, 0);
    assert!(stake.active_tokens + stake.unbonding_tokens <= world.token_balance(stage.pool.stake_tokens));
}

#[test]
fn rewards_of_a_lifetime_stop_at_what_a_u64_holds_and_block_nobody() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.forge_token_balance(stage.pool.reward_tokens, u64::MAX);
    world.forge_token_balance(stage.tokens[2], 0);
    expect_success(world.run(claim(&stage, 0, 2), &[]));
    let paid = world.token_balance(stage.tokens[2]);
    assert!(paid >= u64::MAX - 1);
    world.forge_token_balance(stage.pool.reward_tokens, u64::MAX);
    world.forge_token_balance(stage.tokens[2], AMOUNT);
    world.stake(&stage, 0, 2, AMOUNT);
    world.unstake(&stage, 0, 2, None, 2 * AMOUNT);
    assert_eq!(world.account::<Position>(stage.position(0, 2)).claimed_total, paid);
}

#[test]
fn operator_whose_pool_waits_for_a_slash_is_slashed_at_most_the_cap() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let proposals = [5_000, 5_000, 5_000].map(|bps| world.propose_slash(&stage, 0, bps));
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    let run = |world: &mut World, at: usize| {
        let execute = staking::execute_slash(&pool(world, &stage), &proposals[at]);
        world.run(execute, &[])
    };
    expect_success(run(&mut world, 0));
    for at in [1, 2] {
        assert_program_error(run(&mut world, at), StakingError::SlashAboveEpochCap);
    }
    assert_eq!(world.stake_worth(&stage, 0, 2), AMOUNT / 2);
}
