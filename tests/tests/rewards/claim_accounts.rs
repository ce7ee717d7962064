//! claim with accounts that it must refuse. (For the account that it pays see `claim_payout`.)

use solana_instruction::error::InstructionError;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, addresses, instructions::rewards};
use trellis_rewards::error::RewardsError;
use trellis_tests::{World, assert_error, assert_program_error, refusal::DUPLICATE_WRITABLE, tamper};

use super::support::{Payday, incomplete, not_writable, payee};

#[test]
fn claim_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (sound, vault) = (payday.claim(&payday.root, 0), payday.stage.vault);
    let mut refusals = world.impostors(&sound, vault.address);
    refusals.extend(world.impostors(&sound, payday.page));
    let writable = [vault.address, payday.page, vault.tokens, payday.tokens[0]];
    refusals.extend(writable.map(|address| not_writable(&sound, address)));
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[], refusals);
}

#[test]
fn claim_with_the_page_of_another_vault_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let other = world.stage();
    let others_page = world.open_page(other.vault.address, 0);
    let claim = tamper::swap(payday.claim(&payday.root, 0), payday.page, others_page);
    assert_program_error(world.run(claim, &[]), RewardsError::WrongVault);
}

#[test]
fn claim_with_the_vault_of_another_network_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let other = world.funded_stage(0);
    world.open_page(other.vault.address, 0);
    let claim = payday.claim(&payday.root, 0);
    let only_vault = tamper::swap(claim.clone(), payday.stage.vault.address, other.vault.address);
    assert_program_error(world.run(only_vault, &[]), RewardsError::WrongVault);
    // All of the other vault: it pays in another mint.
    let whole = rewards::claim(other.vault.address, payday.tokens[0], payday.root.claim_args(0));
    assert_program_error(world.run(whole, &[]), RewardsError::WrongPayoutMint);
}

#[test]
fn claim_from_another_token_account_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let other = world.funded_stage(0);
    let vaults_own = world.create_token_account(payday.stage.vault.address, payday.stage.vault.mint);
    for tokens in [other.vault.tokens, vaults_own, payday.tokens[1]] {
        let claim = tamper::swap(payday.claim(&payday.root, 0), payday.stage.vault.tokens, tokens);
        assert_program_error(world.run(claim, &[]), RewardsError::WrongVaultTokens);
    }
}

#[test]
fn claim_without_an_opened_page_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let (wallet, tokens) = payee(&mut world, &stage);
    let root = world.final_root(&stage, 0, &[(wallet, 5)]);
    let claim = rewards::claim(stage.vault.address, tokens, root.claim_args(0));
    assert_error(world.run(claim, &[]), InstructionError::AccountDataTooSmall);
    assert_eq!(world.raw(addresses::claim_page(&stage.vault.address, 0)), None);
}

#[test]
fn claim_with_one_account_in_two_places_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (vault, claim) = (payday.stage.vault, payday.claim(&payday.root, 0));
    for (from, to) in [
        (payday.page, vault.address),
        (vault.tokens, payday.page),
        (payday.tokens[0], vault.tokens),
        (payday.tokens[0], vault.address),
        (vault.tokens, payday.tokens[0]),
    ] {
        assert_error(world.run(tamper::swap(claim.clone(), from, to), &[]), DUPLICATE_WRITABLE);
    }
}

#[test]
fn claim_with_another_token_program_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let claim = payday.claim(&payday.root, 0);
    for program in [TOKEN_2022_ID, solana_sdk_ids::system_program::ID, world.some_address()] {
        let with = tamper::swap(claim.clone(), SPL_TOKEN_ID, program);
        assert_program_error(world.run(with, &[]), RewardsError::WrongTokenProgram);
    }
}

#[test]
fn claim_with_fewer_proof_nodes_than_it_says_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    // Discriminator, epoch, operator index, cumulative; then the count of proof nodes.
    let count = 1 + 8 + 4 + 8;
    for lie in [3, 1_000, u32::MAX] {
        let mut claim = payday.claim(&payday.root, 0);
        claim.data[count..count + 4].copy_from_slice(&u32::to_le_bytes(lie));
        assert_error(world.run(claim, &[]), InstructionError::InvalidInstructionData);
    }
}
