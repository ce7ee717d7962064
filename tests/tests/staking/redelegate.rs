use trellis_client::{SPL_TOKEN_ID, accounts::UnbondingTicket, addresses, instructions::staking};
use trellis_staking::{
    error::StakingError,
    event::{Redelegated, RedelegationCancelled},
};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{COOLDOWN_SECONDS, StakingStage},
    refusal::DUPLICATE_WRITABLE,
    tamper,
};

use super::support::{AMOUNT, operator_stake, pool, staked};

/// A stage whose wallet 2 moves all to operator 1, where its position is open; the ticket.
fn moving(world: &mut World) -> (StakingStage, UnbondingTicket) {
    let stage = staked(world);
    world.open_position(&stage, 1, 2);
    let ticket = world.unstake(&stage, 0, 2, Some(1), AMOUNT);
    (stage, ticket)
}

#[test]
fn redelegate_after_the_cooldown_moves_the_stake_and_no_token() {
    let mut world = World::new();
    let (stage, ticket) = moving(&mut world);
    assert_eq!(ticket.destination, stage.stakes[1]);
    let complete = staking::complete_redelegation(stage.pool.address, &ticket);
    world.advance(i64::from(COOLDOWN_SECONDS) - 1);
    assert_program_error(world.run(complete.clone(), &[]), StakingError::TicketNotReleased);
    world.advance(1);
    let address = addresses::unbonding_ticket(&ticket.position, 0);
    let (rent, before) = (world.lamports(address), world.lamports(stage.wallet(2)));
    let done = expect_success(world.run(complete, &[]));
    let [source, destination] = stage.stakes;
    let wallet = stage.wallet(2);
    assert_event(&done, &Redelegated { source, destination, wallet, ticket: address, amount: AMOUNT });
    assert_eq!(world.lamports(wallet), before + rent);
    assert_eq!(operator_stake(&world, &stage, 0).unbonding_tokens, 0);
    assert_eq!(world.stake_worth(&stage, 1, 2), AMOUNT);
    let pool = pool(&world, &stage);
    assert_eq!((pool.active_total, pool.staked_total), (AMOUNT, AMOUNT));
    assert_eq!(world.token_balance(stage.pool.stake_tokens), AMOUNT);
}

#[test]
fn redelegate_to_the_same_operator_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let (wallet, stake) = (stage.wallet(2), stage.stakes[0]);
    let leave = staking::redelegate(wallet, wallet, stage.pool.address, stake, stake, 0, AMOUNT);
    assert_error(world.run(leave, &[&stage.wallets[2]]), DUPLICATE_WRITABLE);
}

#[test]
fn redelegate_is_slashed_with_the_source_until_it_arrives() {
    let mut world = World::new();
    let (stage, ticket) = moving(&mut world);
    world.slash(&stage, 1, 5_000);
    world.slash(&stage, 0, 2_500);
    world.advance(i64::from(COOLDOWN_SECONDS));
    expect_success(world.run(staking::complete_redelegation(stage.pool.address, &ticket), &[]));
    assert_eq!(world.stake_worth(&stage, 1, 2), AMOUNT * 3 / 4);
}

#[test]
fn redelegate_and_withdraw_tickets_are_not_taken_for_each_other() {
    let mut world = World::new();
    let (stage, ticket) = moving(&mut world);
    world.stake(&stage, 0, 2, AMOUNT);
    let paid = world.unstake(&stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let pool = stage.pool.address;
    let withdraw = staking::withdraw(pool, SPL_TOKEN_ID, &ticket, stage.tokens[2]);
    assert_program_error(world.run(withdraw, &[]), StakingError::TicketIsRedelegation);
    let complete = staking::complete_redelegation(pool, &ticket);
    let own = addresses::unbonding_ticket(&ticket.position, ticket.number);
    let other = addresses::unbonding_ticket(&paid.position, paid.number);
    assert_program_error(world.run(tamper::swap(complete, own, other), &[]), StakingError::TicketIsWithdrawal);
    let cancel = staking::cancel_redelegation(stage.wallet(2), other);
    assert_program_error(world.run(cancel, &[&stage.wallets[2]]), StakingError::TicketIsWithdrawal);
}

#[test]
fn cancel_redelegation_by_the_wallet_alone_turns_it_into_a_withdrawal() {
    let mut world = World::new();
    let (stage, ticket) = moving(&mut world);
    let address = addresses::unbonding_ticket(&ticket.position, 0);
    let theft = staking::cancel_redelegation(stage.wallet(3), address);
    assert_program_error(world.run(theft, &[&stage.wallets[3]]), StakingError::NotWallet);
    let cancel = staking::cancel_redelegation(stage.wallet(2), address);
    let done = expect_success(world.run(cancel, &[&stage.wallets[2]]));
    assert_event(&done, &RedelegationCancelled { ticket: address, wallet: stage.wallet(2) });
    let cancelled = world.account::<UnbondingTicket>(address);
    assert_eq!(cancelled.release_unix, ticket.release_unix);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let withdraw = staking::withdraw(stage.pool.address, SPL_TOKEN_ID, &cancelled, stage.tokens[2]);
    expect_success(world.run(withdraw, &[]));
}

#[test]
fn redelegate_to_an_operator_that_was_slashed_out_meanwhile_waits_or_is_cancelled() {
    let mut world = World::new();
    let (stage, ticket) = moving(&mut world);
    world.stake(&stage, 1, 3, AMOUNT);
    for _ in 0..17 {
        world.slash(&stage, 1, 5_000);
    }
    let complete = staking::complete_redelegation(stage.pool.address, &ticket);
    assert_program_error(world.run(complete, &[]), StakingError::OperatorSlashedOut);
    let address = addresses::unbonding_ticket(&ticket.position, 0);
    let cancel = staking::cancel_redelegation(stage.wallet(2), address);
    expect_success(world.run(cancel, &[&stage.wallets[2]]));
}

#[test]
fn complete_redelegation_into_what_belongs_to_others_is_refused() {
    let mut world = World::new();
    let (stage, ticket) = moving(&mut world);
    let other = world.staking_stage();
    for (operator, wallet) in [(0, 3), (1, 3)] {
        world.open_position(&stage, operator, wallet);
    }
    let third = world.register_operator(&stage.network);
    let open = staking::open_operator_stake(world.payer(), stage.pool.address, third.address);
    expect_success(world.run(open, &[]));
    let third = addresses::operator_stake(&stage.pool.address, &third.address);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let sound = staking::complete_redelegation(stage.pool.address, &ticket);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], third, StakingError::WrongOperatorStake),
        (stage.stakes[1], third, StakingError::WrongOperatorStake),
        (stage.position(0, 2), stage.position(0, 3), StakingError::WrongPosition),
        (stage.position(1, 2), stage.position(0, 3), StakingError::WrongOperatorStake),
        (stage.position(1, 2), stage.position(1, 3), StakingError::NotWallet),
        (stage.wallet(2), stage.wallet(3), StakingError::WrongRentReceiver),
        (stage.pool.reward_tokens, other.pool.reward_tokens, StakingError::WrongRewardTokens),
    ] {
        assert_program_error(world.run(tamper::swap(sound.clone(), from, to), &[]), error);
    }
    expect_success(world.run(sound, &[]));
}
