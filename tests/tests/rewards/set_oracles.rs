use solana_address::Address;
use trellis_client::{
    accounts::Vault,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_rewards::{
    constants::{MAX_ORACLES, ORACLE_SLOTS},
    error::RewardsError,
    event::OraclesSet,
};
use trellis_tests::{Outcome, World, assert_event, assert_program_error, expect_success, fixtures::Stage};

use super::support::{bytes_of, vault};

/// `count` members of weight 1.
fn members(count: usize) -> Vec<OracleMember> {
    (0..count)
        .map(|number| OracleMember { oracle: Address::new_from_array([number as u8 + 1; 32]), weight: 1 })
        .collect()
}

/// Members with these weights.
fn weighing(weights: &[u16]) -> Vec<OracleMember> {
    let mut members = members(weights.len());
    for (member, &weight) in members.iter_mut().zip(weights) {
        member.weight = weight;
    }
    members
}

fn set(world: &mut World, stage: &Stage, members: Vec<OracleMember>, threshold: u32) -> Outcome {
    let args = SetOraclesArgs { members, threshold };
    let (network, authority) = (stage.network.address, &stage.network.authority);
    let instruction = rewards::set_oracles(stage.network.authority_address(), network, stage.vault.address, args);
    world.run(instruction, &[authority])
}

#[test]
fn set_oracles_with_a_new_set_replaces_the_old_one_and_nothing_else() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let before = vault(&world, &stage);
    let done = expect_success(set(&mut world, &stage, weighing(&[7, 3]), 7));

    let mut wanted = before;
    wanted.oracles = [Address::default(); ORACLE_SLOTS];
    wanted.oracles[0] = Address::new_from_array([1; 32]);
    wanted.oracles[1] = Address::new_from_array([2; 32]);
    wanted.weights = [0; ORACLE_SLOTS];
    wanted.weights[..2].copy_from_slice(&[7, 3]);
    wanted.oracle_count = 2;
    wanted.threshold = 7;
    wanted.set_version = before.set_version + 1;
    assert_eq!(bytes_of(&vault(&world, &stage)), bytes_of(&wanted));
    let event = OraclesSet { vault: stage.vault.address, set_version: wanted.set_version, count: 2, threshold: 7 };
    assert_event(&done, &event);
}

#[test]
fn set_oracles_with_the_same_set_again_counts_a_new_version() {
    let mut world = World::new();
    let stage = world.stage();
    for set_version in 2..5 {
        expect_success(set(&mut world, &stage, members(3), 2));
        assert_eq!(vault(&world, &stage).set_version, set_version);
    }
}

#[test]
fn set_oracles_with_no_member_or_one_too_many_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    for count in [0, MAX_ORACLES + 1] {
        let refused = set(&mut world, &stage, members(count), count as u32);
        assert_program_error(refused, RewardsError::InvalidOracleCount);
    }
}

#[test]
fn set_oracles_with_one_member_and_with_the_most_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    for count in [1, MAX_ORACLES] {
        expect_success(set(&mut world, &stage, members(count), count as u32));
        assert_eq!(usize::from(vault(&world, &stage).oracle_count), count);
    }
}

#[test]
fn set_oracles_with_the_zero_address_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let mut with_zero = members(3);
    with_zero[2].oracle = Address::default();
    assert_program_error(set(&mut world, &stage, with_zero, 2), RewardsError::ZeroOracle);
}

#[test]
fn set_oracles_with_a_member_twice_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let mut with_copy = weighing(&[1, 2, 3]);
    with_copy[2].oracle = with_copy[0].oracle;
    assert_program_error(set(&mut world, &stage, with_copy, 4), RewardsError::DuplicateOracle);
}

#[test]
fn set_oracles_with_a_weight_of_zero_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    assert_program_error(set(&mut world, &stage, weighing(&[3, 0]), 2), RewardsError::ZeroWeight);
}

#[test]
fn set_oracles_with_a_threshold_below_two_thirds_or_above_all_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    // Two thirds of 9 are 6, of 10 they are 6.67, of 11 they are 7.33.
    for (weights, threshold) in [
        (&[4, 5][..], 5),
        (&[4, 5], 10),
        (&[4, 6], 6),
        (&[4, 7], 7),
        (&[1], 0),
        (&[1], 2),
        (&[1], u32::MAX),
        (&[u16::MAX; 20], 20 * 65_535 * 2 / 3 - 1),
    ] {
        let refused = set(&mut world, &stage, weighing(weights), threshold);
        assert_program_error(refused, RewardsError::InvalidThreshold);
    }
}

#[test]
fn set_oracles_with_a_threshold_of_two_thirds_to_all_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    for (weights, threshold) in
        [(&[4, 5][..], 6), (&[4, 5], 9), (&[4, 6], 7), (&[4, 7], 8), (&[1], 1), (&[u16::MAX; 20], 20 * 65_535 * 2 / 3)]
    {
        expect_success(set(&mut world, &stage, weighing(weights), threshold));
        assert_eq!(vault(&world, &stage).threshold, threshold);
    }
}

#[test]
fn set_oracles_after_the_last_version_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Vault>(stage.vault.address, |vault| vault.set_version = u32::MAX - 1);
    expect_success(set(&mut world, &stage, members(3), 2));
    assert_program_error(set(&mut world, &stage, members(3), 2), RewardsError::Overflow);
    assert_eq!(vault(&world, &stage).set_version, u32::MAX);
}

#[test]
fn set_oracles_on_a_vault_of_another_version_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Vault>(stage.vault.address, |vault| vault.version = 2);
    assert_program_error(set(&mut world, &stage, members(3), 2), RewardsError::UnknownVersion);
}

#[test]
fn set_oracles_on_a_vault_that_paid_more_than_it_promised_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    world.forge::<Vault>(stage.vault.address, |vault| vault.claimed_total = vault.cumulative_total + 1);
    assert_program_error(set(&mut world, &stage, members(3), 2), RewardsError::ClaimedAbovePromised);
}
