//! What the instructions cost: compute units, and whose lamports.

use std::collections::BTreeMap;

use litesvm::types::TransactionMetadata;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    REWARDS_ID,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_core::{Epoch, merkle, pda::claim_slot};
use trellis_rewards::constants::MAX_ORACLES;
use trellis_tests::{
    World, expect_success,
    fixtures::{CHALLENGE_SECONDS, RootFixture, SparseRoot, vault_args},
};

use super::support::{FEE_LAMPORTS, payee, small_root, vault};

/// Most that a claim may cost, whole transaction, in a tree of a million leaves.
const MAX_CLAIM_UNITS: u64 = 6_500;

/// Claims one leaf of a tree of 2^`depth` leaves, and checks that nothing but the fee left anybody's wallet.
fn claim_at_depth(depth: u32, operator_index: u32) -> TransactionMetadata {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (wallet, tokens) = payee(&mut world, &stage);
    world.fund(wallet, 1_000_000);
    let sparse = SparseRoot::new(&stage, depth, operator_index, wallet, 5_000);
    assert!(merkle::proof_len(1 << depth, u64::from(operator_index)) == depth as usize);
    world.finalize_root(&sparse.fixture, &stage.quorum());
    world.open_page(stage.vault.address, claim_slot(operator_index).0);
    let submitter = world.keypair();

    let lamports = |world: &World| -> BTreeMap<Address, u64> {
        let accounts = &world.svm.accounts_db().inner;
        accounts.keys().map(|address| (*address, world.lamports(*address))).collect()
    };
    let before = lamports(&world);
    let claim = rewards::claim(stage.vault.address, tokens, sparse.args);
    let done = expect_success(world.send(&[claim], &[&submitter]));
    let mut wanted = before;
    *wanted.get_mut(&submitter.pubkey()).unwrap() -= FEE_LAMPORTS;
    assert_eq!(lamports(&world), wanted, "accounts or lamports other than the fee changed");
    assert_eq!(world.token_balance(tokens), 5_000);
    assert_eq!(done.fee, FEE_LAMPORTS);
    done
}

#[test]
fn claim_at_depth_twenty_costs_at_most_6_500_cu() {
    for operator_index in [0, 0xa_bcde, (1 << 20) - 1] {
        let done = claim_at_depth(20, operator_index);
        let consumed = format!("Program {REWARDS_ID} consumed");
        let line = done.logs.iter().find(|line| line.starts_with(&consumed)).unwrap();
        println!("depth 20, leaf {operator_index}: {} CU ({line})", done.compute_units_consumed);
        assert!(done.compute_units_consumed <= MAX_CLAIM_UNITS, "{} CU", done.compute_units_consumed);
    }
}

#[test]
fn claim_costs_grow_with_the_depth_only() {
    let units = [1, 10, 20].map(|depth| claim_at_depth(depth, 1).compute_units_consumed);
    println!("claim at depth 1, 10, 20: {units:?} CU");
    assert!(units[0] < units[1] && units[1] < units[2]);
}

/// Most that each other instruction may cost: none is near the 200,000 that a transaction has by default. Those that
/// make accounts search for a bump, which costs about 1,500 for every try.
#[test]
fn instructions_cost_a_fraction_of_a_transaction() {
    let mut world = World::new();
    let network = world.create_network();
    let mint = world.create_mint(&network);
    let (payer, authority) = (world.payer(), &network.authority);
    let mut table = Vec::new();
    let mut run = |world: &mut World, name: &'static str, instruction, signers: &[&solana_keypair::Keypair]| {
        let done = expect_success(world.run(instruction, signers));
        table.push((name, done.compute_units_consumed));
    };

    let create = rewards::create_vault(payer, authority.pubkey(), network.address, mint, vault_args());
    run(&mut world, "create_vault", create, &[authority]);
    let address = trellis_client::addresses::vault(&network.address, &mint);
    let oracles = [world.keypair(), world.keypair(), world.keypair()];
    let members = oracles.iter().map(|oracle| OracleMember { oracle: oracle.pubkey(), weight: 1 }).collect();
    let args = SetOraclesArgs { keep: 0, members, threshold: 2 };
    let set = rewards::set_oracles(authority.pubkey(), network.address, address, args);
    run(&mut world, "set_oracles (3)", set, &[authority]);
    world.advance_past(&network, Epoch(0));
    let root = RootFixture::new(address, Epoch(0), &[(authority.pubkey(), 0)]);
    let mut proposals = Vec::new();
    for oracle in &oracles[..2] {
        run(&mut world, "propose_root", rewards::propose_root(oracle.pubkey(), &root.content), &[oracle]);
        proposals.push(trellis_client::addresses::proposal(&address, Epoch(0), &oracle.pubkey()));
    }
    for (oracle, name) in oracles.iter().zip(["vote_root", "vote_root (approves)"]) {
        let vote = rewards::vote_root(oracle.pubkey(), address, proposals[0], root.content.hash());
        run(&mut world, name, vote, &[oracle]);
    }
    let veto = rewards::veto_root(network.guardian_address(), address, proposals[1]);
    run(&mut world, "veto_root", veto, &[&network.guardian]);
    world.advance(i64::from(CHALLENGE_SECONDS));
    run(&mut world, "finalize_root", rewards::finalize_root(address, proposals[0]), &[]);
    let close = rewards::close_proposal(address, Epoch(0), oracles[1].pubkey());
    run(&mut world, "close_proposal", close, &[]);
    run(&mut world, "open_page", rewards::open_page(payer, address, 0), &[]);

    for (name, units) in table {
        println!("{name:<22}{units:>7} CU");
        assert!(units <= 40_000, "{name} costs {units} CU");
    }
}

/// A full set of oracles makes voting dearer, but not by much.
#[test]
fn vote_root_in_a_full_set_costs_a_fraction_of_a_transaction() {
    let mut world = World::new();
    let stage = super::support::weighted_stage(&mut world, &[1; MAX_ORACLES], MAX_ORACLES as u32);
    let root = small_root(&stage, 0);
    let proposal = world.propose_root(&root, &stage.oracles[0]);
    let last = &stage.oracles[MAX_ORACLES - 1];
    let vote = rewards::vote_root(last.pubkey(), stage.vault.address, proposal, root.content.hash());
    let done = expect_success(world.run(vote, &[last]));
    println!("vote_root by the last of {MAX_ORACLES}: {} CU", done.compute_units_consumed);
    assert!(done.compute_units_consumed <= 20_000);
    assert_eq!(usize::from(vault(&world, &stage).oracle_count), MAX_ORACLES);
}
