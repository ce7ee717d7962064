//! create_vault with accounts that it must refuse.

use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, TOKEN_ID, addresses, instructions::rewards};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    World, assert_error, assert_program_error, code,
    fixtures::{NetworkFixture, vault_args},
    refusal::Refusal,
    tamper,
};

use super::support::{no_program, not_writable, payer_not_writable, unsigned};

fn setup(world: &mut World) -> (NetworkFixture, Address, Instruction) {
    let network = world.create_network();
    let mint = world.create_mint(&network);
    let payer = world.payer();
    let instruction = rewards::create_vault(payer, network.authority_address(), network.address, mint, vault_args());
    (network, mint, instruction)
}

#[test]
fn create_vault_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let (network, mint, instruction) = setup(&mut world);
    let rent_payer = world.keypair();
    let sound = tamper::swap_at(instruction, 0, rent_payer.pubkey());
    let vault = addresses::vault(&network.address, &mint);
    let mut refusals = world.impostors(&sound, network.address);
    refusals.extend([
        unsigned(&sound, network.authority_address()),
        unsigned(&sound, rent_payer.pubkey()),
        payer_not_writable(&sound, rent_payer.pubkey()),
        not_writable(&sound, vault),
        not_writable(&sound, addresses::vault_tokens(&vault)),
    ]);
    let token_2022 = tamper::swap(sound.clone(), SPL_TOKEN_ID, TOKEN_2022_ID);
    refusals.push(Refusal::new("Token-2022", token_2022, code(RewardsError::InvalidMint)));
    let other = tamper::swap(sound.clone(), solana_sdk_ids::system_program::ID, TOKEN_2022_ID);
    refusals.push(Refusal::new("no system program", other, InstructionError::IncorrectProgramId));
    let other = tamper::swap(sound.clone(), SPL_TOKEN_ID, TOKEN_ID);
    refusals.push(Refusal::new("no token program", other, InstructionError::IncorrectProgramId));
    for program in [SPL_TOKEN_ID, solana_sdk_ids::system_program::ID] {
        refusals.push(no_program(&sound, program, world.some_address()));
    }
    world.assert_refused(sound, &[&network.authority, &rent_payer], refusals);
}

#[test]
fn create_vault_with_something_else_for_a_mint_is_refused() {
    let mut world = World::new();
    let (network, mint, _) = setup(&mut world);
    let of_token_2022 = world.copy_elsewhere(mint);
    world.edit_raw(of_token_2022, |account| account.owner = TOKEN_2022_ID);
    let uninitialized = world.copy_elsewhere(mint);
    world.edit_raw(uninitialized, |account| account.data[45] = 0);
    let extended = world.copy_elsewhere(mint);
    world.edit_raw(extended, |account| {
        account.data.resize(170, 0);
        account.data[165] = 1;
    });
    let token_account = world.create_token_account(network.authority_address(), mint);
    let absent = world.some_address();
    for other in [of_token_2022, uninitialized, extended, token_account, absent, network.address] {
        let payer = world.payer();
        let with = rewards::create_vault(payer, network.authority_address(), network.address, other, vault_args());
        assert_program_error(world.run(with, &[&network.authority]), RewardsError::InvalidMint);
    }
}

#[test]
fn create_vault_at_another_address_is_refused() {
    let mut world = World::new();
    let (network, mint, instruction) = setup(&mut world);
    let other_network = world.create_network();
    let vault = addresses::vault(&network.address, &mint);
    let tokens = addresses::vault_tokens(&vault);
    let other_vault = addresses::vault(&other_network.address, &mint);
    for (address, other) in [(vault, other_vault), (tokens, addresses::vault_tokens(&other_vault))] {
        let elsewhere = tamper::swap(instruction.clone(), address, other);
        assert_error(world.run(elsewhere, &[&network.authority]), InstructionError::InvalidSeeds);
    }
}

#[test]
fn create_vault_with_the_network_or_the_mint_of_another_is_refused() {
    let mut world = World::new();
    let (network, mint, instruction) = setup(&mut world);
    let (other_network, other_mint, _) = setup(&mut world);
    let other_mint = tamper::swap(instruction.clone(), mint, other_mint);
    assert_error(world.run(other_mint, &[&network.authority]), InstructionError::InvalidSeeds);
    let other_network = tamper::swap(instruction, network.address, other_network.address);
    assert_program_error(world.run(other_network, &[&network.authority]), RewardsError::NotAuthority);
}
