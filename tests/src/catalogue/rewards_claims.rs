//! Claims: at every depth that fits a transaction, of Token-2022, and of runs.

use solana_address::Address;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID, accounts::Vault, addresses, claims, instructions::rewards};
use trellis_core::pda::claim_slot;

use super::{Call, Case};
use crate::{World, fixtures::SparseRoot};

const PROGRAM: &str = "rewards";
/// From a tree of two leaves to one of 67 million.
const DEPTHS: std::ops::RangeInclusive<u32> = 1..=26;

pub fn cases() -> Vec<Case> {
    let depths =
        DEPTHS.map(|depth| Case::new(PROGRAM, "claim", format!("depth {depth}"), move |world| claim(world, depth)));
    let ranges = [1, 8, 32].map(|count| {
        Case::new(PROGRAM, "claim_range", format!("{count} of 1,000"), move |world| claim_range(world, count))
    });
    let of_token_2022 = [
        Case::new(PROGRAM, "claim", "Token-2022, depth 2", claim_of_token_2022),
        Case::new(PROGRAM, "claim_range", "Token-2022, 3 of 3", claim_range_of_token_2022),
    ];
    depths.chain(ranges).chain(of_token_2022).collect()
}

/// A wallet and its token account.
fn payee(world: &mut World, mint: Address) -> (Address, Address) {
    let wallet = world.some_address();
    (wallet, world.create_token_account(wallet, mint))
}

fn claim(world: &mut World, depth: u32) -> Call {
    let (stage, other) = (world.funded_stage(0), world.funded_stage(0));
    let (wallet, tokens) = payee(world, stage.vault.mint);
    let (_, others_tokens) = payee(world, stage.vault.mint);
    // A leaf whose siblings stand on both sides.
    let operator_index = 0x2aa_aaaa & ((1 << depth) - 1);
    let sparse = SparseRoot::new(&stage, depth, operator_index, wallet, 5_000);
    world.finalize_root(&sparse.fixture, &stage.quorum());
    let (page, _) = claim_slot(operator_index);
    let page_address = world.open_page(stage.vault.address, page);
    let others_page = world.open_page(other.vault.address, page);
    let claim = rewards::claim(stage.vault.address, tokens, sparse.args);
    // Deeper than all of these, a claim would need the network's lookup table.
    Call::new(claim, &[])
        .twin(stage.vault.address, other.vault.address)
        .twin(stage.vault.tokens, other.vault.tokens)
        .twin(page_address, others_page)
        .twin(tokens, others_tokens)
}

fn claim_range(world: &mut World, count: u32) -> Call {
    let (stage, other) = (world.stage(), world.stage());
    let first = 64;
    let payees: Vec<_> = (0..count).map(|_| payee(world, stage.vault.mint)).collect();
    let (_, others_tokens) = payee(world, stage.vault.mint);
    let owed: Vec<_> = (0..1_000u32)
        .map(|index| {
            let payee = index.checked_sub(first).and_then(|place| payees.get(place as usize));
            (payee.map_or(stage.network.address, |(wallet, _)| *wallet), 7)
        })
        .collect();
    let root = world.final_root(&stage, 0, &owed);
    let page = world.open_page(stage.vault.address, 0);
    let others_page = world.open_page(other.vault.address, 0);
    let tokens: Vec<_> = payees.iter().map(|(_, tokens)| *tokens).collect();
    let args = root.range_args(first, count as usize);
    let claim = rewards::claim_range(stage.vault.address, &tokens, SPL_TOKEN_ID, args);
    let mut table = claims::lookup_table(&stage.vault.address, &world.account::<Vault>(stage.vault.address), 1);
    table.extend(&tokens);
    let call = Call::new(claim, &[])
        .lookup(table)
        .twin(stage.vault.address, other.vault.address)
        .twin(stage.vault.tokens, other.vault.tokens)
        .twin(page, others_page);
    tokens.into_iter().fold(call, |call, tokens| call.twin(tokens, others_tokens))
}

fn claim_of_token_2022(world: &mut World) -> Call {
    let (payday, other) = (world.payday_of_token_2022(&[100, 250, 600]), world.payday_of_token_2022(&[1]));
    let args = payday.root.claim_args(1);
    let claim = rewards::claim_of(payday.vault.address, payday.tokens[1], TOKEN_2022_ID, args);
    let pages = [payday.vault.address, other.vault.address].map(|vault| addresses::claim_page(&vault, 0));
    Call::new(claim, &[])
        .twin(payday.vault.address, other.vault.address)
        .twin(payday.vault.tokens, other.vault.tokens)
        .twin(pages[0], pages[1])
        .twin(payday.tokens[1], payday.tokens[0])
}

fn claim_range_of_token_2022(world: &mut World) -> Call {
    let (payday, other) = (world.payday_of_token_2022(&[100, 250, 600]), world.payday_of_token_2022(&[1]));
    let args = payday.root.range_args(0, 3);
    let claim = rewards::claim_range(payday.vault.address, &payday.tokens, TOKEN_2022_ID, args);
    let pages = [payday.vault.address, other.vault.address].map(|vault| addresses::claim_page(&vault, 0));
    let call = Call::new(claim, &[])
        .twin(payday.vault.address, other.vault.address)
        .twin(payday.vault.tokens, other.vault.tokens)
        .twin(pages[0], pages[1]);
    payday.tokens.iter().fold(call, |call, tokens| call.twin(*tokens, other.tokens[0]))
}
