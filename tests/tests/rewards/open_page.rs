use bytemuck::Zeroable;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    accounts::{ClaimPage, Vault, account_bytes},
    addresses,
    instructions::rewards,
};
use trellis_core::pda;
use trellis_rewards::{error::RewardsError, event::PageOpened};
use trellis_tests::{
    World, assert_error, assert_event, assert_program_error, expect_success, refusal::ACCOUNT_IN_USE, tamper,
};

use super::support::{bump_of, bytes_of, incomplete, no_program, not_writable, payer_not_writable, unsigned};

#[test]
fn open_page_by_anyone_makes_an_empty_page() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    let stranger = world.keypair();
    let before = world.lamports(stranger.pubkey());
    let done = expect_success(world.run(rewards::open_page(stranger.pubkey(), vault, 7), &[&stranger]));

    let address = addresses::claim_page(&vault, 7);
    let bump = bump_of(&[pda::CLAIM_PAGE, vault.as_ref(), &7u32.to_le_bytes()]);
    let wanted = ClaimPage { vault, page: 7, version: 1, bump, ..ClaimPage::zeroed() };
    assert_eq!(bytes_of(&world.account::<ClaimPage>(address)), bytes_of(&wanted));
    let rent = world.svm.minimum_balance_for_rent_exemption(account_bytes::<ClaimPage>());
    assert_eq!(world.lamports(address), rent);
    assert_eq!(world.lamports(stranger.pubkey()), before - rent);
    assert_event(&done, &PageOpened { vault, page: 7 });
}

#[test]
fn open_page_of_the_first_and_the_last_operator_succeeds() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    for operator_index in [0, u32::MAX] {
        let (page, _) = pda::claim_slot(operator_index);
        let address = world.open_page(vault, page);
        assert_eq!(world.account::<ClaimPage>(address).page, page);
    }
}

#[test]
fn open_page_that_no_operator_lies_on_is_refused() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    for page in [pda::LAST_CLAIM_PAGE + 1, u32::MAX] {
        let refused = rewards::open_page(world.payer(), vault, page);
        assert_program_error(world.run(refused, &[]), RewardsError::NoSuchPage);
    }
    assert_eq!(pda::claim_slot(u32::MAX), (pda::LAST_CLAIM_PAGE, 1_023));
}

#[test]
fn open_page_of_a_vault_of_another_version_is_refused() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    world.forge::<Vault>(vault, |vault| vault.version = 2);
    let refused = rewards::open_page(world.payer(), vault, 0);
    assert_program_error(world.run(refused, &[]), RewardsError::UnknownVersion);
}

#[test]
fn open_page_twice_is_refused_and_keeps_the_counters() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    let page = world.open_page(vault, 0);
    world.forge::<ClaimPage>(page, |page| page.claimed[3] = 5);
    let again = rewards::open_page(world.payer(), vault, 0);
    assert_error(world.run(again, &[]), ACCOUNT_IN_USE);
    assert_eq!(world.account::<ClaimPage>(page).claimed[3], 5);
}

#[test]
fn open_page_at_an_address_that_holds_lamports_already_succeeds() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    world.fund(addresses::claim_page(&vault, 0), 1_000_000);
    let page = world.open_page(vault, 0);
    assert_eq!(world.account::<ClaimPage>(page).vault, vault);
}

#[test]
fn open_page_at_the_address_of_another_page_or_vault_is_refused() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    let other_vault = world.stage().vault.address;
    let page = addresses::claim_page(&vault, 0);
    let instruction = rewards::open_page(world.payer(), vault, 0);
    let with_other_vault = tamper::swap(instruction.clone(), vault, other_vault);
    assert_error(world.run(with_other_vault, &[]), InstructionError::InvalidSeeds);
    for other in [addresses::claim_page(&vault, 1), addresses::claim_page(&other_vault, 0), world.some_address()] {
        let elsewhere = tamper::swap(instruction.clone(), page, other);
        assert_error(world.run(elsewhere, &[]), InstructionError::InvalidSeeds);
    }
}

#[test]
fn open_page_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let vault = world.stage().vault.address;
    let rent_payer = world.keypair();
    let sound = rewards::open_page(rent_payer.pubkey(), vault, 0);
    let mut refusals = world.impostors(&sound, vault);
    refusals.extend([
        unsigned(&sound, rent_payer.pubkey()),
        payer_not_writable(&sound, rent_payer.pubkey()),
        not_writable(&sound, addresses::claim_page(&vault, 0)),
        no_program(&sound, solana_sdk_ids::system_program::ID, world.some_address()),
    ]);
    refusals.extend(incomplete(&sound));
    world.assert_refused(sound, &[&rent_payer], refusals);
}
