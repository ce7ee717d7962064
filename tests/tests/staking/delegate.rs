use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID};
use trellis_staking::{error::StakingError, event::Delegated};
use trellis_tests::{World, assert_event, assert_program_error, expect_success, fixtures::WALLET_TOKENS, tamper};

use super::support::{AMOUNT, delegate, operator_stake, pool, position, staked};

#[test]
fn delegate_moves_the_tokens_and_books_them() {
    let mut world = World::new();
    let stage = world.staking_stage();
    world.open_position(&stage, 0, 2);
    let done = expect_success(world.run(delegate(&stage, 0, 2, AMOUNT), &[&stage.wallets[2]]));
    let (operator_stake_address, wallet) = (stage.stakes[0], stage.wallet(2));
    assert_event(
        &done,
        &Delegated { operator_stake: operator_stake_address, wallet, amount: AMOUNT, active_tokens: AMOUNT },
    );
    assert_eq!(world.token_balance(stage.pool.stake_tokens), AMOUNT);
    assert_eq!(world.token_balance(stage.tokens[2]), WALLET_TOKENS - AMOUNT);
    assert_eq!(world.stake_worth(&stage, 0, 2), AMOUNT);
    let pool = pool(&world, &stage);
    assert_eq!((pool.active_total, pool.staked_total), (AMOUNT, AMOUNT));
    // A delegator's stake is no bond.
    assert_eq!(operator_stake(&world, &stage, 0).self_stake().get(), 0);
}

#[test]
fn delegate_by_the_operators_wallet_is_its_bond() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 0, 3 * AMOUNT);
    assert_eq!(operator_stake(&world, &stage, 0).self_stake().get(), 3 * AMOUNT);
    world.slash(&stage, 0, 5_000);
    assert_eq!(operator_stake(&world, &stage, 0).self_stake().get(), 3 * AMOUNT / 2);
    world.unstake(&stage, 0, 0, None, AMOUNT / 2);
    assert_eq!(operator_stake(&world, &stage, 0).self_stake().get(), AMOUNT);
    // With another operator it is a delegator as any.
    world.stake(&stage, 1, 0, AMOUNT);
    assert_eq!(operator_stake(&world, &stage, 1).self_stake().get(), 0);
}

#[test]
fn delegate_of_nothing_or_of_more_than_there_is_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let signer = &stage.wallets[2];
    assert_program_error(world.run(delegate(&stage, 0, 2, 0), &[signer]), StakingError::ZeroAmount);
    // SPL Token: insufficient funds.
    assert_program_error(world.run(delegate(&stage, 0, 2, WALLET_TOKENS), &[signer]), 1_u32);
    assert_program_error(world.run(delegate(&stage, 0, 2, u64::MAX), &[signer]), StakingError::Overflow);
    assert_eq!(world.stake_worth(&stage, 0, 2), AMOUNT);
}

#[test]
fn delegate_of_all_that_a_u64_holds_and_one_more_is_refused() {
    let mut world = World::new();
    let stage = world.staking_stage();
    world.forge_token_balance(stage.tokens[2], u64::MAX);
    world.stake(&stage, 0, 2, u64::MAX);
    assert_eq!(world.stake_worth(&stage, 0, 2), u64::MAX);
    world.open_position(&stage, 1, 3);
    assert_program_error(world.run(delegate(&stage, 1, 3, 1), &[&stage.wallets[3]]), StakingError::Overflow);
    world.slash(&stage, 0, 5_000);
    assert_eq!(world.token_balance(stage.pool.treasury), u64::MAX / 2);
    // One unit of rounding, in the pool's favour.
    assert_eq!(world.stake_worth(&stage, 0, 2), u64::MAX / 2);
}

#[test]
fn delegate_to_an_operator_that_is_slashed_out_is_refused_until_all_have_left() {
    let mut world = World::new();
    let stage = staked(&mut world);
    for _ in 0..17 {
        world.slash(&stage, 0, 5_000);
    }
    assert_program_error(
        world.run(delegate(&stage, 0, 2, AMOUNT), &[&stage.wallets[2]]),
        StakingError::OperatorSlashedOut,
    );
    let rest = world.stake_worth(&stage, 0, 2);
    world.unstake(&stage, 0, 2, None, rest);
    world.stake(&stage, 0, 2, AMOUNT);
    assert_eq!(world.stake_worth(&stage, 0, 2), AMOUNT);
}

#[test]
fn delegate_into_what_belongs_to_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    for (operator, wallet) in [(1, 2), (0, 3)] {
        world.open_position(&stage, operator, wallet);
    }
    let sound = delegate(&stage, 0, 2, AMOUNT);
    let copied_pool = tamper::swap(sound.clone(), stage.stakes[0], other.stakes[0]);
    let cases = [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.position(0, 2), stage.position(1, 2), StakingError::WrongOperatorStake),
        (stage.position(0, 2), stage.position(0, 3), StakingError::NotWallet),
        (stage.pool.stake_tokens, other.pool.stake_tokens, StakingError::WrongStakeTokens),
        (stage.pool.stake_tokens, stage.tokens[3], StakingError::WrongStakeTokens),
        (stage.pool.reward_tokens, other.pool.reward_tokens, StakingError::WrongRewardTokens),
        (SPL_TOKEN_ID, TOKEN_2022_ID, StakingError::WrongTokenProgram),
    ];
    for (from, to, error) in cases {
        let bent = tamper::swap(sound.clone(), from, to);
        assert_program_error(world.run(bent, &[&stage.wallets[2]]), error);
    }
    assert_program_error(world.run(copied_pool, &[&stage.wallets[2]]), StakingError::WrongPool);
    // SPL Token: not the owner.
    let of_another = tamper::swap(sound.clone(), stage.tokens[2], stage.tokens[3]);
    assert_program_error(world.run(of_another, &[&stage.wallets[2]]), 4_u32);
    // SPL Token: another mint.
    let other_mint = tamper::swap(sound, stage.tokens[2], other.tokens[2]);
    assert_program_error(world.run(other_mint, &[&stage.wallets[2]]), 3_u32);
    assert_eq!(position(&world, &stage, 0, 2).shares.get(), u128::from(AMOUNT) << 48);
}
