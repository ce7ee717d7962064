//! claim_range with accounts that it must refuse.

use solana_address::Address;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, instructions::rewards};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    World, assert_error, assert_program_error, expect_success,
    refusal::{DUPLICATE_WRITABLE, Refusal},
    tamper,
};

use super::support::{EARNED, Payday, incomplete, not_writable, vault};

#[test]
fn claim_range_with_wrong_accounts_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (sound, vault) = (payday.claim_range(&payday.root, 0, 3), payday.stage.vault);
    let mut refusals = world.impostors(&sound, vault.address);
    refusals.extend(world.impostors(&sound, payday.page));
    refusals.extend([vault.address, payday.page, vault.tokens].map(|address| not_writable(&sound, address)));
    let [account, byte] = incomplete(&sound);
    // The last account is a receiver: there is one too few for the leaves.
    refusals.push(Refusal { error: trellis_tests::code(RewardsError::WrongLeafCount), ..account });
    refusals.push(byte);
    world.assert_refused(sound, &[], refusals);
}

#[test]
fn claim_range_into_accounts_of_other_wallets_or_in_another_order_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let thief = world.some_address();
    let thiefs = world.create_token_account(thief, payday.stage.vault.mint);
    let [a, b, c] = payday.tokens;
    for tokens in [[thiefs, b, c], [a, b, thiefs], [b, a, c], [a, a, c]] {
        let args = payday.root.range_args(0, 3);
        let claim = rewards::claim_range(payday.stage.vault.address, &tokens, SPL_TOKEN_ID, args);
        assert_program_error(world.run(claim, &[]), RewardsError::InvalidProof);
    }
    assert_eq!((payday.balances(&world), world.token_balance(thiefs)), ([0; 3], 0));
}

#[test]
fn claim_range_into_something_else_than_an_open_token_account_of_the_mint_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let foreign = world.create_foreign_mint(payday.wallets[1]);
    let foreign = world.create_token_account(payday.wallets[1], foreign);
    let sound = payday.claim_range(&payday.root, 0, 3);
    let into = |to: Address| tamper::swap(sound.clone(), payday.tokens[1], to);
    assert_program_error(world.run(into(foreign), &[]), RewardsError::WrongPayoutMint);
    let frozen = world.copy_elsewhere(payday.tokens[1]);
    world.edit_raw(frozen, |account| account.data[108] = 2);
    for other in [frozen, payday.wallets[1], payday.stage.vault.mint, SPL_TOKEN_ID] {
        assert_program_error(world.run(into(other), &[]), RewardsError::InvalidPayoutAccount);
    }
    for own in [payday.stage.vault.tokens, payday.stage.vault.address, payday.page] {
        assert_error(world.run(into(own), &[]), DUPLICATE_WRITABLE);
    }
    assert_eq!(vault(&world, &payday.stage).claimed_total, 0);
    expect_success(world.run(sound, &[]));
}

/// Only who is paid needs to be writable; who is passed over need not.
#[test]
fn claim_range_into_a_read_only_account_is_refused_unless_it_is_passed_over() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let sound = payday.claim_range(&payday.root, 0, 3);
    let read_only = tamper::read_only(sound, payday.tokens[1]);
    let error = solana_instruction::error::InstructionError::PrivilegeEscalation;
    assert_error(world.run(read_only.clone(), &[]), error);
    expect_success(world.run(payday.claim(&payday.root, 1), &[]));
    expect_success(world.run(read_only, &[]));
    assert_eq!(payday.balances(&world), EARNED);
}

#[test]
fn claim_range_with_the_page_the_vault_or_the_tokens_of_another_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let other = world.funded_stage(0);
    let page_of_other = world.open_page(other.vault.address, 0);
    let second_page = world.open_page(payday.stage.vault.address, 1);
    let vaults_own = world.create_token_account(payday.stage.vault.address, payday.stage.vault.mint);
    let sound = payday.claim_range(&payday.root, 0, 3);
    let own = payday.stage.vault;
    for (from, to, error) in [
        (payday.page, page_of_other, RewardsError::WrongVault),
        (own.address, other.vault.address, RewardsError::WrongVault),
        (payday.page, second_page, RewardsError::WrongPage),
        (own.tokens, other.vault.tokens, RewardsError::WrongVaultTokens),
        (own.tokens, vaults_own, RewardsError::WrongVaultTokens),
        (SPL_TOKEN_ID, TOKEN_2022_ID, RewardsError::WrongTokenProgram),
    ] {
        assert_program_error(world.run(tamper::swap(sound.clone(), from, to), &[]), error);
    }
}

#[test]
fn claim_range_over_the_end_of_a_page_is_refused_and_up_to_it_succeeds() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let vault = payday.stage.vault.address;
    let mut owed: Vec<(Address, u64)> = payday.wallets.into_iter().zip(EARNED).collect();
    owed.resize(1_030, (payday.wallets[0], 1));
    let root = world.final_root(&payday.stage, 1, &owed);
    let page_1 = world.open_page(vault, 1);
    let claim = |first, count: usize| {
        let tokens = vec![payday.tokens[0]; count];
        rewards::claim_range(vault, &tokens, SPL_TOKEN_ID, root.range_args(first, count))
    };
    for (first, count) in [(1_022, 3), (1_023, 2), (1_020, 8)] {
        assert_program_error(world.run(claim(first, count), &[]), RewardsError::WrongPage);
        let with_the_second = tamper::swap(claim(first, count), payday.page, page_1);
        assert_program_error(world.run(with_the_second, &[]), RewardsError::WrongPage);
    }
    expect_success(world.run(claim(1_020, 4), &[]));
    expect_success(world.run(claim(1_024, 6), &[]));
    assert_eq!(world.token_balance(payday.tokens[0]), 10);
}
