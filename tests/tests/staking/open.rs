//! Opening an operator's stake and positions.

use trellis_client::{
    accounts::{OperatorStake, Position},
    addresses,
    instructions::staking,
};
use trellis_core::staking::Bucket;
use trellis_staking::{
    constants::ACCOUNT_VERSION,
    error::StakingError,
    event::{OperatorStakeOpened, PositionOpened},
};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, assert_same, expect_success, refusal::ACCOUNT_IN_USE,
};

use super::support::{operator_stake, position};

#[test]
fn open_operator_stake_by_anyone_writes_every_field_once() {
    let mut world = World::new();
    let stage = world.staking_stage();
    let operator = world.register_operator(&stage.network);
    let open = staking::open_operator_stake(world.payer(), stage.pool.address, operator.address);
    let done = expect_success(world.run(open.clone(), &[]));
    let address = addresses::operator_stake(&stage.pool.address, &operator.address);
    let actual = world.account::<OperatorStake>(address);
    let mut wanted: OperatorStake = bytemuck::Zeroable::zeroed();
    wanted.pool = stage.pool.address;
    wanted.network = stage.network.address;
    wanted.operator = operator.address;
    wanted.wallet = solana_signer::Signer::pubkey(&operator.wallet);
    wanted.set_active(Bucket::EMPTY);
    wanted.set_unbonding(Bucket::EMPTY);
    wanted.version = ACCOUNT_VERSION;
    wanted.bump = actual.bump;
    assert_same(&actual, &wanted);
    let (pool, operator) = (stage.pool.address, operator.address);
    assert_event(&done, &OperatorStakeOpened { pool, operator_stake: address, operator });
    assert_error(world.run(open, &[]), ACCOUNT_IN_USE);
}

#[test]
fn open_operator_stake_of_an_operator_of_another_network_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.staking_stage(), world.create_network());
    let operator = world.register_operator(&other);
    let open = staking::open_operator_stake(world.payer(), stage.pool.address, operator.address);
    assert_program_error(world.run(open, &[]), StakingError::WrongNetwork);
}

#[test]
fn open_position_for_a_wallet_that_does_not_sign_writes_every_field_once() {
    let mut world = World::new();
    let stage = world.staking_stage();
    let open = staking::open_position(world.payer(), stage.stakes[0], stage.wallet(2));
    let done = expect_success(world.run(open.clone(), &[]));
    let actual = position(&world, &stage, 0, 2);
    let mut wanted: Position = bytemuck::Zeroable::zeroed();
    wanted.pool = stage.pool.address;
    wanted.operator_stake = stage.stakes[0];
    wanted.wallet = stage.wallet(2);
    wanted.version = ACCOUNT_VERSION;
    wanted.bump = actual.bump;
    assert_same(&actual, &wanted);
    let (operator_stake, position) = (stage.stakes[0], stage.position(0, 2));
    assert_event(&done, &PositionOpened { operator_stake, position, wallet: stage.wallet(2) });
    assert_error(world.run(open, &[]), ACCOUNT_IN_USE);
}

#[test]
fn open_position_after_rewards_earns_nothing_of_them() {
    let mut world = World::new();
    let stage = super::support::staked(&mut world);
    world.reward_stakers(&stage, 1_000);
    expect_success(world.run(staking::distribute_rewards(stage.pool.address), &[]));
    world.stake(&stage, 0, 3, 5);
    assert_program_error(world.run(super::support::claim(&stage, 0, 3), &[]), StakingError::NothingToClaim);
    assert_eq!(operator_stake(&world, &stage, 0).active_tokens, super::support::AMOUNT + 5);
}
