//! claim: which token accounts it pays.

use solana_account::Account;
use solana_address::Address;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, TOKEN_ID, instructions::rewards};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    Outcome, World, assert_error, assert_program_error, expect_success, fixtures::EPOCH_AMOUNT,
    refusal::DUPLICATE_WRITABLE,
};

use super::support::{EARNED, Payday, vault};

/// Place of the state in a token account: 0 uninitialized, 1 initialized, 2 frozen.
const STATE: usize = 108;

/// Claims the leaf of operator 0 into `tokens`.
fn claim_into(world: &mut World, payday: &Payday, tokens: Address) -> Outcome {
    let claim = rewards::claim(payday.stage.vault.address, tokens, payday.root.claim_args(0));
    world.run(claim, &[])
}

/// A copy of operator 0's token account, changed by `edit`.
fn changed(world: &mut World, payday: &Payday, edit: impl FnOnce(&mut Account)) -> Address {
    let copy = world.copy_elsewhere(payday.tokens[0]);
    world.edit_raw(copy, edit);
    copy
}

#[test]
fn claim_into_any_token_account_of_the_wallet_succeeds() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let second = changed(&mut world, &payday, |_| {});
    expect_success(claim_into(&mut world, &payday, second));
    assert_eq!((world.token_balance(second), world.token_balance(payday.tokens[0])), (EARNED[0], 0));
}

#[test]
fn claim_into_a_token_account_of_another_wallet_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let thief = world.some_address();
    let thiefs = world.create_token_account(thief, payday.stage.vault.mint);
    for tokens in [thiefs, payday.tokens[1]] {
        assert_program_error(claim_into(&mut world, &payday, tokens), RewardsError::InvalidProof);
        assert_eq!(world.token_balance(tokens), 0);
    }
}

/// A delegate or a closer of an account is not its owner.
#[test]
fn claim_into_an_account_that_the_wallet_is_only_the_delegate_of_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (wallet, thief) = (payday.wallets[0], world.some_address());
    let tokens = changed(&mut world, &payday, |account| {
        account.data[32..64].copy_from_slice(thief.as_ref());
        account.data[72..76].copy_from_slice(&1u32.to_le_bytes());
        account.data[76..108].copy_from_slice(wallet.as_ref());
    });
    assert_program_error(claim_into(&mut world, &payday, tokens), RewardsError::InvalidProof);
}

#[test]
fn claim_into_an_account_of_another_mint_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let mint = world.create_foreign_mint(payday.wallets[0]);
    let tokens = world.create_token_account(payday.wallets[0], mint);
    assert_program_error(claim_into(&mut world, &payday, tokens), RewardsError::WrongPayoutMint);
    let other_networks = world.stage();
    let tokens = world.create_token_account(payday.wallets[0], other_networks.vault.mint);
    assert_program_error(claim_into(&mut world, &payday, tokens), RewardsError::WrongPayoutMint);
}

#[test]
fn claim_into_an_account_that_is_not_open_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    for state in [0, 2, 3, 255] {
        let tokens = changed(&mut world, &payday, |account| account.data[STATE] = state);
        assert_program_error(claim_into(&mut world, &payday, tokens), RewardsError::InvalidPayoutAccount);
    }
}

#[test]
fn claim_into_something_else_than_a_token_account_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let wallet_with_sol = world.some_address();
    world.fund(wallet_with_sol, 1_000_000);
    let others = [
        world.some_address(),
        wallet_with_sol,
        payday.stage.vault.mint,
        changed(&mut world, &payday, |account| account.owner = TOKEN_2022_ID),
        changed(&mut world, &payday, |account| account.owner = TOKEN_ID),
        changed(&mut world, &payday, |account| account.owner = Address::default()),
        changed(&mut world, &payday, |account| account.data.truncate(account.data.len() - 1)),
        changed(&mut world, &payday, |account| account.data.push(0)),
        changed(&mut world, &payday, |account| account.data.clear()),
        // The size of the token program's multisigs.
        changed(&mut world, &payday, |account| account.data.resize(355, 1)),
    ];
    for tokens in others {
        assert_program_error(claim_into(&mut world, &payday, tokens), RewardsError::InvalidPayoutAccount);
    }
    assert_eq!(vault(&world, &payday.stage).claimed_total, 0);
}

/// A payment of the vault to itself would count as claimed and lie in the vault still: it would be promised twice.
#[test]
fn claim_into_the_vaults_own_account_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let vault_address = payday.stage.vault.address;
    let owed = [(vault_address, 200), (payday.wallets[1], 250), (payday.wallets[2], 600)];
    let root = world.final_root(&payday.stage, 1, &owed);
    let to_itself = rewards::claim(vault_address, payday.stage.vault.tokens, root.claim_args(0));
    assert_error(world.run(to_itself, &[]), DUPLICATE_WRITABLE);
    assert_eq!(vault(&world, &payday.stage).claimed_total, 0);
}

/// A leaf may name the vault's address as its wallet: what it is paid has left the funds for good.
#[test]
fn claim_into_another_account_of_the_vaults_address_lowers_the_funds() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let vault_address = payday.stage.vault.address;
    let owed = [(vault_address, 200), (payday.wallets[1], 250), (payday.wallets[2], 600)];
    let root = world.final_root(&payday.stage, 1, &owed);
    let beside = world.create_token_account(vault_address, payday.stage.vault.mint);
    expect_success(world.run(rewards::claim(vault_address, beside, root.claim_args(0)), &[]));
    assert_eq!(world.token_balance(beside), 200);
    assert_eq!(world.token_balance(payday.stage.vault.tokens), 2 * EPOCH_AMOUNT - 200);
    assert_eq!(world.token_state(beside).owner, vault_address);
    assert_eq!(world.raw(beside).unwrap().owner, SPL_TOKEN_ID);
    assert_eq!(vault(&world, &payday.stage).claimed_total, 200);
}
