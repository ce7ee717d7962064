//! Proposing, vetoing, executing and closing slashes.

use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID,
    accounts::{SlashProposal, StakePool},
    addresses,
    instructions::staking::{self, ProposeSlashArgs, UpdatePoolArgs},
};
use trellis_staking::{
    constants::{ACCOUNT_VERSION, SLASH_EXECUTED, SLASH_EXECUTION_WINDOW_SECONDS, SLASH_OPEN, SLASH_VETOED},
    error::StakingError,
    event::{SlashClosed, SlashExecuted, SlashProposed, SlashVetoed},
};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{EPOCH_SECONDS, SLASH_DELAY_SECONDS, StakingStage, pool_settings},
    tamper,
};

use super::support::{AMOUNT, operator_stake, pool, staked};

const EVIDENCE: [u8; 32] = [0xe1; 32];

fn address_of(proposal: &SlashProposal) -> solana_address::Address {
    addresses::slash_proposal(&proposal.operator_stake, proposal.number)
}

fn propose(world: &World, stage: &StakingStage, args: ProposeSlashArgs) -> solana_instruction::Instruction {
    let (authority, network) = (stage.network.authority_address(), stage.network.address);
    staking::propose_slash(world.payer(), authority, network, stage.stakes[0], 0, args)
}

fn execute(world: &World, stage: &StakingStage, proposal: &SlashProposal) -> solana_instruction::Instruction {
    staking::execute_slash(&pool(world, stage), proposal)
}

fn veto(stage: &StakingStage, proposal: &SlashProposal) -> solana_instruction::Instruction {
    staking::veto_slash(stage.network.guardian_address(), stage.pool.address, address_of(proposal))
}

#[test]
fn propose_slash_by_the_authority_writes_every_field() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let propose = propose(&world, &stage, ProposeSlashArgs { bps: 123, evidence_hash: EVIDENCE });
    let done = expect_success(world.run(propose, &[&stage.network.authority]));
    let address = addresses::slash_proposal(&stage.stakes[0], 0);
    let actual = world.account::<SlashProposal>(address);
    let mut wanted: SlashProposal = bytemuck::Zeroable::zeroed();
    wanted.pool = stage.pool.address;
    wanted.operator_stake = stage.stakes[0];
    wanted.payer = world.payer();
    wanted.evidence_hash = EVIDENCE;
    wanted.effective_unix = world.now() + i64::from(SLASH_DELAY_SECONDS);
    wanted.expires_unix = wanted.effective_unix + i64::from(SLASH_EXECUTION_WINDOW_SECONDS);
    wanted.bps = 123;
    wanted.status = SLASH_OPEN;
    wanted.version = ACCOUNT_VERSION;
    wanted.bump = actual.bump;
    assert_same(&actual, &wanted);
    assert_event(
        &done,
        &SlashProposed {
            operator_stake: stage.stakes[0],
            proposal: address,
            evidence_hash: EVIDENCE,
            bps: 123,
            effective_unix: wanted.effective_unix,
        },
    );
    assert_eq!(operator_stake(&world, &stage, 0).slash_count, 1);
    assert_eq!(world.stake_worth(&stage, 0, 2), AMOUNT);
}

#[test]
fn propose_slash_by_anyone_else_or_across_networks_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    let args = ProposeSlashArgs { bps: 1, evidence_hash: EVIDENCE };
    let sound = propose(&world, &stage, args);
    for stranger in [&stage.network.guardian, &other.network.authority, &stage.wallets[0]] {
        let forged = tamper::swap(sound.clone(), stage.network.authority_address(), stranger.pubkey());
        assert_program_error(world.run(forged, &[stranger]), StakingError::NotAuthority);
    }
    let authority = &stage.network.authority;
    let across = tamper::swap(sound.clone(), stage.pool.address, other.pool.address);
    assert_program_error(world.run(across, &[authority]), StakingError::WrongNetwork);
    let foreign = addresses::slash_proposal(&other.stakes[0], 0);
    let across = tamper::swap(sound.clone(), stage.stakes[0], other.stakes[0]);
    let across = tamper::swap(across, addresses::slash_proposal(&stage.stakes[0], 0), foreign);
    assert_program_error(world.run(across, &[authority]), StakingError::WrongPool);
    expect_success(world.run(sound, &[authority]));
}

#[test]
fn propose_slash_without_evidence_or_above_the_cap_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    for (bps, evidence_hash, error) in [
        (0, EVIDENCE, StakingError::InvalidSlashBps),
        (5_001, EVIDENCE, StakingError::InvalidSlashBps),
        (u16::MAX, EVIDENCE, StakingError::InvalidSlashBps),
        (100, [0; 32], StakingError::MissingEvidence),
    ] {
        let propose = propose(&world, &stage, ProposeSlashArgs { bps, evidence_hash });
        assert_program_error(world.run(propose, &[&stage.network.authority]), error);
    }
}

#[test]
fn propose_slash_at_the_end_of_counters_and_time_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.set_time(i64::MAX);
    let late = propose(&world, &stage, ProposeSlashArgs { bps: 1, evidence_hash: EVIDENCE });
    assert_program_error(world.run(late, &[&stage.network.authority]), StakingError::Overflow);
}

#[test]
fn execute_slash_by_anyone_takes_active_and_unbonding_alike() {
    let mut world = World::new();
    let stage = staked(&mut world);
    world.stake(&stage, 0, 0, 3 * AMOUNT);
    world.unstake(&stage, 0, 2, None, AMOUNT / 2);
    world.stake(&stage, 1, 3, AMOUNT);
    let proposal = world.propose_slash(&stage, 0, 2_500);
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    let done = expect_success(world.run(execute(&world, &stage, &proposal), &[]));
    let slashed = AMOUNT;
    let (operator_stake_address, address) = (stage.stakes[0], address_of(&proposal));
    assert_event(
        &done,
        &SlashExecuted { operator_stake: operator_stake_address, proposal: address, bps: 2_500, amount: slashed },
    );
    assert_eq!(world.token_balance(stage.pool.treasury), slashed);
    assert_eq!(world.token_balance(stage.pool.stake_tokens), 5 * AMOUNT - slashed);
    let stake = operator_stake(&world, &stage, 0);
    assert_eq!((stake.active_tokens, stake.unbonding_tokens), (AMOUNT * 21 / 8, AMOUNT * 3 / 8));
    assert_eq!((stake.slashed_bps, stake.slashed_total, stake.slash_epoch), (2_500, slashed, 2));
    let pool = pool(&world, &stage);
    assert_eq!((pool.active_total, pool.staked_total), (AMOUNT * 29 / 8, 5 * AMOUNT - slashed));
    assert_eq!(world.stake_worth(&stage, 1, 3), AMOUNT);
    assert_eq!(world.account::<SlashProposal>(address).status, SLASH_EXECUTED);
    assert_program_error(world.run(execute(&world, &stage, &proposal), &[]), StakingError::SlashExecuted);
    assert_program_error(world.run(veto(&stage, &proposal), &[&stage.network.guardian]), StakingError::SlashExecuted);
}

#[test]
fn execute_slash_before_its_delay_and_after_its_window_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let (proposal, late) = (world.propose_slash(&stage, 0, 1), world.propose_slash(&stage, 0, 1));
    world.set_time(proposal.effective_unix - 1);
    assert_program_error(world.run(execute(&world, &stage, &proposal), &[]), StakingError::SlashNotEffective);
    world.set_time(proposal.effective_unix);
    expect_success(world.run(execute(&world, &stage, &proposal), &[]));
    world.set_time(late.expires_unix);
    assert_program_error(world.run(execute(&world, &stage, &late), &[]), StakingError::SlashExpired);
    world.set_time(late.expires_unix - 1);
    expect_success(world.run(execute(&world, &stage, &late), &[]));
}

#[test]
fn execute_slash_twice_in_an_epoch_stays_below_the_cap_and_goes_on_in_the_next() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let first = world.propose_slash(&stage, 0, 2_500);
    let second = world.propose_slash(&stage, 0, 2_501);
    let other = world.propose_slash(&stage, 1, 5_000);
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    expect_success(world.run(execute(&world, &stage, &first), &[]));
    assert_program_error(world.run(execute(&world, &stage, &second), &[]), StakingError::SlashAboveEpochCap);
    // Of another operator, and of nothing: goes through.
    expect_success(world.run(execute(&world, &stage, &other), &[]));
    world.advance(i64::from(EPOCH_SECONDS));
    expect_success(world.run(execute(&world, &stage, &second), &[]));
    let stake = operator_stake(&world, &stage, 0);
    let left = AMOUNT * 3 / 4;
    assert_eq!((stake.active_tokens, stake.slashed_bps), (left - left * 2_501 / 10_000, 2_501));
}

#[test]
fn execute_slash_above_a_cap_that_was_lowered_is_refused() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let proposal = world.propose_slash(&stage, 0, 3_000);
    let mut args = UpdatePoolArgs { guardian: stage.network.guardian_address(), settings: pool_settings() };
    args.settings.max_slash_bps_per_epoch = 2_999;
    let authority = &stage.network.authority;
    let update = staking::update_pool(authority.pubkey(), stage.network.address, stage.pool.treasury, args);
    expect_success(world.run(update, &[authority]));
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    assert_program_error(world.run(execute(&world, &stage, &proposal), &[]), StakingError::SlashAboveEpochCap);
}

#[test]
fn veto_slash_by_the_guardian_alone_stops_it() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    let proposal = world.propose_slash(&stage, 0, 5_000);
    let foreign = world.propose_slash(&other, 0, 5_000);
    for stranger in [&stage.network.authority, &other.network.guardian, &stage.wallets[0]] {
        let forged = staking::veto_slash(stranger.pubkey(), stage.pool.address, address_of(&proposal));
        assert_program_error(world.run(forged, &[stranger]), StakingError::NotGuardian);
    }
    let guardian = &stage.network.guardian;
    let across = staking::veto_slash(guardian.pubkey(), stage.pool.address, address_of(&foreign));
    assert_program_error(world.run(across, &[guardian]), StakingError::WrongPool);
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    let done = expect_success(world.run(veto(&stage, &proposal), &[guardian]));
    let (operator_stake, address) = (stage.stakes[0], address_of(&proposal));
    assert_event(&done, &SlashVetoed { operator_stake, proposal: address });
    assert_eq!(world.account::<SlashProposal>(address).status, SLASH_VETOED);
    assert_program_error(world.run(execute(&world, &stage, &proposal), &[]), StakingError::SlashVetoed);
    assert_program_error(world.run(veto(&stage, &proposal), &[guardian]), StakingError::SlashVetoed);
    assert_eq!(world.stake_worth(&stage, 0, 2), AMOUNT);
}

#[test]
fn execute_slash_with_accounts_of_others_is_refused() {
    let mut world = World::new();
    let (stage, other) = (staked(&mut world), staked(&mut world));
    let proposal = world.propose_slash(&stage, 0, 5_000);
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    let sound = execute(&world, &stage, &proposal);
    for (from, to, error) in [
        (stage.pool.address, other.pool.address, StakingError::WrongPool),
        (stage.stakes[0], stage.stakes[1], StakingError::WrongOperatorStake),
        (stage.pool.stake_tokens, other.pool.stake_tokens, StakingError::WrongStakeTokens),
        (stage.pool.reward_tokens, other.pool.reward_tokens, StakingError::WrongRewardTokens),
        (stage.pool.treasury, stage.tokens[3], StakingError::WrongSlashDestination),
        (SPL_TOKEN_ID, TOKEN_2022_ID, StakingError::WrongTokenProgram),
    ] {
        assert_program_error(world.run(tamper::swap(sound.clone(), from, to), &[]), error);
    }
    expect_success(world.run(sound, &[]));
}

#[test]
fn close_slash_once_it_is_dead_returns_the_rent_to_who_paid_it() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let [vetoed, executed, expired] = [1, 2, 3].map(|bps| world.propose_slash(&stage, 0, bps));
    let alive = |world: &mut World, proposal: &SlashProposal| {
        assert_program_error(world.run(staking::close_slash(proposal), &[]), StakingError::SlashAlive);
    };
    [vetoed, executed, expired].iter().for_each(|proposal| alive(&mut world, proposal));
    expect_success(world.run(veto(&stage, &vetoed), &[&stage.network.guardian]));
    world.set_time(executed.effective_unix);
    expect_success(world.run(execute(&world, &stage, &executed), &[]));
    world.set_time(expired.expires_unix - 1);
    alive(&mut world, &expired);
    world.set_time(expired.expires_unix);
    for proposal in [vetoed, executed, expired] {
        let address = address_of(&proposal);
        let thief = world.keypair().pubkey();
        let diverted = tamper::swap(staking::close_slash(&proposal), world.payer(), thief);
        assert_program_error(world.run(diverted, &[]), StakingError::WrongRentReceiver);
        let done = expect_success(world.run(staking::close_slash(&proposal), &[]));
        assert_event(&done, &SlashClosed { operator_stake: stage.stakes[0], proposal: address });
        assert_error(world.run(staking::close_slash(&proposal), &[]), InstructionError::AccountDataTooSmall);
    }
    assert_eq!(world.account::<StakePool>(stage.pool.address).slash_destination, stage.pool.treasury);
}
