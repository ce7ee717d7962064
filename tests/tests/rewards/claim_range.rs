use solana_instruction::error::InstructionError;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{ClaimPage, Vault},
    claims::{ClaimError, Payee, RangeClaim, payout_account},
    instructions::rewards,
};
use trellis_core::{Amount, Epoch};
use trellis_rewards::{ClaimRangeArgs, error::RewardsError, event::RangeClaimed};
use trellis_tests::{
    Outcome, World, assert_error, assert_event, assert_program_error, expect_success, fixtures::EPOCH_AMOUNT,
};

use super::support::{EARNED, Payday, bytes_of, payee, vault};

#[test]
fn claim_range_of_all_leaves_pays_each_its_own_and_changes_the_counters_only() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (vault_before, page_before) = (vault(&world, &payday.stage), world.account::<ClaimPage>(payday.page));
    let done = expect_success(world.run(payday.claim_range(&payday.root, 0, 3), &[]));

    assert_eq!(payday.balances(&world), EARNED);
    assert_eq!(world.token_balance(payday.stage.vault.tokens), EPOCH_AMOUNT - 950);
    let wanted = Vault { claimed_total: 950, ..vault_before };
    assert_eq!(bytes_of(&vault(&world, &payday.stage)), bytes_of(&wanted));
    let mut wanted = page_before;
    wanted.claimed[..3].copy_from_slice(&EARNED);
    assert_eq!(bytes_of(&world.account::<ClaimPage>(payday.page)), bytes_of(&wanted));
    let event = RangeClaimed { vault: payday.stage.vault.address, epoch: 0, first_index: 0, amounts: EARNED.to_vec() };
    assert_event(&done, &event);
}

#[test]
fn claim_range_of_every_part_pays_this_part() {
    for (first, count) in [(0, 1), (1, 1), (2, 1), (0, 2), (1, 2)] {
        let mut world = World::new();
        let payday = Payday::new(&mut world);
        expect_success(world.run(payday.claim_range(&payday.root, first, count), &[]));
        let mut wanted = [0; 3];
        let part = first as usize..first as usize + count;
        wanted[part.clone()].copy_from_slice(&EARNED[part]);
        assert_eq!(payday.balances(&world), wanted);
    }
}

#[test]
fn claim_range_passes_over_who_has_claimed_already() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    expect_success(world.run(payday.claim(&payday.root, 1), &[]));
    let newer = payday.next_root(&mut world, [100, 250, 700]);
    expect_success(world.run(payday.claim(&newer, 2), &[]));
    let done = expect_success(world.run(payday.claim_range(&payday.root, 0, 3), &[]));
    assert_eq!(payday.balances(&world), [100, 250, 700]);
    let event = RangeClaimed { vault: payday.stage.vault.address, epoch: 0, first_index: 0, amounts: vec![100, 0, 0] };
    assert_event(&done, &event);
    assert_eq!(world.account::<ClaimPage>(payday.page).claimed[..3], [100, 250, 700]);
}

#[test]
fn claim_range_with_nothing_left_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    expect_success(world.run(payday.claim_range(&payday.root, 0, 3), &[]));
    for (first, count) in [(0, 3), (1, 2), (2, 1)] {
        let again = world.run(payday.claim_range(&payday.root, first, count), &[]);
        assert_program_error(again, RewardsError::NothingToClaim);
    }
    assert_eq!(payday.balances(&world), EARNED);
    assert_program_error(world.run(payday.claim(&payday.root, 0), &[]), RewardsError::NothingToClaim);
}

/// Two operators may be paid at one wallet, into one account.
#[test]
fn claim_range_into_one_account_twice_pays_both() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let (wallet, tokens) = payee(&mut world, &payday.stage);
    let root = world.final_root(&payday.stage, 1, &[(wallet, 300), (wallet, 300), (wallet, 600)]);
    let claim = rewards::claim_range(payday.stage.vault.address, &[tokens; 3], SPL_TOKEN_ID, root.range_args(0, 3));
    expect_success(world.run(claim, &[]));
    assert_eq!(world.token_balance(tokens), 1_200);
}

fn claim_with(world: &mut World, payday: &Payday, edit: impl FnOnce(&mut ClaimRangeArgs)) -> Outcome {
    let mut args = payday.root.range_args(0, 2);
    edit(&mut args);
    let tokens = &payday.tokens[..2];
    world.run(rewards::claim_range(payday.stage.vault.address, tokens, SPL_TOKEN_ID, args), &[])
}

#[test]
fn claim_range_with_a_proof_that_was_tampered_with_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let edits: [fn(&mut ClaimRangeArgs); 9] = [
        |args| args.first_index = 1,
        |args| args.first_index = 2,
        |args| args.first_index = 1_022,
        |args| args.cumulatives[0] += 1,
        |args| args.cumulatives[1] -= 1,
        |args| args.cumulatives.swap(0, 1),
        |args| args.proof[0][0] ^= 1,
        |args| args.proof.clear(),
        |args| args.proof.push([0; 32]),
    ];
    for edit in edits {
        assert_program_error(claim_with(&mut world, &payday, edit), RewardsError::InvalidProof);
    }
    assert_eq!(payday.balances(&world), [0; 3]);
}

#[test]
fn claim_range_of_an_epoch_without_a_kept_root_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    for epoch in [1, 4, u64::MAX] {
        let refused = claim_with(&mut world, &payday, |args| args.epoch = epoch);
        assert_program_error(refused, RewardsError::RootNotKept);
    }
}

#[test]
fn claim_range_whose_accounts_are_not_as_many_as_its_leaves_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let vault = payday.stage.vault.address;
    for (accounts, leaves) in [(2, 3), (3, 2), (0, 1), (1, 3)] {
        let args = payday.root.range_args(0, leaves);
        let claim = rewards::claim_range(vault, &payday.tokens[..accounts], SPL_TOKEN_ID, args);
        assert_program_error(world.run(claim, &[]), RewardsError::WrongLeafCount);
    }
    let nothing = ClaimRangeArgs { epoch: 0, first_index: 0, cumulatives: vec![], proof: vec![] };
    let claim = rewards::claim_range(vault, &[], SPL_TOKEN_ID, nothing);
    assert_program_error(world.run(claim, &[]), RewardsError::WrongLeafCount);
}

#[test]
fn claim_range_with_fewer_figures_than_it_says_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    // Discriminator, epoch, first index; then the count of figures.
    let count = 1 + 8 + 4;
    for lie in [40, u32::MAX] {
        let mut claim = payday.claim_range(&payday.root, 0, 3);
        claim.data[count..count + 4].copy_from_slice(&u32::to_le_bytes(lie));
        assert_error(world.run(claim, &[]), InstructionError::InvalidInstructionData);
    }
}

#[test]
fn claim_range_that_would_overflow_is_refused() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    world.forge::<Vault>(payday.stage.vault.address, |vault| {
        vault.claimed_total = u64::MAX - 949;
        vault.cumulative_total = u64::MAX;
    });
    assert_program_error(world.run(payday.claim_range(&payday.root, 0, 3), &[]), RewardsError::Overflow);
    world.forge::<Vault>(payday.stage.vault.address, |vault| {
        vault.claimed_total = 949;
        vault.cumulative_total = 950;
    });
    let above = world.run(payday.claim_range(&payday.root, 0, 3), &[]);
    assert_program_error(above, RewardsError::ClaimedAbovePromised);
    assert_eq!(payday.balances(&world), [0; 3]);
}

#[test]
fn range_claim_of_the_client_is_checked_before_it_is_sent() {
    let mut world = World::new();
    let payday = Payday::new(&mut world);
    let account = vault(&world, &payday.stage);
    let args = payday.root.range_args(1, 2);
    let payee = |index: usize| Payee { payout_wallet: payday.wallets[index], cumulative: Amount(EARNED[index]) };
    let claim = RangeClaim {
        epoch: Epoch(0),
        vault: payday.stage.vault.address,
        first_index: 1,
        payees: vec![payee(1), payee(2)],
        proof: args.proof,
    };
    assert_eq!(claim.check(&account), Ok(()));
    assert_eq!(payout_account(&account, &payday.wallets[1]), payday.tokens[1]);
    let later = RangeClaim { epoch: Epoch(1), ..claim.clone() };
    assert_eq!(later.check(&account), Err(ClaimError::NotFinal { epoch: Epoch(1), next: Epoch(1) }));
    for wrong in [
        RangeClaim { first_index: 0, ..claim.clone() },
        RangeClaim { first_index: u32::MAX, ..claim.clone() },
        RangeClaim { payees: vec![payee(2), payee(1)], ..claim.clone() },
        RangeClaim { payees: vec![payee(1)], ..claim.clone() },
        RangeClaim { payees: vec![], ..claim.clone() },
        RangeClaim { proof: vec![], ..claim.clone() },
    ] {
        assert_eq!(wrong.check(&account), Err(ClaimError::InvalidProof { epoch: Epoch(0) }));
    }
    expect_success(world.run(claim.instruction(&account), &[]));
    assert_eq!(payday.balances(&world), [0, EARNED[1], EARNED[2]]);
}
