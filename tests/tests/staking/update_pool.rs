use solana_signer::Signer;
use trellis_client::{
    accounts::StakePool,
    instructions::staking::{self, UpdatePoolArgs},
};
use trellis_staking::{error::StakingError, event::PoolUpdated};
use trellis_tests::{
    World, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{COOLDOWN_SECONDS, StakingStage, pool_settings},
    tamper,
};

use super::support::{AMOUNT, pool, staked};

fn args(stage: &StakingStage) -> UpdatePoolArgs {
    UpdatePoolArgs { guardian: stage.network.guardian_address(), settings: pool_settings() }
}

#[test]
fn update_pool_by_the_authority_changes_what_may_change_and_nothing_else() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let guardian = world.keypair().pubkey();
    let treasury = stage.tokens[3];
    let mut args = args(&stage);
    args.guardian = guardian;
    args.settings.unstake_cooldown_seconds = 2 * COOLDOWN_SECONDS;
    args.settings.slash_delay_seconds = 600;
    args.settings.max_slash_bps_per_epoch = 100;
    args.settings.tiers[2] = 0;
    args.settings.tier_count = 2;
    let wanted = StakePool {
        guardian,
        slash_destination: treasury,
        unstake_cooldown_seconds: 2 * COOLDOWN_SECONDS,
        slash_delay_seconds: 600,
        max_slash_bps_per_epoch: 100,
        tiers: args.settings.tiers,
        tier_count: 2,
        ..pool(&world, &stage)
    };
    let authority = &stage.network.authority;
    let update = staking::update_pool(authority.pubkey(), stage.network.address, treasury, args);
    let done = expect_success(world.run(update, &[authority]));
    assert_same(&pool(&world, &stage), &wanted);
    assert_event(
        &done,
        &PoolUpdated {
            pool: stage.pool.address,
            guardian,
            slash_destination: treasury,
            unstake_cooldown_seconds: 2 * COOLDOWN_SECONDS,
            slash_delay_seconds: 600,
            max_slash_bps_per_epoch: 100,
        },
    );
}

#[test]
fn update_pool_to_a_longer_cooldown_leaves_open_tickets_alone() {
    let mut world = World::new();
    let stage = staked(&mut world);
    let before = world.unstake(&stage, 0, 2, None, AMOUNT / 4);
    let mut args = args(&stage);
    args.settings.unstake_cooldown_seconds = 2 * COOLDOWN_SECONDS;
    let authority = &stage.network.authority;
    let update = staking::update_pool(authority.pubkey(), stage.network.address, stage.pool.treasury, args);
    expect_success(world.run(update, &[authority]));
    let after = world.unstake(&stage, 0, 2, None, AMOUNT / 4);
    assert_eq!(before.release_unix, world.now() + i64::from(COOLDOWN_SECONDS));
    assert_eq!(after.release_unix, world.now() + 2 * i64::from(COOLDOWN_SECONDS));
}

#[test]
fn update_pool_by_anyone_else_or_of_another_network_is_refused() {
    let mut world = World::new();
    let (stage, other) = (world.staking_stage(), world.staking_stage());
    for stranger in [&stage.network.guardian, &other.network.authority, &stage.wallets[0]] {
        let update = staking::update_pool(stranger.pubkey(), stage.network.address, stage.pool.treasury, args(&stage));
        assert_program_error(world.run(update, &[stranger]), StakingError::NotAuthority);
    }
    let authority = &stage.network.authority;
    let own = staking::update_pool(authority.pubkey(), stage.network.address, stage.pool.treasury, args(&stage));
    let across = tamper::swap(own, stage.pool.address, other.pool.address);
    assert_program_error(world.run(across, &[authority]), StakingError::WrongNetwork);
}

#[test]
fn update_pool_without_a_guardian_or_into_its_own_accounts_is_refused() {
    let mut world = World::new();
    let stage = world.staking_stage();
    let authority = &stage.network.authority;
    let update = |treasury, args| staking::update_pool(authority.pubkey(), stage.network.address, treasury, args);
    let nobody = UpdatePoolArgs { guardian: solana_address::Address::default(), ..args(&stage) };
    assert_program_error(world.run(update(stage.pool.treasury, nobody), &[authority]), StakingError::ZeroAddress);
    for own in [stage.pool.stake_tokens, stage.pool.reward_tokens] {
        let into_itself = update(own, args(&stage));
        assert_program_error(world.run(into_itself, &[authority]), StakingError::InvalidTokenAccount);
    }
}
