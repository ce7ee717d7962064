use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, STAKING_ID, TOKEN_2022_ID,
    accounts::StakePool,
    addresses,
    instructions::staking::{self, PoolSettings},
};
use trellis_core::pda;
use trellis_staking::{constants::ACCOUNT_VERSION, error::StakingError, event::PoolCreated};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, assert_same, expect_success,
    fixtures::{NetworkFixture, pool_settings},
    refusal::ACCOUNT_IN_USE,
};

struct Setup {
    world: World,
    network: NetworkFixture,
    mint: Address,
    treasury: Address,
}

impl Setup {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        let mint = world.create_foreign_mint(network.authority_address());
        let treasury = world.create_token_account(network.authority_address(), mint);
        Self { world, network, mint, treasury }
    }

    fn create(&self, settings: PoolSettings) -> Instruction {
        self.create_with(self.treasury, SPL_TOKEN_ID, settings)
    }

    fn create_with(&self, treasury: Address, token_program: Address, settings: PoolSettings) -> Instruction {
        let (payer, authority) = (self.world.payer(), self.network.authority_address());
        staking::create_pool(payer, authority, self.network.address, self.mint, token_program, treasury, settings)
    }

    #[track_caller]
    fn refused(&mut self, create: Instruction, error: StakingError) {
        let authority = self.network.authority.insecure_clone();
        assert_program_error(self.world.run(create, &[&authority]), error);
    }
}

#[test]
fn create_pool_by_the_authority_writes_every_field() {
    let mut setup = Setup::new();
    let create = setup.create(pool_settings());
    let network = &setup.network;
    let done = expect_success(setup.world.run(create, &[&network.authority]));
    let address = addresses::stake_pool(&network.address);
    let settings = pool_settings();
    let mut wanted: StakePool = bytemuck::Zeroable::zeroed();
    wanted.network = network.address;
    wanted.mint = setup.mint;
    wanted.token_program = SPL_TOKEN_ID;
    wanted.stake_tokens = addresses::stake_tokens(&address);
    wanted.reward_tokens = addresses::stake_rewards(&address);
    wanted.slash_destination = setup.treasury;
    wanted.guardian = network.guardian_address();
    wanted.tiers = settings.tiers;
    wanted.tier_count = settings.tier_count;
    wanted.genesis_unix = network.calendar.genesis_unix;
    wanted.epoch_seconds = network.calendar.epoch_seconds;
    wanted.unstake_cooldown_seconds = settings.unstake_cooldown_seconds;
    wanted.slash_delay_seconds = settings.slash_delay_seconds;
    wanted.max_slash_bps_per_epoch = settings.max_slash_bps_per_epoch;
    wanted.version = ACCOUNT_VERSION;
    wanted.bump = Address::find_program_address(&[pda::STAKE_POOL, network.address.as_ref()], &STAKING_ID).1;
    assert_same(&setup.world.account::<StakePool>(address), &wanted);
    for tokens in [wanted.stake_tokens, wanted.reward_tokens] {
        let state = setup.world.token_state(tokens);
        assert_eq!((state.mint, state.owner, state.amount), (setup.mint, address, 0));
    }
    assert_event(&done, &PoolCreated { network: network.address, pool: address, mint: setup.mint });
}

#[test]
fn create_pool_twice_is_refused() {
    let mut setup = Setup::new();
    let create = setup.create(pool_settings());
    let authority = setup.network.authority.insecure_clone();
    expect_success(setup.world.run(create.clone(), &[&authority]));
    assert_error(setup.world.run(create, &[&authority]), ACCOUNT_IN_USE);
}

#[test]
fn create_pool_with_lamports_sent_to_its_addresses_before_succeeds() {
    let mut setup = Setup::new();
    let address = addresses::stake_pool(&setup.network.address);
    for squatted in [address, addresses::stake_tokens(&address), addresses::stake_rewards(&address)] {
        setup.world.svm.airdrop(&squatted, 1_000_000).unwrap();
    }
    let create = setup.create(pool_settings());
    expect_success(setup.world.run(create, &[&setup.network.authority]));
}

#[test]
fn create_pool_by_anyone_else_is_refused() {
    let mut setup = Setup::new();
    let other = setup.world.create_network();
    let strangers: [Keypair; 2] = [setup.network.guardian.insecure_clone(), other.authority];
    for stranger in strangers {
        let create = staking::create_pool(
            setup.world.payer(),
            stranger.pubkey(),
            setup.network.address,
            setup.mint,
            SPL_TOKEN_ID,
            setup.treasury,
            pool_settings(),
        );
        assert_program_error(setup.world.run(create, &[&stranger]), StakingError::NotAuthority);
    }
}

#[test]
fn create_pool_with_settings_out_of_bounds_is_refused() {
    let mut setup = Setup::new();
    type Edit = fn(&mut PoolSettings);
    let cases: [(Edit, StakingError); 11] = [
        (|s| s.slash_delay_seconds = 59, StakingError::InvalidSlashDelay),
        (|s| s.unstake_cooldown_seconds = 7_200 + 3_599, StakingError::InvalidCooldown),
        (|s| s.unstake_cooldown_seconds = 90 * 86_400 + 1, StakingError::InvalidCooldown),
        (|s| s.slash_delay_seconds = u32::MAX, StakingError::InvalidCooldown),
        (|s| s.max_slash_bps_per_epoch = 0, StakingError::InvalidSlashCap),
        (|s| s.max_slash_bps_per_epoch = 5_001, StakingError::InvalidSlashCap),
        (|s| s.tier_count = 9, StakingError::InvalidTiers),
        (|s| s.tier_count = 2, StakingError::InvalidTiers),
        (|s| s.tier_count = 4, StakingError::InvalidTiers),
        (|s| s.tiers[1] = s.tiers[0], StakingError::InvalidTiers),
        (|s| s.tiers[0] = 0, StakingError::InvalidTiers),
    ];
    for (edit, error) in cases {
        let mut settings = pool_settings();
        edit(&mut settings);
        let create = setup.create(settings);
        setup.refused(create, error);
    }
}

#[test]
fn create_pool_at_the_edges_of_its_settings_succeeds() {
    let edges: [fn(&mut PoolSettings); 3] = [
        |s| (s.slash_delay_seconds, s.unstake_cooldown_seconds) = (60, 3_660),
        |s| s.unstake_cooldown_seconds = 90 * 86_400,
        |s| (s.tiers, s.tier_count) = ([1, 2, 3, 4, 5, 6, 7, u64::MAX], 8),
    ];
    for edit in edges {
        let mut world = World::new();
        let network = world.create_network();
        world.create_stake_pool_with(&network, edit);
    }
}

#[test]
fn create_pool_whose_slashed_tokens_could_go_nowhere_is_refused() {
    let mut setup = Setup::new();
    let pool = addresses::stake_pool(&setup.network.address);
    let other_mint = setup.world.create_foreign_mint(setup.network.authority_address());
    let of_another_mint = setup.world.create_token_account(setup.network.authority_address(), other_mint);
    let wallet = setup.world.keypair().pubkey();
    let frozen = setup.world.copy_elsewhere(setup.treasury);
    setup.world.edit_raw(frozen, |account| account.data[108] = 2);
    let foreign = setup.world.copy_elsewhere(setup.treasury);
    setup.world.edit_raw(foreign, |account| account.owner = TOKEN_2022_ID);
    let cases = [
        (wallet, StakingError::InvalidTokenAccount),
        (setup.mint, StakingError::InvalidTokenAccount),
        (frozen, StakingError::InvalidTokenAccount),
        (foreign, StakingError::InvalidTokenAccount),
        (of_another_mint, StakingError::WrongMint),
    ];
    for (destination, error) in cases {
        let create = setup.create_with(destination, SPL_TOKEN_ID, pool_settings());
        setup.refused(create, error);
    }
    // Its own account, which does not exist yet, stands writable elsewhere.
    let create = setup.create_with(addresses::stake_tokens(&pool), SPL_TOKEN_ID, pool_settings());
    assert!(setup.world.run(create, &[&setup.network.authority]).is_err());
}

#[test]
fn create_pool_with_another_token_program_is_refused() {
    let mut setup = Setup::new();
    for (program, error) in [(TOKEN_2022_ID, StakingError::InvalidMint), (STAKING_ID, StakingError::WrongTokenProgram)]
    {
        let create = setup.create_with(setup.treasury, program, pool_settings());
        setup.refused(create, error);
    }
}
