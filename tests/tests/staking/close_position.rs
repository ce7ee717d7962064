use trellis_client::{SPL_TOKEN_ID, instructions::staking};
use trellis_staking::{error::StakingError, event::PositionClosed};
use trellis_tests::{
    World, assert_event, assert_program_error, expect_success,
    fixtures::{COOLDOWN_SECONDS, StakingStage},
    tamper,
};

use super::support::{AMOUNT, claim, operator_stake, pool, staked};

fn close(stage: &StakingStage, wallet: usize) -> solana_instruction::Instruction {
    staking::close_position(stage.wallet(wallet), stage.pool.address, stage.stakes[0])
}

#[test]
fn close_position_with_anything_left_is_refused_and_without_returns_the_rent() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let signer = &stage.wallets[2];
    world.reward_stakers(&stage, 1_000);
    assert_program_error(world.run(close(&stage, 2), &[signer]), StakingError::PositionNotEmpty);
    let ticket = world.unstake(&stage, 0, 2, None, AMOUNT);
    assert_program_error(world.run(close(&stage, 2), &[signer]), StakingError::PositionNotEmpty);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let withdraw = staking::withdraw(stage.pool.address, SPL_TOKEN_ID, &ticket, stage.tokens[2]);
    expect_success(world.run(withdraw, &[]));
    assert_program_error(world.run(close(&stage, 2), &[signer]), StakingError::PositionNotEmpty);
    expect_success(world.run(claim(&stage, 0, 2), &[]));
    let (rent, before) = (world.lamports(stage.position(0, 2)), world.lamports(stage.wallet(2)));
    let done = expect_success(world.run(close(&stage, 2), &[signer]));
    let (operator_stake, position, wallet) = (stage.stakes[0], stage.position(0, 2), stage.wallet(2));
    assert_event(&done, &PositionClosed { operator_stake, position, wallet });
    assert_eq!(world.lamports(wallet), before + rent);
    // It can be opened anew.
    world.stake(&stage, 0, 2, AMOUNT);
}

#[test]
fn close_position_worth_less_than_a_unit_gives_it_up() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 3, 1);
    world.slash(&stage, 0, 5_000);
    assert_eq!(world.stake_worth(&stage, 0, 3), 0);
    expect_success(world.run(close(&stage, 3), &[&stage.wallets[3]]));
    let stake = operator_stake(&world, &stage, 0);
    assert_eq!(stake.active_shares.get(), u128::from(AMOUNT) << 48);
    assert_eq!(pool(&world, &stage).active_total, stake.active_tokens);
}

#[test]
fn close_position_of_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    world.open_position(&stage, 0, 3);
    let theft = tamper::swap(close(&stage, 3), stage.wallet(3), stage.wallet(2));
    assert_program_error(world.run(theft, &[&stage.wallets[2]]), StakingError::NotWallet);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.pool.reward_tokens, other.pool.reward_tokens, StakingError::WrongRewardTokens),
    ] {
        let bent = tamper::swap(close(&stage, 3), from, to);
        assert_program_error(world.run(bent, &[&stage.wallets[3]]), error);
    }
}
