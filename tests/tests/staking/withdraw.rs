use solana_instruction::error::InstructionError;
use trellis_client::{SPL_TOKEN_ID, accounts::UnbondingTicket, addresses, instructions::staking};
use trellis_staking::{error::StakingError, event::Withdrawn};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{COOLDOWN_SECONDS, StakingStage, WALLET_TOKENS},
    tamper,
};

use super::support::{AMOUNT, pool, position, staked};

fn withdraw(stage: &StakingStage, ticket: &UnbondingTicket) -> solana_instruction::Instruction {
    staking::withdraw(stage.pool.address, SPL_TOKEN_ID, ticket, stage.tokens[2])
}

#[test]
fn withdraw_by_anyone_pays_the_wallet_and_returns_the_rent_once() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let ticket = world.unstake(&stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let address = addresses::unbonding_ticket(&ticket.position, 0);
    let (rent, before) = (world.lamports(address), world.lamports(stage.wallet(2)));
    let done = expect_success(world.run(withdraw(&stage, &ticket), &[]));
    let (operator_stake, wallet) = (stage.stakes[0], stage.wallet(2));
    assert_event(&done, &Withdrawn { operator_stake, wallet, ticket: address, amount: AMOUNT });
    assert_eq!(world.lamports(wallet), before + rent);
    assert_eq!(world.token_balance(stage.tokens[2]), WALLET_TOKENS);
    assert_eq!(world.token_balance(stage.pool.stake_tokens), 0);
    assert_eq!(pool(&world, &stage).staked_total, 0);
    assert_eq!(position(&world, &stage, 0, 2).open_tickets, 0);
    // The number is used up: the same ticket never comes back.
    assert_error(world.run(withdraw(&stage, &ticket), &[]), InstructionError::AccountDataTooSmall);
    world.stake(&stage, 0, 2, AMOUNT);
    assert_eq!(world.unstake(&stage, 0, 2, None, AMOUNT).number, 1);
}

#[test]
fn withdraw_a_second_before_the_release_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let ticket = world.unstake(&stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS) - 1);
    assert_program_error(world.run(withdraw(&stage, &ticket), &[]), StakingError::TicketNotReleased);
    world.advance(1);
    expect_success(world.run(withdraw(&stage, &ticket), &[]));
}

#[test]
fn withdraw_with_accounts_of_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    world.open_position(&stage, 0, 3);
    let ticket = world.unstake(&stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let sound = withdraw(&stage, &ticket);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.position(0, 2), stage.position(0, 3), StakingError::WrongPosition),
        (stage.wallet(2), stage.wallet(3), StakingError::WrongRentReceiver),
        (stage.pool.stake_tokens, other.pool.stake_tokens, StakingError::WrongStakeTokens),
        (stage.pool.stake_tokens, stage.pool.reward_tokens, StakingError::WrongStakeTokens),
        (stage.tokens[2], stage.tokens[3], StakingError::WrongTokenOwner),
        (stage.tokens[2], other.tokens[2], StakingError::WrongMint),
        (stage.tokens[2], stage.pool.reward_tokens, StakingError::InvalidTokenAccount),
        (stage.tokens[2], stage.pool.mint, StakingError::InvalidTokenAccount),
        (SPL_TOKEN_ID, trellis_client::TOKEN_2022_ID, StakingError::WrongTokenProgram),
    ] {
        assert_program_error(world.run(tamper::swap(sound.clone(), from, to), &[]), error);
    }
    expect_success(world.run(sound, &[]));
}

#[test]
fn withdraw_from_an_account_that_lies_about_itself_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let ticket = world.unstake(&stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS));
    world.forge::<trellis_client::accounts::StakePool>(stage.pool.address, |pool| pool.staked_total = AMOUNT - 1);
    assert_program_error(world.run(withdraw(&stage, &ticket), &[]), StakingError::BooksBroken);
}
