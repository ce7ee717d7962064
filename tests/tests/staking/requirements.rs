//! What other programs ask: is a bond met, is a tier reached.

use trellis_client::{
    accounts::{Operator, OperatorStake},
    instructions::staking,
};
use trellis_staking::{bond_met, error::StakingError};
use trellis_tests::{World, assert_program_error, expect_success, fixtures::SLASH_DELAY_SECONDS};

use super::support::{AMOUNT, operator_stake, pool, staked};

#[test]
fn require_bond_compares_the_operators_own_stake_with_its_devices_bond() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let operator = stage.operators[0].address;
    let require = |stake| staking::require_bond(operator, stake);
    let own = Some(stage.stakes[0]);
    // Nothing is asked for: met, with a stake account or without.
    for stake in [None, own] {
        expect_success(world.run(require(stake), &[]));
    }
    world.forge::<Operator>(operator, |operator| {
        (operator.device_count, operator.required_bond) = (1, AMOUNT);
    });
    for stake in [None, own] {
        assert_program_error(world.run(require(stake), &[]), StakingError::BondNotMet);
    }
    world.stake(&stage, 0, 0, AMOUNT - 1);
    assert_program_error(world.run(require(own), &[]), StakingError::BondNotMet);
    world.stake(&stage, 0, 0, 1);
    let done = expect_success(world.run(require(own), &[]));
    let figures = [AMOUNT.to_le_bytes(), AMOUNT.to_le_bytes()].concat();
    assert_eq!(done.return_data.data, figures);
    assert_program_error(world.run(require(None), &[]), StakingError::BondNotMet);
    assert_program_error(world.run(require(Some(stage.stakes[1])), &[]), StakingError::WrongOperatorStake);
    // A slash takes bond away, and so does unstaking.
    let met = |world: &World| {
        bond_met(&world.account::<Operator>(operator), Some(&world.account::<OperatorStake>(stage.stakes[0])))
    };
    assert!(met(&world));
    world.slash(&stage, 0, 1);
    assert!(!met(&world));
    assert_program_error(world.run(require(own), &[]), StakingError::BondNotMet);
    world.stake(&stage, 0, 0, AMOUNT);
    assert!(met(&world));
    world.unstake(&stage, 0, 0, None, AMOUNT);
    assert!(!met(&world));
}

#[test]
fn bond_met_by_another_operators_stake_is_not() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 1, 1, AMOUNT);
    world.forge::<Operator>(stage.operators[0].address, |operator| operator.required_bond = 1);
    let operator = world.account::<Operator>(stage.operators[0].address);
    assert!(!bond_met(&operator, Some(&operator_stake(&world, &stage, 1))));
    assert!(!bond_met(&operator, None));
}

#[test]
fn require_tier_at_and_below_its_threshold() {
    let mut world = World::new();
    let stage = world.staking_stage();
    let require = |tier| staking::require_tier(stage.pool.address, stage.stakes[0], stage.wallet(2), tier);
    world.stake(&stage, 0, 2, 999_999);
    for tier in [0, 4, u8::MAX] {
        assert_program_error(world.run(require(tier), &[]), StakingError::UnknownTier);
    }
    let done = expect_success(world.run(require(1), &[]));
    assert_eq!(done.return_data.data, [&999_999_u64.to_le_bytes()[..], stage.wallet(2).as_ref()].concat());
    assert_program_error(world.run(require(2), &[]), StakingError::TierNotReached);
    world.stake(&stage, 0, 2, 1);
    expect_success(world.run(require(2), &[]));
    assert_eq!(pool(&world, &stage).tier_of(trellis_core::Amount(1_000_000)), 2);
    let proposal = world.propose_slash(&stage, 0, 1);
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    expect_success(world.run(staking::execute_slash(&pool(&world, &stage), &proposal), &[]));
    assert_program_error(world.run(require(2), &[]), StakingError::TierNotReached);
}

#[test]
fn require_tier_of_mixed_accounts_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    let sound = staking::require_tier(stage.pool.address, stage.stakes[0], stage.wallet(2), 1);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.position(0, 2), other.position(0, 2), StakingError::WrongOperatorStake),
    ] {
        assert_program_error(world.run(trellis_tests::tamper::swap(sound.clone(), from, to), &[]), error);
    }
}
