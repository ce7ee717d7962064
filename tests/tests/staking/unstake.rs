use trellis_client::{accounts::UnbondingTicket, addresses, instructions::staking};
use trellis_staking::{constants::ACCOUNT_VERSION, error::StakingError, event::Unstaked};
use trellis_tests::{
    World, assert_event, assert_program_error, assert_same, expect_success, fixtures::COOLDOWN_SECONDS, tamper,
};

use super::support::{AMOUNT, operator_stake, pool, position, staked, unstake};

#[test]
fn unstake_opens_a_ticket_and_moves_no_token() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let done = expect_success(world.run(unstake(&stage, 0, 2, AMOUNT / 4), &[&stage.wallets[2]]));
    let address = addresses::unbonding_ticket(&stage.position(0, 2), 0);
    let ticket = world.account::<UnbondingTicket>(address);
    let mut wanted: UnbondingTicket = bytemuck::Zeroable::zeroed();
    wanted.position = stage.position(0, 2);
    wanted.operator_stake = stage.stakes[0];
    wanted.wallet = stage.wallet(2);
    wanted.shares = (u128::from(AMOUNT / 4) << 48).into();
    wanted.release_unix = world.now() + i64::from(COOLDOWN_SECONDS);
    wanted.version = ACCOUNT_VERSION;
    wanted.bump = ticket.bump;
    assert_same(&ticket, &wanted);
    assert_event(
        &done,
        &Unstaked {
            operator_stake: stage.stakes[0],
            wallet: stage.wallet(2),
            ticket: address,
            destination: solana_address::Address::default(),
            amount: AMOUNT / 4,
            release_unix: wanted.release_unix,
        },
    );
    let stake = operator_stake(&world, &stage, 0);
    assert_eq!((stake.active_tokens, stake.unbonding_tokens), (AMOUNT * 3 / 4, AMOUNT / 4));
    let pool = pool(&world, &stage);
    assert_eq!((pool.active_total, pool.staked_total), (AMOUNT * 3 / 4, AMOUNT));
    assert_eq!(world.token_balance(stage.pool.stake_tokens), AMOUNT);
    let position = position(&world, &stage, 0, 2);
    assert_eq!((position.ticket_count, position.open_tickets), (1, 1));
}

#[test]
fn unstake_of_nothing_or_of_more_than_there_is_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 3, AMOUNT);
    let signer = &stage.wallets[2];
    assert_program_error(world.run(unstake(&stage, 0, 2, 0), &[signer]), StakingError::ZeroAmount);
    for amount in [AMOUNT + 1, 2 * AMOUNT, u64::MAX] {
        let leave = unstake(&stage, 0, 2, amount);
        assert_program_error(world.run(leave, &[signer]), StakingError::InsufficientStake);
    }
    world.slash(&stage, 0, 1_000);
    let leave = unstake(&stage, 0, 2, AMOUNT * 9 / 10 + 1);
    assert_program_error(world.run(leave, &[signer]), StakingError::InsufficientStake);
}

#[test]
fn unstake_out_of_what_belongs_to_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    let sound = unstake(&stage, 0, 2, AMOUNT);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.pool.reward_tokens, other.pool.reward_tokens, StakingError::WrongRewardTokens),
    ] {
        assert_program_error(world.run(tamper::swap(sound.clone(), from, to), &[&stage.wallets[2]]), error);
    }
    let (pool, stake, wallet) = (stage.pool.address, stage.stakes[0], stage.wallet(2));
    let thief = &stage.wallets[3];
    let sound = staking::unstake(stage.wallet(3), wallet, pool, stake, 0, AMOUNT);
    let theft = tamper::swap(sound, wallet, stage.wallet(3));
    assert_program_error(world.run(theft, &[thief]), StakingError::NotWallet);
    let across = staking::redelegate(wallet, wallet, pool, stake, other.stakes[0], 0, AMOUNT);
    assert_program_error(world.run(across, &[&stage.wallets[2]]), StakingError::WrongPool);
}

#[test]
fn unstake_from_counters_and_clocks_at_their_end_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let full = stage.position(0, 2);
    world.forge::<trellis_client::accounts::Position>(full, |position| position.ticket_count = u32::MAX);
    let (pool, stake, wallet) = (stage.pool.address, stage.stakes[0], stage.wallet(2));
    let leave = staking::unstake(wallet, wallet, pool, stake, u32::MAX, AMOUNT);
    assert_program_error(world.run(leave, &[&stage.wallets[2]]), StakingError::Overflow);
    world.forge::<trellis_client::accounts::Position>(full, |position| position.ticket_count = 0);
    world.set_time(i64::MAX);
    let leave = unstake(&stage, 0, 2, AMOUNT);
    assert_program_error(world.run(leave, &[&stage.wallets[2]]), StakingError::Overflow);
}
