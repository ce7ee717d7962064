use bytemuck::Zeroable;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::Vault,
    addresses,
    instructions::rewards::{self, CreateVaultArgs},
};
use trellis_core::pda;
use trellis_rewards::{
    constants::{
        MAX_BREAKER_SECONDS, MAX_CHALLENGE_SECONDS, MIN_BREAKER_SECONDS, MIN_CHALLENGE_SECONDS, NO_LAST_EPOCH,
    },
    error::RewardsError,
    event::VaultCreated,
};
use trellis_tests::{
    Outcome, TokenState, World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{
        BREAKER_CAPACITY, BREAKER_WINDOW_SECONDS, CHALLENGE_SECONDS, EPOCH_CAP, EPOCH_SECONDS, NetworkFixture,
        vault_args,
    },
    refusal::ACCOUNT_IN_USE,
};

use super::support::{bump_of, bytes_of, incomplete};

fn args() -> CreateVaultArgs {
    vault_args()
}

fn create(world: &mut World, network: &NetworkFixture, args: CreateVaultArgs) -> Outcome {
    let mint = addresses::mint(&network.address);
    let instruction = rewards::create_vault(world.payer(), network.authority_address(), network.address, mint, args);
    world.run(instruction, &[&network.authority])
}

fn network_with_mint(world: &mut World) -> NetworkFixture {
    let network = world.create_network();
    world.create_mint(&network);
    network
}

#[test]
fn create_vault_with_valid_arguments_fills_every_field() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let mint = addresses::mint(&network.address);
    let done = expect_success(create(&mut world, &network, args()));

    let address = addresses::vault(&network.address, &mint);
    let tokens = addresses::vault_tokens(&address);
    let wanted = Vault {
        network: network.address,
        mint,
        token_program: SPL_TOKEN_ID,
        token_account: tokens,
        guardian: network.guardian_address(),
        last_epoch: NO_LAST_EPOCH,
        epoch_cap: EPOCH_CAP,
        breaker_capacity: BREAKER_CAPACITY,
        breaker_level: BREAKER_CAPACITY,
        breaker_updated_unix: world.now(),
        breaker_window_seconds: BREAKER_WINDOW_SECONDS,
        genesis_unix: network.calendar.genesis_unix,
        epoch_seconds: EPOCH_SECONDS,
        challenge_seconds: CHALLENGE_SECONDS,
        version: 1,
        bump: bump_of(&[pda::VAULT, network.address.as_ref(), mint.as_ref(), &[0, 0]]),
        token_account_bump: bump_of(&[pda::VAULT_TOKENS, address.as_ref()]),
        ..Vault::zeroed()
    };
    assert_eq!(bytes_of(&world.account::<Vault>(address)), bytes_of(&wanted));
    assert_eq!(world.token_state(tokens), TokenState { mint, owner: address, amount: 0 });
    assert_event(
        &done,
        &VaultCreated { network: network.address, vault: address, mint, token_account: tokens, pool: 0 },
    );
}

#[test]
fn create_vault_twice_is_refused() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    expect_success(create(&mut world, &network, args()));
    assert_error(create(&mut world, &network, args()), ACCOUNT_IN_USE);
}

#[test]
fn create_vault_at_addresses_that_hold_lamports_already_succeeds() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let mint = addresses::mint(&network.address);
    let address = addresses::vault(&network.address, &mint);
    let tokens = addresses::vault_tokens(&address);
    world.fund(address, 1_000_000);
    world.fund(tokens, 1_000_000_000);
    expect_success(create(&mut world, &network, args()));
    assert_eq!(world.account::<Vault>(address).token_account, tokens);
    assert_eq!(world.token_state(tokens), TokenState { mint, owner: address, amount: 0 });
}

/// One key may be payer and authority: the payer's place allows for it.
#[test]
fn create_vault_paid_by_the_authority_itself_succeeds() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let (authority, mint) = (network.authority_address(), addresses::mint(&network.address));
    let instruction = rewards::create_vault(authority, authority, network.address, mint, args());
    expect_success(world.run(instruction, &[&network.authority]));
    assert_eq!(world.account::<Vault>(addresses::vault(&network.address, &mint)).mint, mint);
}

#[test]
fn create_vault_for_two_mints_makes_two_vaults() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let second_mint = world.create_foreign_mint(network.authority_address());
    let first = world.create_vault(&network, addresses::mint(&network.address));
    let second = world.create_vault(&network, second_mint);
    assert_ne!(first.address, second.address);
    assert_ne!(first.tokens, second.tokens);
    assert_eq!(world.token_state(second.tokens).mint, second_mint);
}

#[test]
fn create_vault_by_another_than_the_authority_is_refused() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let mint = addresses::mint(&network.address);
    let stranger = world.keypair();
    for signer in [&stranger, &network.guardian] {
        let instruction = rewards::create_vault(world.payer(), signer.pubkey(), network.address, mint, args());
        assert_program_error(world.run(instruction, &[signer]), RewardsError::NotAuthority);
    }
}

#[test]
fn create_vault_with_a_challenge_window_outside_its_bounds_is_refused() {
    for challenge_seconds in [0, MIN_CHALLENGE_SECONDS - 1, MAX_CHALLENGE_SECONDS + 1, u32::MAX] {
        let mut world = World::new();
        let network = network_with_mint(&mut world);
        let refused = create(&mut world, &network, CreateVaultArgs { challenge_seconds, ..args() });
        assert_program_error(refused, RewardsError::InvalidChallengeWindow);
    }
}

#[test]
fn create_vault_with_a_challenge_window_at_its_bounds_succeeds() {
    for challenge_seconds in [MIN_CHALLENGE_SECONDS, MAX_CHALLENGE_SECONDS] {
        let mut world = World::new();
        let network = network_with_mint(&mut world);
        expect_success(create(&mut world, &network, CreateVaultArgs { challenge_seconds, ..args() }));
        let vault = addresses::vault(&network.address, &addresses::mint(&network.address));
        assert_eq!(world.account::<Vault>(vault).challenge_seconds, challenge_seconds);
    }
}

#[test]
fn create_vault_with_a_cap_of_zero_is_refused() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let refused = create(&mut world, &network, CreateVaultArgs { epoch_cap: 0, ..args() });
    assert_program_error(refused, RewardsError::ZeroEpochCap);
}

#[test]
fn create_vault_for_another_pool_makes_another_vault_of_the_same_mint() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let mint = addresses::mint(&network.address);
    for pool in [0, 1, u16::MAX] {
        let made = world.create_vault_with(&network, mint, |args| args.pool = pool);
        let vault = world.account::<Vault>(made.address);
        assert_eq!((made.address, vault.pool), (addresses::vault_of_pool(&network.address, &mint, pool), pool));
        let bump = bump_of(&[pda::VAULT, network.address.as_ref(), mint.as_ref(), &pool.to_le_bytes()]);
        assert_eq!((vault.bump, vault.token_account), (bump, made.tokens));
    }
    assert_eq!(addresses::vault(&network.address, &mint), addresses::vault_of_pool(&network.address, &mint, 0));
}

#[test]
fn create_vault_with_a_breaker_outside_its_bounds_is_refused() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    for breaker_window_seconds in [0, MIN_BREAKER_SECONDS - 1, MAX_BREAKER_SECONDS + 1, u32::MAX] {
        let refused = create(&mut world, &network, CreateVaultArgs { breaker_window_seconds, ..args() });
        assert_program_error(refused, RewardsError::InvalidBreakerWindow);
    }
    // A root that adds as much as the cap allows would never fit.
    let refused = create(&mut world, &network, CreateVaultArgs { breaker_capacity: EPOCH_CAP - 1, ..args() });
    assert_program_error(refused, RewardsError::BreakerBelowEpochCap);
    let least = CreateVaultArgs { breaker_capacity: EPOCH_CAP, breaker_window_seconds: MIN_BREAKER_SECONDS, ..args() };
    expect_success(create(&mut world, &network, least));
}

#[test]
fn create_vault_with_incomplete_instruction_is_refused() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let mint = addresses::mint(&network.address);
    let whole = rewards::create_vault(world.payer(), network.authority_address(), network.address, mint, args());
    world.assert_refused(whole.clone(), &[&network.authority], incomplete(&whole).to_vec());
}
