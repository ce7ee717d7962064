use bytemuck::Zeroable;
use solana_signer::Signer;
use trellis_client::{
    accounts::Vault,
    addresses,
    instructions::rewards::{self, CreateVaultArgs},
};
use trellis_core::pda;
use trellis_rewards::{
    constants::{MAX_CHALLENGE_SECONDS, MIN_CHALLENGE_SECONDS},
    error::RewardsError,
    event::VaultCreated,
};
use trellis_tests::{
    Outcome, TokenState, World, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, EPOCH_CAP, EPOCH_SECONDS, NetworkFixture},
    refusal::ACCOUNT_IN_USE,
};

use super::support::{bump_of, bytes_of, incomplete};

fn args() -> CreateVaultArgs {
    CreateVaultArgs { epoch_cap: EPOCH_CAP, challenge_seconds: CHALLENGE_SECONDS }
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
        token_account: tokens,
        guardian: network.guardian_address(),
        epoch_cap: EPOCH_CAP,
        genesis_unix: network.calendar.genesis_unix,
        epoch_seconds: EPOCH_SECONDS,
        challenge_seconds: CHALLENGE_SECONDS,
        version: 1,
        bump: bump_of(&[pda::VAULT, network.address.as_ref(), mint.as_ref()]),
        token_account_bump: bump_of(&[pda::VAULT_TOKENS, address.as_ref()]),
        ..Vault::zeroed()
    };
    assert_eq!(bytes_of(&world.account::<Vault>(address)), bytes_of(&wanted));
    assert_eq!(world.token_state(tokens), TokenState { mint, owner: address, amount: 0 });
    assert_event(&done, &VaultCreated { network: network.address, vault: address, mint, token_account: tokens });
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
fn create_vault_with_incomplete_instruction_is_refused() {
    let mut world = World::new();
    let network = network_with_mint(&mut world);
    let mint = addresses::mint(&network.address);
    let whole = rewards::create_vault(world.payer(), network.authority_address(), network.address, mint, args());
    world.assert_refused(whole.clone(), &[&network.authority], incomplete(&whole).to_vec());
}
