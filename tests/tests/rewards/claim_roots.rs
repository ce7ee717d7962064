//! claim: which proofs lead to a root, and which roots are kept.

use trellis_client::{accounts::Vault, instructions::rewards};
use trellis_core::{Epoch, merkle::empty_root};
use trellis_rewards::{ClaimArgs, error::RewardsError};
use trellis_tests::{
    Outcome, World, assert_program_error, expect_success,
    fixtures::{CHALLENGE_SECONDS, EPOCH_AMOUNT},
};

use super::support::{EARNED, Payday, payee, vault, with_content};

/// Claims with the arguments of the leaf of `operator_index`, changed by `edit`.
fn claim_with(world: &mut World, payday: &Payday, operator_index: u32, edit: impl FnOnce(&mut ClaimArgs)) -> Outcome {
    let mut args = payday.root.claim_args(operator_index);
    edit(&mut args);
    let claim = rewards::claim(payday.stage.vault.address, payday.tokens[operator_index as usize], args);
    world.run(claim, &[])
}

#[test]
fn claim_with_a_proof_that_was_tampered_with_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let edits: [fn(&mut ClaimArgs); 12] = [
        |args| args.operator_index = 1,
        |args| args.operator_index = 2,
        |args| args.operator_index = 3,
        |args| args.operator_index = 1_023,
        |args| args.cumulative += 1,
        |args| args.cumulative -= 1,
        |args| args.cumulative = u64::MAX,
        |args| args.proof.truncate(args.proof.len() - 1),
        |args| args.proof.clear(),
        |args| args.proof.push([0; 32]),
        |args| args.proof[1][31] ^= 1,
        |args| args.proof.reverse(),
    ];
    for edit in edits {
        assert_program_error(claim_with(&mut world, &payday, 0, edit), RewardsError::InvalidProof);
    }
    assert_eq!(payday.balances(&world), [0, 0, 0]);
}

#[test]
fn claim_with_the_proof_of_another_leaf_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    for (own, other) in [(0, 1), (1, 0), (2, 0), (0, 2)] {
        let proof = payday.root.tree.proof(other).unwrap();
        let refused = claim_with(&mut world, &payday, own, |args| args.proof = proof);
        assert_program_error(refused, RewardsError::InvalidProof);
    }
}

#[test]
fn claim_with_as_long_a_proof_as_a_transaction_holds_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let refused = claim_with(&mut world, &payday, 0, |args| args.proof.resize(28, [7; 32]));
    assert_program_error(refused, RewardsError::InvalidProof);
}

#[test]
fn claim_against_a_root_without_leaves_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.forge::<Vault>(payday.stage.vault.address, |vault| {
        vault.roots[0].leaf_count = 0;
        vault.roots[0].root = empty_root();
    });
    assert_program_error(claim_with(&mut world, &payday, 0, |_| {}), RewardsError::InvalidProof);
}

#[test]
fn claim_of_the_only_leaf_needs_no_proof() {
    let mut world = World::new();
    let stage = world.stage();
    let (wallet, tokens) = payee(&mut world, &stage);
    world.open_page(stage.vault.address, 0);
    let root = world.final_root(&stage, 0, &[(wallet, EPOCH_AMOUNT)]);
    assert!(root.claim_args(0).proof.is_empty());
    expect_success(world.run(rewards::claim(stage.vault.address, tokens, root.claim_args(0)), &[]));
    assert_eq!((world.token_balance(tokens), world.token_balance(stage.vault.tokens)), (EPOCH_AMOUNT, 0));
}

/// The strongest form of the attack: the other vault has the very same root, final, and the operators are paid there in
/// the same mint.
#[test]
fn claim_of_a_leaf_of_another_vault_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let network = world.create_network();
    let vault = world.create_vault(&network, payday.stage.vault.mint);
    world.forge_token_balance(vault.tokens, EPOCH_AMOUNT);
    let oracle = world.set_oracles(&network, &vault, &[1], 1).remove(0);
    world.advance_past(&network, Epoch(0));
    let same_root = with_content(&payday.root, |content| content.vault = vault.address.to_bytes());
    world.finalize_root(&same_root, &[&oracle]);
    world.open_page(vault.address, 0);
    assert_eq!(world.account::<Vault>(vault.address).roots[0].root, payday.root.content.root);
    for operator_index in [0, 1, 2] {
        let tokens = payday.tokens[operator_index as usize];
        let claim = rewards::claim(vault.address, tokens, payday.root.claim_args(operator_index));
        assert_program_error(world.run(claim, &[]), RewardsError::InvalidProof);
    }
}

#[test]
fn claim_of_an_epoch_without_a_final_root_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    for epoch in [1, 3, 4, u64::MAX] {
        let refused = claim_with(&mut world, &payday, 0, |args| args.epoch = epoch);
        assert_program_error(refused, RewardsError::RootNotKept);
    }
}

#[test]
fn claim_against_a_root_that_is_approved_but_not_final_is_refused() {
    let mut world = World::new();
    let stage = world.funded_stage(0);
    let (wallet, tokens) = payee(&mut world, &stage);
    world.open_page(stage.vault.address, 0);
    let root = stage.root(0, &[(wallet, 5)]);
    let proposal = world.approve_root(&root, &stage.quorum());
    let claim = rewards::claim(stage.vault.address, tokens, root.claim_args(0));
    assert_program_error(world.run(claim.clone(), &[]), RewardsError::RootNotKept);
    world.advance(i64::from(CHALLENGE_SECONDS));
    assert_program_error(world.run(claim.clone(), &[]), RewardsError::RootNotKept);
    expect_success(world.run(rewards::finalize_root(stage.vault.address, proposal), &[]));
    expect_success(world.run(claim, &[]));
}

/// A proof that was fetched before a new root came still pays, until four newer roots have come.
#[test]
fn claim_against_a_kept_root_succeeds_and_against_an_older_one_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    for epoch in 1..=3 {
        payday.next_root(&mut world, EARNED.map(|earned| earned + epoch));
    }
    expect_success(world.run(payday.claim(&payday.root, 0), &[]));
    payday.next_root(&mut world, EARNED.map(|earned| earned + 4));
    assert_program_error(world.run(payday.claim(&payday.root, 1), &[]), RewardsError::RootNotKept);
    assert_eq!(payday.balances(&world), [EARNED[0], 0, 0]);
}

#[test]
fn claim_against_a_newer_root_pays_only_the_difference() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    expect_success(world.run(payday.claim(&payday.root, 0), &[]));
    let newer = payday.next_root(&mut world, [130, 250, 600]);
    expect_success(world.run(payday.claim(&newer, 0), &[]));
    assert_eq!(payday.balances(&world), [130, 0, 0]);
    assert_program_error(world.run(payday.claim(&newer, 0), &[]), RewardsError::NothingToClaim);
    assert_eq!(vault(&world, &payday.stage).claimed_total, 130);
}

#[test]
fn claim_against_an_older_kept_root_after_a_newer_one_pays_nothing() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let newer = payday.next_root(&mut world, [130, 250, 601]);
    expect_success(world.run(payday.claim(&newer, 0), &[]));
    assert_eq!(payday.balances(&world), [130, 0, 0]);
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::NothingToClaim);
    // Operator 1 earned nothing in between: its leaf is the same in both.
    expect_success(world.run(payday.claim(&payday.root, 1), &[]));
    assert_program_error(world.run(payday.claim(&newer, 1), &[]), RewardsError::NothingToClaim);
    // Operator 2 claims both, the older first: one unit is left for the newer.
    expect_success(world.run(payday.claim(&payday.root, 2), &[]));
    expect_success(world.run(payday.claim(&newer, 2), &[]));
    assert_eq!(payday.balances(&world), [130, 250, 601]);
    assert_eq!(vault(&world, &payday.stage).claimed_total, 981);
}

/// An operator whose leaf names a new payout wallet is paid there what it has not claimed yet, and nowhere else.
#[test]
fn claim_after_a_change_of_the_payout_wallet_pays_the_difference_to_the_new_one() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    expect_success(world.run(payday.claim(&payday.root, 0), &[]));
    let (wallet, tokens) = payee(&mut world, &payday.stage);
    let owed = [(wallet, 130), (payday.wallets[1], 250), (payday.wallets[2], 600)];
    let newer = world.final_root(&payday.stage, 1, &owed);
    let to_old = rewards::claim(payday.stage.vault.address, payday.tokens[0], newer.claim_args(0));
    assert_program_error(world.run(to_old, &[]), RewardsError::InvalidProof);
    expect_success(world.run(rewards::claim(payday.stage.vault.address, tokens, newer.claim_args(0)), &[]));
    assert_eq!((world.token_balance(payday.tokens[0]), world.token_balance(tokens)), (100, 30));
}
