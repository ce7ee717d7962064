//! Vaults for mints of Token-2022: which extensions a mint may have, and claims from such a vault.

use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::Vault, addresses, instructions::rewards};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    Outcome, World, assert_program_error, expect_success,
    fixtures::{NetworkFixture, PaydayOfToken2022, vault_args},
};

use super::support::EARNED;

fn create(world: &mut World, network: &NetworkFixture, mint: Address) -> Outcome {
    let (payer, authority) = (world.payer(), network.authority_address());
    let create = rewards::create_vault_of(payer, authority, network.address, mint, TOKEN_2022_ID, vault_args());
    world.run(create, &[&network.authority])
}

/// Metadata pointer, metadata, group pointers and groups; interest and scaling, which only wallets show.
const HARMLESS: [(u16, u16); 8] = [(10, 52), (18, 64), (19, 90), (20, 64), (21, 80), (22, 64), (23, 72), (25, 56)];

#[test]
fn create_vault_for_a_mint_with_harmless_extensions_succeeds() {
    let mut world = World::new();
    let network = world.create_network();
    let lone = HARMLESS.map(|extension| vec![extension]);
    for extensions in lone.into_iter().chain([vec![], HARMLESS.to_vec()]) {
        let mint = world.create_mint_of_token_2022(&extensions);
        expect_success(create(&mut world, &network, mint));
        let address = addresses::vault(&network.address, &mint);
        let vault = world.account::<Vault>(address);
        assert_eq!((vault.token_program, vault.mint), (TOKEN_2022_ID, mint));
        let tokens = world.raw(vault.token_account).unwrap();
        assert_eq!((tokens.owner, tokens.data.len()), (TOKEN_2022_ID, 165));
        assert_eq!((&tokens.data[..32], &tokens.data[32..64]), (mint.as_ref(), address.as_ref()));
    }
}

/// Transfer fee, mint close authority, confidential transfers, default state, non-transferable, permanent delegate,
/// transfer hook, confidential fee and mint-burn, pausable, and whatever may come: each alone and behind a harmless one.
#[test]
fn create_vault_for_a_mint_whose_balances_might_not_add_up_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let refused = [1, 3, 4, 6, 9, 12, 14, 16, 24, 26, 27, 28, 29, 1_000, u16::MAX];
    for kind in refused {
        for extensions in [vec![(kind, 32)], vec![(18, 64), (kind, 32)], vec![(kind, 0)]] {
            let mint = world.create_mint_of_token_2022(&extensions);
            assert_program_error(create(&mut world, &network, mint), RewardsError::UnsupportedMint);
        }
    }
}

#[test]
fn create_vault_for_a_mint_whose_extensions_run_past_its_end_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let mint = world.create_mint_of_token_2022(&[(18, 64)]);
    world.edit_raw(mint, |account| account.data.truncate(200));
    assert_program_error(create(&mut world, &network, mint), RewardsError::InvalidMint);
}

#[test]
fn create_vault_for_something_else_of_token_2022_than_a_mint_is_refused() {
    let mut world = World::new();
    let network = world.create_network();
    let uninitialized = world.create_mint_of_token_2022(&[]);
    world.edit_raw(uninitialized, |account| account.data[45] = 0);
    let account = world.create_mint_of_token_2022(&[(18, 64)]);
    world.edit_raw(account, |account| account.data[165] = 2);
    let of_spl_token = world.create_mint_of_token_2022(&[]);
    world.edit_raw(of_spl_token, |account| account.owner = SPL_TOKEN_ID);
    let short = world.create_mint_of_token_2022(&[]);
    world.edit_raw(short, |account| account.data.truncate(81));
    for mint in [uninitialized, account, of_spl_token, short] {
        assert_program_error(create(&mut world, &network, mint), RewardsError::InvalidMint);
    }
}

fn balances(world: &World, payday: &PaydayOfToken2022) -> Vec<u64> {
    let amount = |tokens: &Address| world.raw(*tokens).unwrap().data[64..72].try_into().unwrap();
    payday.tokens.iter().map(|tokens| u64::from_le_bytes(amount(tokens))).collect()
}

fn claim(payday: &PaydayOfToken2022, tokens: Address, operator_index: u32) -> Instruction {
    rewards::claim_of(payday.vault.address, tokens, TOKEN_2022_ID, payday.root.claim_args(operator_index))
}

fn claim_range(payday: &PaydayOfToken2022) -> Instruction {
    rewards::claim_range(payday.vault.address, &payday.tokens, TOKEN_2022_ID, payday.root.range_args(0, 3))
}

/// Associated accounts of Token-2022 are longer than those of SPL Token: their owner cannot be changed.
#[test]
fn claim_from_a_vault_of_token_2022_pays_an_account_with_extensions() {
    let mut world = World::new();
    let payday = world.payday_of_token_2022(&EARNED);
    assert!(world.raw(payday.tokens[0]).unwrap().data.len() > 165);
    let done = expect_success(world.run(claim(&payday, payday.tokens[1], 1), &[]));
    println!("claim, Token-2022: {} CU", done.compute_units_consumed);
    assert_eq!(balances(&world, &payday), [0, EARNED[1], 0]);
    assert_program_error(world.run(claim(&payday, payday.tokens[1], 1), &[]), RewardsError::NothingToClaim);
}

#[test]
fn claim_range_from_a_vault_of_token_2022_pays_each() {
    let mut world = World::new();
    let payday = world.payday_of_token_2022(&EARNED);
    expect_success(world.run(claim(&payday, payday.tokens[1], 1), &[]));
    let done = expect_success(world.run(claim_range(&payday), &[]));
    println!("claim_range of 3, Token-2022: {} CU", done.compute_units_consumed);
    assert_eq!(balances(&world, &payday), EARNED);
    assert_program_error(world.run(claim_range(&payday), &[]), RewardsError::NothingToClaim);
}

#[test]
fn claim_from_a_vault_of_token_2022_into_something_else_than_an_account_is_refused() {
    let mut world = World::new();
    let payday = world.payday_of_token_2022(&EARNED);
    let tokens = payday.tokens[0];
    let edits: [fn(&mut Account); 6] = [
        |account| account.owner = SPL_TOKEN_ID,
        |account| account.data[165] = 1,
        |account| account.data[165] = 0,
        |account| account.data[108] = 2,
        |account| account.data.truncate(164),
        |account| account.data.resize(355, 2),
    ];
    for edit in edits {
        let copy = world.copy_elsewhere(tokens);
        world.edit_raw(copy, edit);
        assert_program_error(world.run(claim(&payday, copy, 0), &[]), RewardsError::InvalidPayoutAccount);
    }
    // An account without extensions is one as well.
    let plain = world.copy_elsewhere(tokens);
    world.edit_raw(plain, |account| account.data.truncate(165));
    expect_success(world.run(claim(&payday, plain, 0), &[]));
}

#[test]
fn claim_from_a_vault_of_token_2022_with_spl_token_is_refused() {
    let mut world = World::new();
    let payday = world.payday_of_token_2022(&EARNED);
    let tokens = payday.tokens[0];
    let claim = rewards::claim(payday.vault.address, tokens, payday.root.claim_args(0));
    assert_program_error(world.run(claim, &[]), RewardsError::WrongTokenProgram);
}
