use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, instructions::staking};
use trellis_core::staking::MIN_ACTIVE_STAKE;
use trellis_staking::{
    error::StakingError,
    event::{RewardsClaimed, RewardsDistributed},
};
use trellis_tests::{
    World, assert_event, assert_no_event, assert_program_error, expect_success, fixtures::WALLET_TOKENS, tamper,
};

use super::support::{AMOUNT, claim, pool, position, staked};

#[test]
fn claim_stake_rewards_by_anyone_pays_the_wallet_its_share_once() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 3, 2 * AMOUNT);
    world.stake(&stage, 1, 1, AMOUNT);
    world.reward_stakers(&stage, 1_000);
    let distributed = expect_success(world.run(staking::distribute_rewards(stage.pool.address), &[]));
    assert_event(&distributed, &RewardsDistributed { pool: stage.pool.address, amount: 1_000 });
    for (operator, wallet, amount) in [(0, 2, 250), (0, 3, 500), (1, 1, 250)] {
        let before = world.token_balance(stage.tokens[wallet]);
        let done = expect_success(world.run(claim(&stage, operator, wallet), &[]));
        assert_eq!(world.token_balance(stage.tokens[wallet]), before + amount);
        let (operator_stake, owner) = (stage.stakes[operator], stage.wallet(wallet));
        assert_event(&done, &RewardsClaimed { operator_stake, wallet: owner, amount });
        assert_eq!(position(&world, &stage, operator, wallet).claimed_total, amount);
        let again = world.run(claim(&stage, operator, wallet), &[]);
        assert_program_error(again, StakingError::NothingToClaim);
    }
    assert_eq!(world.token_balance(stage.pool.reward_tokens), 0);
    assert_eq!((pool(&world, &stage).rewards_held, pool(&world, &stage).rewards_folded), (0, 1_000));
}

#[test]
fn distribute_rewards_with_nothing_new_changes_nothing() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let before = pool(&world, &stage);
    let done = expect_success(world.run(staking::distribute_rewards(stage.pool.address), &[]));
    assert_no_event(&done);
    trellis_tests::assert_same(&pool(&world, &stage), &before);
}

#[test]
fn distribute_rewards_before_enough_is_staked_makes_them_wait_for_who_stakes() {
    let mut world = World::new();
    let stage = world.staking_stage();
    world.reward_stakers(&stage, 1_000);
    assert_no_event(&expect_success(world.run(staking::distribute_rewards(stage.pool.address), &[])));
    world.stake(&stage, 0, 2, MIN_ACTIVE_STAKE - 1);
    assert_program_error(world.run(claim(&stage, 0, 2), &[]), StakingError::NothingToClaim);
    world.stake(&stage, 1, 3, 1);
    expect_success(world.run(claim(&stage, 0, 2), &[]));
    assert_eq!(world.token_balance(stage.tokens[2]), WALLET_TOKENS - MIN_ACTIVE_STAKE + 1 + 999);
}

#[test]
fn claim_stake_rewards_of_unbonding_stake_are_none() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 3, AMOUNT);
    world.unstake(&stage, 0, 2, None, AMOUNT);
    world.reward_stakers(&stage, 1_000);
    assert_program_error(world.run(claim(&stage, 0, 2), &[]), StakingError::NothingToClaim);
    expect_success(world.run(claim(&stage, 0, 3), &[]));
    assert_eq!(world.token_balance(stage.tokens[3]), WALLET_TOKENS - AMOUNT + 1_000);
}

#[test]
fn claim_stake_rewards_of_slashed_and_unslashed_times_keep_their_shares() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 1, 3, AMOUNT);
    world.reward_stakers(&stage, 1_000);
    // Rewards that came before the slash are shared out at the stakes before it.
    world.slash(&stage, 0, 5_000);
    world.reward_stakers(&stage, 3_000);
    for (operator, wallet, amount) in [(0, 2, 500 + 1_000), (1, 3, 500 + 2_000)] {
        expect_success(world.run(claim(&stage, operator, wallet), &[]));
        let paid = position(&world, &stage, operator, wallet).claimed_total;
        // A slash rounds an operator's sum down by less than a unit.
        assert!(paid == amount || paid == amount - 1, "{paid} of {amount}");
    }
}

#[test]
fn claim_stake_rewards_with_accounts_of_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    world.stake(&stage, 0, 3, AMOUNT);
    world.reward_stakers(&stage, 1_000);
    let sound = claim(&stage, 0, 2);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.position(0, 2), other.position(0, 2), StakingError::WrongOperatorStake),
        (stage.position(0, 2), stage.position(0, 3), StakingError::WrongTokenOwner),
        (stage.pool.reward_tokens, other.pool.reward_tokens, StakingError::WrongRewardTokens),
        (stage.pool.reward_tokens, stage.pool.stake_tokens, StakingError::WrongRewardTokens),
        (stage.tokens[2], stage.tokens[3], StakingError::WrongTokenOwner),
        (stage.tokens[2], other.tokens[2], StakingError::WrongMint),
        (stage.tokens[2], stage.pool.stake_tokens, StakingError::InvalidTokenAccount),
        (SPL_TOKEN_ID, TOKEN_2022_ID, StakingError::WrongTokenProgram),
    ] {
        assert_program_error(world.run(tamper::swap(sound.clone(), from, to), &[]), error);
    }
    let across = staking::distribute_rewards(stage.pool.address);
    let across = tamper::swap(across, stage.pool.reward_tokens, other.pool.reward_tokens);
    assert_program_error(world.run(across, &[]), StakingError::WrongRewardTokens);
    expect_success(world.run(sound, &[]));
}

#[test]
fn claim_stake_rewards_past_what_is_held_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.reward_stakers(&stage, 1_000);
    let full = stage.position(0, 2);
    world.forge::<trellis_client::accounts::Position>(full, |position| position.claimed_total = u64::MAX);
    assert_program_error(world.run(claim(&stage, 0, 2), &[]), StakingError::Overflow);
    world.forge::<trellis_client::accounts::Position>(full, |position| {
        position.claimed_total = 0;
        // 2¹⁶ units that nobody sent.
        position.pending_rewards = (1_u128 << 80).into();
    });
    assert_program_error(world.run(claim(&stage, 0, 2), &[]), StakingError::BooksBroken);
}
