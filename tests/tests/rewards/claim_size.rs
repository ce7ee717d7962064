//! How deep a tree may be so that a claim fits one packet together with all that an operator's first claim needs: two
//! compute-budget instructions and the creation of its token account.

use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, addresses, claims, instructions::rewards};
use trellis_core::pda::claim_slot;
use trellis_tests::{World, expect_success, fixtures::SparseRoot};

use super::support::vault;

/// A packet of the network: no transaction is larger.
const TRANSACTION_BYTES: usize = 1_232;
const OWED: u64 = 5_000;

/// The instructions of a compute limit and a price, with the largest encoding that there is of each.
fn compute_budget() -> [Instruction; 2] {
    let program = solana_sdk_ids::compute_budget::ID;
    let limit = [&[2][..], &1_400_000u32.to_le_bytes()].concat();
    let price = [&[3][..], &u64::MAX.to_le_bytes()].concat();
    [limit, price].map(|data| Instruction { program_id: program, accounts: vec![], data })
}

/// A world with a tree of this depth, an operator's first claim against it, the payer who sends it, and where it pays.
fn first_claim(depth: u32) -> (World, Vec<Instruction>, Keypair, solana_address::Address) {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (wallet, operator_index) = (world.some_address(), (1 << depth) - 2);
    let sparse = SparseRoot::new(&stage, depth, operator_index, wallet, OWED);
    world.finalize_root(&sparse.fixture, &stage.quorum());
    world.open_page(stage.vault.address, claim_slot(operator_index).0);
    let payer = world.keypair();
    let tokens = addresses::associated_token_account(&wallet, &stage.vault.mint);
    let mut instructions = compute_budget().to_vec();
    // A price that the payer can afford: the bytes are as many.
    instructions[1].data[1..].copy_from_slice(&1u64.to_le_bytes());
    instructions.push(claims::create_payout_account(&payer.pubkey(), &wallet, &stage.vault.mint));
    instructions.push(rewards::claim(stage.vault.address, tokens, sparse.args));
    (world, instructions, payer, tokens)
}

#[test]
fn claim_at_depth_21_with_budget_and_token_account_fits_a_legacy_transaction() {
    let (mut world, instructions, payer, tokens) = first_claim(21);
    let message = Message::new(&instructions, Some(&payer.pubkey()));
    // One signature with its count, then the message.
    let bytes = 1 + 64 + message.serialize().len();
    println!("legacy transaction at depth 21: {bytes} bytes");
    assert!(bytes <= TRANSACTION_BYTES, "{bytes} bytes");
    expect_success(world.send(&instructions, &[&payer]));
    assert_eq!(world.token_balance(tokens), OWED);
}

#[test]
fn claim_at_depth_26_with_budget_and_token_account_fits_a_v0_transaction_with_the_networks_table() {
    let (mut world, instructions, payer, tokens) = first_claim(26);
    let claim = instructions.last().unwrap();
    let vault_address = claim.accounts[0].pubkey;
    let account = world.account(vault_address);
    // The network's table holds its first hundred pages and this operator's.
    let mut table = claims::lookup_table(&vault_address, &account, 100);
    table.push(claim.accounts[1].pubkey);
    let transaction = world.transaction_with_lookup(&instructions, &[&payer], &table);
    let bytes = 1 + 64 + transaction.message.serialize().len();
    println!("v0 transaction at depth 26: {bytes} bytes");
    assert!(bytes <= TRANSACTION_BYTES, "{bytes} bytes");
    expect_success(world.send_with_lookup(&instructions, &[&payer], &table));
    assert_eq!(world.token_balance(tokens), OWED);
}

#[test]
fn lookup_table_holds_what_claims_of_the_pages_share() {
    let mut world = World::new();
    let stage = world.stage();
    let account = vault(&world, &stage);
    let table = claims::lookup_table(&stage.vault.address, &account, 3);
    let pages = [0, 1, 2].map(|page| addresses::claim_page(&stage.vault.address, page));
    let shared = [stage.vault.address, stage.vault.tokens, stage.vault.mint, SPL_TOKEN_ID];
    for address in shared.iter().chain(&pages).chain(&[solana_sdk_ids::system_program::ID]) {
        assert!(table.contains(address), "{address}");
    }
    assert_eq!(table.len(), 8);
}
