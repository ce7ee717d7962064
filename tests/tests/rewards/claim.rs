use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use trellis_client::{
    accounts::{ClaimPage, Vault},
    addresses,
    instructions::rewards,
};
use trellis_rewards::{error::RewardsError, event::Claimed};
use trellis_tests::{
    World, assert_event, assert_program_error, assert_transaction_error, expect_success, fixtures::EPOCH_AMOUNT, tamper,
};

use super::support::{EARNED, FEE_LAMPORTS, Payday, bytes_of, payee, vault};

#[test]
fn claim_of_a_leaf_pays_its_wallet_and_changes_two_counters_only() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (vault_before, page_before) = (vault(&world, &payday.stage), world.account::<ClaimPage>(payday.page));
    let done = expect_success(world.run(payday.claim(&payday.root, 1), &[]));

    assert_eq!(payday.balances(&world), [0, EARNED[1], 0]);
    assert_eq!(world.token_balance(payday.stage.vault.tokens), EPOCH_AMOUNT - EARNED[1]);
    let wanted = Vault { claimed_total: EARNED[1], ..vault_before };
    assert_eq!(bytes_of(&vault(&world, &payday.stage)), bytes_of(&wanted));
    let mut wanted = page_before;
    wanted.claimed[1] = EARNED[1];
    assert_eq!(bytes_of(&world.account::<ClaimPage>(payday.page)), bytes_of(&wanted));
    let event = Claimed {
        vault: payday.stage.vault.address,
        payout_wallet: payday.wallets[1],
        epoch: 0,
        amount: EARNED[1],
        cumulative: EARNED[1],
        operator_index: 1,
    };
    assert_event(&done, &event);
}

#[test]
fn claim_of_every_leaf_pays_each_its_own() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    for operator_index in [2, 0, 1] {
        expect_success(world.run(payday.claim(&payday.root, operator_index), &[]));
    }
    assert_eq!(payday.balances(&world), EARNED);
    let vault = vault(&world, &payday.stage);
    assert_eq!((vault.claimed_total, vault.cumulative_total), (950, 950));
}

#[test]
fn claim_of_several_leaves_in_one_transaction_pays_each() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let claims = [0, 1, 2].map(|operator_index| payday.claim(&payday.root, operator_index));
    let payer = world.payer_keypair();
    expect_success(world.send(&claims, &[&payer]));
    assert_eq!(payday.balances(&world), EARNED);
}

#[test]
fn claim_twice_pays_nothing_the_second_time() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    expect_success(world.run(payday.claim(&payday.root, 0), &[]));
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::NothingToClaim);
    assert_eq!(payday.balances(&world), [EARNED[0], 0, 0]);
    assert_eq!(vault(&world, &payday.stage).claimed_total, EARNED[0]);
}

#[test]
fn claim_twice_in_one_transaction_pays_nothing_at_all() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let twice = [payday.claim(&payday.root, 0), payday.claim(&payday.root, 0)];
    let payer = world.payer_keypair();
    let second = InstructionError::Custom(RewardsError::NothingToClaim.code());
    assert_transaction_error(world.send(&twice, &[&payer]), TransactionError::InstructionError(1, second));
    assert_eq!(payday.balances(&world), [0, 0, 0]);
}

#[test]
fn claim_of_a_leaf_that_owes_nothing_is_refused() {
    let mut world = World::new();
    let stage = world.stage();
    let (wallet, tokens) = payee(&mut world, &stage);
    world.open_page(stage.vault.address, 0);
    let root = world.final_root(&stage, 0, &[(wallet, 0), (stage.network.address, 7)]);
    let claim = rewards::claim(stage.vault.address, tokens, root.claim_args(0));
    assert_program_error(world.run(claim, &[]), RewardsError::NothingToClaim);
}

#[test]
fn claim_by_a_stranger_for_an_operator_without_sol_costs_the_operator_nothing() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let stranger = world.keypair();
    let before = world.lamports(stranger.pubkey());
    assert_eq!(world.raw(payday.wallets[0]), None);
    expect_success(world.send(&[payday.claim(&payday.root, 0)], &[&stranger]));
    assert_eq!(payday.balances(&world), [EARNED[0], 0, 0]);
    assert_eq!(world.raw(payday.wallets[0]), None);
    assert_eq!(world.lamports(stranger.pubkey()), before - FEE_LAMPORTS);
}

#[test]
fn claim_by_a_stranger_leaves_the_operators_sol_alone() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.fund(payday.wallets[2], 123_456);
    let stranger = world.keypair();
    expect_success(world.send(&[payday.claim(&payday.root, 2)], &[&stranger]));
    assert_eq!(world.lamports(payday.wallets[2]), 123_456);
    assert_eq!(payday.balances(&world), [0, 0, EARNED[2]]);
}

/// A payday with a root of epoch 1 of `count` leaves, of which the last owes 77 to the first wallet; that wallet's
/// token account.
fn crowd(world: &mut World, count: u32) -> (Payday, Address) {
    let payday = Payday::new(world);
    let nobody = |number: u32| Address::new_from_array([number.to_le_bytes(); 8].concat().try_into().unwrap());
    let mut owed: Vec<(Address, u64)> = payday.wallets.into_iter().zip(EARNED).collect();
    owed.extend((3..count - 1).map(|number| (nobody(number), 1)));
    owed.push((payday.wallets[0], 77));
    let root = world.final_root(&payday.stage, 1, &owed);
    let tokens = payday.tokens[0];
    (Payday { root, ..payday }, tokens)
}

#[test]
fn claim_of_operator_1024_counts_at_the_start_of_page_1() {
    let mut world = World::new();
    let (payday, tokens) = crowd(&mut world, 1_025);
    let vault = payday.stage.vault.address;
    let page = world.open_page(vault, 1);
    let before = world.account::<ClaimPage>(payday.page);
    expect_success(world.run(rewards::claim(vault, tokens, payday.root.claim_args(1_024)), &[]));
    assert_eq!(world.token_balance(tokens), 77);
    assert_eq!(bytes_of(&world.account::<ClaimPage>(payday.page)), bytes_of(&before));
    let claimed = world.account::<ClaimPage>(page).claimed;
    assert_eq!((claimed[0], claimed.iter().sum::<u64>()), (77, 77));
}

#[test]
fn claim_of_operator_1023_counts_at_the_end_of_page_0() {
    let mut world = World::new();
    let (payday, tokens) = crowd(&mut world, 1_024);
    let vault = payday.stage.vault.address;
    expect_success(world.run(rewards::claim(vault, tokens, payday.root.claim_args(1_023)), &[]));
    let claimed = world.account::<ClaimPage>(payday.page).claimed;
    assert_eq!((claimed[1_023], claimed.iter().sum::<u64>()), (77, 77));
}

#[test]
fn claim_with_the_page_of_other_operators_is_refused() {
    let mut world = World::new();
    let (payday, tokens) = crowd(&mut world, 1_025);
    let vault = payday.stage.vault.address;
    let page_1 = world.open_page(vault, 1);
    let page_0 = addresses::claim_page(&vault, 0);
    for (operator_index, own, other) in [(1_024, page_1, page_0), (0, page_0, page_1)] {
        let claim = rewards::claim(vault, tokens, payday.root.claim_args(operator_index));
        assert_program_error(world.run(tamper::swap(claim, own, other), &[]), RewardsError::WrongPage);
    }
    assert_eq!(world.token_balance(tokens), 0);
}
