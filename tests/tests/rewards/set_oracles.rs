use solana_address::Address;
use trellis_client::{
    accounts::Vault,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_rewards::{constants::MAX_ORACLES, error::RewardsError, event::OraclesSet};
use trellis_tests::{Outcome, World, assert_event, assert_program_error, expect_success, fixtures::Stage};

use super::support::{bytes_of, small_root, vault};

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
    set_keeping(world, stage, 0, members, threshold)
}

fn set_keeping(world: &mut World, stage: &Stage, keep: u32, members: Vec<OracleMember>, threshold: u32) -> Outcome {
    let args = SetOraclesArgs { keep, members, threshold };
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
    wanted.oracles = [Address::default(); MAX_ORACLES];
    wanted.oracles[0] = Address::new_from_array([1; 32]);
    wanted.oracles[1] = Address::new_from_array([2; 32]);
    wanted.weights = [0; MAX_ORACLES];
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
    assert_program_error(set(&mut world, &stage, members(0), 0), RewardsError::InvalidOracleCount);
    expect_success(set(&mut world, &stage, members(17), 17));
    let one_too_many = members(MAX_ORACLES + 1).split_off(17);
    let refused = set_keeping(&mut world, &stage, (1 << 17) - 1, one_too_many, MAX_ORACLES as u32 + 1);
    assert_program_error(refused, RewardsError::InvalidOracleCount);
}

#[test]
fn set_oracles_with_one_member_and_with_the_most_succeeds() {
    let mut world = World::new();
    let stage = world.stage();
    for count in [1, 24] {
        expect_success(set(&mut world, &stage, members(count), count as u32));
        assert_eq!(usize::from(vault(&world, &stage).oracle_count), count);
    }
    // The rest in a second step: one transaction does not hold more.
    let rest = members(MAX_ORACLES).split_off(24);
    expect_success(set_keeping(&mut world, &stage, (1 << 24) - 1, rest, MAX_ORACLES as u32));
    let vault = vault(&world, &stage);
    assert_eq!(usize::from(vault.oracle_count), MAX_ORACLES);
    assert_eq!(vault.oracles.to_vec(), members(MAX_ORACLES).iter().map(|member| member.oracle).collect::<Vec<_>>());
    assert_eq!(vault.weights, [1; MAX_ORACLES]);
}

#[test]
fn set_oracles_that_keeps_some_moves_them_to_the_front_with_their_weights() {
    let mut world = World::new();
    let stage = world.stage();
    expect_success(set(&mut world, &stage, weighing(&[5, 6, 7, 8]), 26));
    let before = vault(&world, &stage);
    let new = OracleMember { oracle: Address::new_from_array([99; 32]), weight: 3 };
    expect_success(set_keeping(&mut world, &stage, 0b1010, vec![new], 17));
    let after = vault(&world, &stage);
    assert_eq!(
        after.oracles[..4],
        [before.oracles[1], before.oracles[3], Address::new_from_array([99; 32]), Address::default()]
    );
    assert_eq!(after.weights[..4], [6, 8, 3, 0]);
    assert_eq!((after.oracle_count, after.threshold, after.set_version), (3, 17, before.set_version + 1));
}

#[test]
fn set_oracles_that_keeps_an_oracle_which_is_not_there_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    for keep in [0b1000, 0b1001, 1 << 31, u32::MAX] {
        let refused = set_keeping(&mut world, &stage, keep, members(2), 2);
        assert_program_error(refused, RewardsError::UnknownKeptOracle);
    }
}

#[test]
fn set_oracles_that_keeps_and_adds_the_same_oracle_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    expect_success(set(&mut world, &stage, members(3), 2));
    let again = members(1);
    assert_program_error(set_keeping(&mut world, &stage, 0b001, again, 2), RewardsError::DuplicateOracle);
    // Left out and added anew, it has its new weight.
    expect_success(set_keeping(&mut world, &stage, 0b110, weighing(&[9]), 8));
    assert_eq!(vault(&world, &stage).weights[..3], [1, 1, 9]);
}

#[test]
fn set_oracles_that_only_keeps_checks_the_threshold_again() {
    let mut world = World::new();
    let stage = world.stage();
    expect_success(set(&mut world, &stage, members(3), 2));
    assert_program_error(set_keeping(&mut world, &stage, 0b111, vec![], 1), RewardsError::InvalidThreshold);
    expect_success(set_keeping(&mut world, &stage, 0b111, vec![], 3));
    assert_eq!(vault(&world, &stage).threshold, 3);
}

#[test]
fn set_oracles_forgets_every_vote() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    world.approve_root(&small_root(&stage, 0), &stage.quorum());
    assert_ne!(vault(&world, &stage).approved, 0);
    expect_success(set_keeping(&mut world, &stage, 0b111, vec![], 2));
    let after = vault(&world, &stage);
    assert_eq!((after.ballots, after.approved), ([0; MAX_ORACLES], 0));
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
