//! What claim_range costs, in transactions that relayers would send.

use trellis_client::{
    SPL_TOKEN_ID, claims,
    instructions::rewards::{self, ClaimRangeArgs},
};
use trellis_core::{
    Amount, Hash,
    leaf::RewardLeaf,
    merkle::{Tree, node_hash},
    pda::claim_slot,
};
use trellis_tests::{World, expect_success};

use super::support::{payee, vault, with_content};

/// A packet of the network: no transaction is larger.
const TRANSACTION_BYTES: usize = 1_232;
/// Most that an operator's share of the whole transaction may be.
const MAX_UNITS_EACH: u64 = 1_200;

/// Pays operators `first` to `first` + 31 of 1,000 in one v0 transaction with a lookup table.
fn pay_32(first: u32) -> u64 {
    let mut world = World::new();
    let stage = world.stage();
    let payees: Vec<_> = (0..32).map(|_| payee(&mut world, &stage)).collect();
    let owed: Vec<_> = (0..1_000u32)
        .map(|index| {
            let place = index.checked_sub(first).filter(|place| *place < 32);
            let wallet = place.map_or(stage.network.address, |place| payees[place as usize].0);
            (wallet, u64::from(index) + 1)
        })
        .collect();
    world.open_page(stage.vault.address, 0);
    let root = world.final_root(&stage, 0, &owed);
    let tokens: Vec<_> = payees.iter().map(|(_, tokens)| *tokens).collect();
    let claim = rewards::claim_range(stage.vault.address, &tokens, SPL_TOKEN_ID, root.range_args(first, 32));
    let mut table = claims::lookup_table(&stage.vault.address, &vault(&world, &stage), 1);
    table.extend(&tokens);
    let payer = world.keypair();
    let transaction = world.transaction_with_lookup(std::slice::from_ref(&claim), &[&payer], &table);
    let bytes = 1 + 64 + transaction.message.serialize().len();
    let done = expect_success(world.send_with_lookup(&[claim], &[&payer], &table));
    println!("claim_range of 32 from {first}: {bytes} bytes, {} CU", done.compute_units_consumed);
    assert!(bytes <= TRANSACTION_BYTES, "{bytes} bytes");
    for (tokens, index) in tokens.iter().zip(first..) {
        assert_eq!(world.token_balance(*tokens), u64::from(index) + 1);
    }
    let log_bytes: usize = done.logs.iter().map(String::len).sum();
    assert!(log_bytes < 10_000, "{log_bytes} bytes of logs: they would be cut off");
    done.compute_units_consumed
}

#[test]
fn claim_range_of_32_operators_costs_at_most_1_200_cu_each() {
    // Aligned in the tree, across its middle, and at its ragged end.
    for first in [0, 32, 496, 497, 968] {
        let units = pay_32(first);
        assert!(units <= 32 * MAX_UNITS_EACH, "{units} CU");
    }
}

/// An aligned run in a tree of a million leaves, of which only the way to the root is known.
#[test]
fn claim_range_of_32_aligned_operators_in_a_million_costs_at_most_1_200_cu_each() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let first = 0xa_bc_e0u32;
    let payees: Vec<_> = (0..32).map(|_| payee(&mut world, &stage)).collect();
    let leaves = payees.iter().zip(first..).map(|((wallet, _), operator_index)| RewardLeaf {
        vault: stage.vault.address.to_bytes(),
        operator_index,
        payout_wallet: wallet.to_bytes(),
        cumulative: Amount(7),
    });
    let run = Tree::new(leaves.map(|leaf| leaf.hash()).collect());
    let proof: Vec<Hash> = (5..20u8).map(|level| [level; 32]).collect();
    let root = (5..).zip(&proof).fold(run.root(), |node, (level, sibling)| match first >> level & 1 {
        1 => node_hash(sibling, &node),
        _ => node_hash(&node, sibling),
    });
    let fixture = with_content(&stage.root(0, &[]), |content| {
        content.root = root;
        content.leaf_count = 1 << 20;
        content.cumulative_total = Amount(7 * 32);
    });
    world.finalize_root(&fixture, &stage.quorum());
    let page = world.open_page(stage.vault.address, claim_slot(first).0);
    let tokens: Vec<_> = payees.iter().map(|(_, tokens)| *tokens).collect();
    let args = ClaimRangeArgs { epoch: 0, first_index: first, cumulatives: vec![7; 32], proof };
    let claim = rewards::claim_range(stage.vault.address, &tokens, SPL_TOKEN_ID, args);
    let mut table = claims::lookup_table(&stage.vault.address, &vault(&world, &stage), 1);
    table.push(page);
    table.extend(&tokens);
    let payer = world.keypair();
    let transaction = world.transaction_with_lookup(std::slice::from_ref(&claim), &[&payer], &table);
    let bytes = 1 + 64 + transaction.message.serialize().len();
    let done = expect_success(world.send_with_lookup(&[claim], &[&payer], &table));
    println!("claim_range of 32 in a million: {bytes} bytes, {} CU", done.compute_units_consumed);
    assert!(bytes <= TRANSACTION_BYTES, "{bytes} bytes");
    assert!(done.compute_units_consumed <= 32 * MAX_UNITS_EACH);
    assert!(tokens.iter().all(|tokens| world.token_balance(*tokens) == 7));
}
