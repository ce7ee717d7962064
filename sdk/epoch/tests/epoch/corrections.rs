//! Corrections: what is owed is paid by those who owe it, out of what they earn, and nothing is created or lost.

use ed25519_dalek::Signer;
use proptest::prelude::*;
use trellis_core::{
    Amount,
    correction::{Correction, CorrectionKind, CorrectionReason},
};
use trellis_epoch::{
    ClosedEpoch, EpochInput, LedgerState,
    bundle::encode,
    close::CloseError,
    close_epoch,
    corrections::{Books, CorrectionError, CorrectionPolicy, SignedCorrection, check, check_origin},
};

use crate::support::{EMISSION, NETWORK, VAULT, honest_epoch, input, signing_key, snapshot};

/// Holds the network's key for corrections.
const SIGNER: u8 = 200;

fn correction(number: u64, operator_index: u32, kind: CorrectionKind, amount: u64) -> Correction {
    Correction {
        network: NETWORK,
        vault: VAULT,
        number,
        operator_index,
        kind,
        amount: Amount(amount),
        reason: CorrectionReason::Fraud,
        evidence: [0xe1; 32],
    }
}

fn sign_with(key: u8, correction: Correction) -> SignedCorrection {
    SignedCorrection { correction, signature: signing_key(key).sign(&correction.signing_bytes()).to_bytes() }
}

pub fn debit(number: u64, operator_index: u32, amount: u64) -> SignedCorrection {
    sign_with(SIGNER, correction(number, operator_index, CorrectionKind::Debit, amount))
}

pub fn credit(number: u64, operator_index: u32, amount: u64) -> SignedCorrection {
    sign_with(SIGNER, correction(number, operator_index, CorrectionKind::Credit, amount))
}

/// Epoch `epoch` of a network that takes corrections. Operator 0's and 2's devices work alike.
pub fn corrected(epoch: u64, opening: LedgerState, corrections: Vec<SignedCorrection>, work: &[u8]) -> EpochInput {
    let attestations = work.iter().flat_map(|&device| honest_epoch(device, epoch as i64)).collect();
    let mut input = input(epoch, opening, attestations);
    input.policy.corrections = Some(CorrectionPolicy { key: signing_key(SIGNER).verifying_key().to_bytes() });
    input.snapshot.policy_hash = input.policy.hash();
    input.corrections = corrections;
    input
}

fn close(epoch: u64, opening: LedgerState, corrections: Vec<SignedCorrection>, work: &[u8]) -> ClosedEpoch {
    close_epoch(corrected(epoch, opening, corrections, work)).unwrap()
}

fn names(closed: &ClosedEpoch) -> Vec<&'static str> {
    closed.corrections.iter().map(|outcome| outcome.as_ref().map_or_else(CorrectionError::name, |()| "taken")).collect()
}

#[test]
fn debt_is_withheld_from_what_is_earned_until_it_is_paid_and_no_cumulative_falls() {
    let first = close(0, LedgerState::default(), vec![], &[1, 5]);
    let half = EMISSION.div_ceil(2);
    assert_eq!(first.closing.cumulative, [half, 0, EMISSION - half]);
    // Operator 0 owes one and a half times what it earns in an epoch.
    let owed = half + half / 2;
    let second = close(1, first.closing, vec![debit(0, 0, owed)], &[1, 5]);
    let row = second.operators[0];
    assert_eq!((row.earned.get(), row.withheld.get(), row.debt.get()), (half, half, owed - half));
    assert_eq!(row.cumulative.get(), half, "it earned nothing on top, and lost nothing");
    assert_eq!((second.closing.carry, second.withheld.get()), (half, half));
    // What was withheld is shared out in the next epoch, in which the rest of the debt is paid.
    let third = close(2, second.closing, vec![], &[1, 5]);
    let row = third.operators[0];
    assert_eq!((row.withheld.get(), row.debt), (owed - half, Amount::ZERO));
    assert_eq!(third.distributed.get() + third.closing.carry, EMISSION + half);
    let fourth = close(3, third.closing, vec![], &[1, 5]);
    assert_eq!((fourth.withheld, &fourth.closing.books.debts), (Amount::ZERO, &Default::default()));
}

#[test]
fn operator_without_work_keeps_its_debt() {
    let mut opening = LedgerState::default();
    for epoch in 0..3 {
        let corrections = if epoch == 0 { vec![debit(0, 0, 77)] } else { vec![] };
        let closed = close(epoch, opening, corrections, &[5]);
        assert_eq!((closed.operators[0].debt.get(), closed.operators[2].debt.get()), (77, 0));
        opening = closed.closing;
    }
    let worked = close(3, opening, vec![], &[1]);
    assert_eq!((worked.operators[0].withheld.get(), worked.operators[0].debt.get()), (77, 0));
}

#[test]
fn credit_is_paid_from_the_carry_alone_and_the_rest_waits() {
    // Without work, epoch 0's emission is carried.
    let silent = close(0, LedgerState::default(), vec![], &[]);
    let owed = EMISSION + 500;
    let paid = close(1, silent.closing, vec![credit(0, 1, owed)], &[1]);
    let row = paid.operators[1];
    assert_eq!((row.credited.get(), row.credit.get(), row.cumulative.get()), (EMISSION, 500, EMISSION));
    assert_eq!(paid.operators[0].earned.get(), EMISSION, "the epoch's own emission is shared out as ever");
    assert_eq!((paid.distributed.get(), paid.closing.carry), (2 * EMISSION, 0));
    let waiting = close(2, paid.closing, vec![], &[1]);
    assert_eq!((waiting.operators[1].credited.get(), waiting.operators[1].credit.get()), (0, 500));
    let silent = close(3, waiting.closing, vec![], &[]);
    let rest = close(4, silent.closing, vec![], &[]);
    assert_eq!((rest.operators[1].credited.get(), rest.operators[1].credit.get()), (500, 0));
    assert_eq!(rest.closing.carry, 2 * EMISSION - 500);
}

#[test]
fn credits_share_a_small_carry_in_proportion_and_stay_below_the_epoch_cap() {
    let silent = close(0, LedgerState::default(), vec![], &[]);
    let corrections = vec![credit(0, 0, 3 * EMISSION), credit(1, 2, EMISSION)];
    let mut capped = corrected(1, silent.closing.clone(), corrections.clone(), &[1]);
    capped.snapshot.epoch_cap = 1_000;
    let capped = close_epoch(capped).unwrap();
    let credited: Vec<u64> = capped.operators.iter().map(|row| row.credited.get()).collect();
    assert_eq!((credited, capped.distributed.get()), (vec![750, 0, 250], 1_000));
    assert_eq!(capped.operators[0].earned, Amount::ZERO, "the cap is used up");
    let open = close(1, silent.closing, corrections, &[]);
    let credited: Vec<u64> = open.operators.iter().map(|row| row.credited.get()).collect();
    assert_eq!(credited, [750_002, 0, 250_001]);
}

#[test]
fn debit_and_credit_of_one_operator_cancel_without_a_token_moving() {
    let closed = close(0, LedgerState::default(), vec![debit(0, 0, 100), credit(1, 0, 30)], &[]);
    assert_eq!((closed.operators[0].debt.get(), closed.operators[0].credit.get()), (70, 0));
    let turned = close(1, closed.closing, vec![credit(2, 0, 100), debit(3, 0, 30)], &[]);
    // 30 of the credit are left after the debt, and a debit takes them away again.
    assert_eq!((turned.closing.books.debts.len(), turned.closing.books.credits.len()), (0, 0));
    assert_eq!((turned.distributed.get(), turned.closing.carry), (0, 2 * EMISSION));
}

#[test]
fn each_number_counts_once_ever_and_in_order() {
    let first =
        close(0, LedgerState::default(), vec![debit(0, 0, 5), debit(0, 0, 5), debit(0, 1, 6), debit(2, 1, 7)], &[]);
    let mut sorted = names(&first);
    sorted.sort_unstable();
    // The very same twice is one; of two with one number one counts; a number that skips waits for the one before it.
    assert_eq!(sorted, ["out_of_order", "out_of_order", "taken"]);
    assert_eq!(first.closing.books.next, 1);
    let second = close(1, first.closing, vec![debit(0, 0, 5), debit(1, 1, 9), debit(2, 1, 7)], &[]);
    assert_eq!(names(&second), ["out_of_order", "taken", "taken"]);
    assert_eq!((second.closing.books.next, second.closing.books.debts.get(&1).copied()), (3, second_debt(&second)));
}

fn second_debt(closed: &ClosedEpoch) -> Option<u64> {
    Some(closed.operators[1].debt.get()).filter(|debt| [16, 22].contains(debt))
}

#[test]
fn every_error_is_reached_and_names_the_values() {
    let take = |books: &mut Books, signed: SignedCorrection| {
        let input = corrected(0, LedgerState::default(), vec![], &[]);
        books.take(&[signed], &input.snapshot, &input.policy).remove(0).unwrap_err()
    };
    let mut owing = Books::default();
    let input = corrected(0, LedgerState::default(), vec![], &[]);
    owing.take(&[debit(0, 0, u64::MAX)], &input.snapshot, &input.policy)[0].clone().unwrap();
    let fresh = Books::default;
    let signed = |change: fn(&mut Correction)| {
        let mut correction = correction(0, 0, CorrectionKind::Debit, 5);
        change(&mut correction);
        sign_with(SIGNER, correction)
    };
    for (mut books, signed, name, words, uses_number) in [
        (fresh(), signed(|c| c.network = [9; 32]), "wrong_network", "this one is", false),
        (fresh(), signed(|c| c.vault = [9; 32]), "wrong_vault", "is for vault", false),
        (
            fresh(),
            sign_with(1, correction(0, 0, CorrectionKind::Debit, 5)),
            "bad_signature",
            "which the policy names",
            false,
        ),
        (fresh(), debit(3, 0, 5), "out_of_order", "has number 3; the next is 0", false),
        (fresh(), debit(0, 3, 5), "unknown_operator", "no operator 3: the network has 3", true),
        (fresh(), debit(0, 0, 0), "no_amount", "of 0", true),
        (owing, debit(1, 1, 1), "too_large", "with 1 more", true),
    ] {
        let before = books.clone();
        let error = take(&mut books, signed);
        assert_eq!(error.name(), name);
        assert!(error.to_string().contains(words), "{error}");
        let next = before.next + u64::from(uses_number);
        assert_eq!(books, Books { next, ..before }, "{name} changes nothing else");
    }
    let without = snapshot();
    let error = check_origin(&debit(0, 0, 5), &without, &crate::support::policy()).unwrap_err();
    assert_eq!((error.name(), error.to_string().contains("names no key")), ("not_taken", true));
    assert_eq!(check(&debit(0, 2, 1), 0, &input.snapshot, &input.policy), Ok(()));
}

#[test]
fn signature_over_any_other_statement_counts_for_nothing() {
    let good = debit(0, 0, 5);
    let changes: [fn(&mut Correction); 5] = [
        |c| c.amount = Amount(6),
        |c| c.operator_index = 1,
        |c| c.kind = CorrectionKind::Credit,
        |c| c.reason = CorrectionReason::Reversal,
        |c| c.evidence[0] ^= 1,
    ];
    for change in changes {
        let mut forged = good;
        change(&mut forged.correction);
        let closed = close(0, LedgerState::default(), vec![forged], &[1]);
        assert_eq!((names(&closed), closed.closing.books.next), (vec!["bad_signature"], 0));
    }
}

#[test]
fn corrections_out_of_canonical_order_are_no_input() {
    use trellis_epoch::close::check;
    let mut input = corrected(0, LedgerState::default(), vec![debit(1, 0, 5), debit(0, 0, 5)], &[]);
    assert_eq!(check(&input.context()), Err(CloseError::CorrectionsOutOfOrder { position: 1 }));
    input.corrections = vec![debit(0, 0, 5), debit(0, 0, 5)];
    assert_eq!(check(&input.context()), Err(CloseError::CorrectionsOutOfOrder { position: 1 }));
}

fn any_correction() -> impl Strategy<Value = SignedCorrection> {
    let amount = prop_oneof![1u64..3_000_000, Just(0), Just(u64::MAX / 2)];
    let key = prop_oneof![9 => Just(SIGNER), 1 => Just(1u8)];
    (0u64..8, 0u32..4, any::<bool>(), amount, key).prop_map(|(number, operator, credit, amount, key)| {
        let kind = if credit { CorrectionKind::Credit } else { CorrectionKind::Debit };
        sign_with(key, correction(number, operator, kind, amount))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_corrections_conserve_tokens_and_never_lower_a_cumulative(
        epochs in prop::collection::vec((prop::collection::vec(any_correction(), 0..10), any::<[bool; 3]>()), 1..6),
        epoch_cap in prop_oneof![Just(u64::MAX), 0u64..3_000_000],
    ) {
        let mut opening = LedgerState::default();
        let mut emitted: u128 = 0;
        for (epoch, (corrections, works)) in (0u64..).zip(epochs) {
            let work: Vec<u8> = [1u8, 3, 5].into_iter().zip(works).filter(|(_, works)| *works).map(|(d, _)| d).collect();
            let mut input = corrected(epoch, opening.clone(), corrections, &work);
            input.snapshot.epoch_cap = epoch_cap;
            let closed = close_epoch(input).unwrap();
            emitted += u128::from(EMISSION);
            let total: u128 = closed.closing.cumulative.iter().map(|&one| u128::from(one)).sum();
            prop_assert_eq!(total + u128::from(closed.closing.carry), emitted);
            prop_assert!(closed.distributed.get() <= epoch_cap);
            prop_assert!(closed.credited.get() <= opening.carry);
            prop_assert!(closed.closing.books.next >= opening.books.next);
            for row in &closed.operators {
                let before = opening.cumulative_of(row.index).get();
                prop_assert_eq!(row.cumulative.get(), before + row.earned.get() - row.withheld.get() + row.credited.get());
                prop_assert!(row.withheld <= row.earned);
                prop_assert!(row.debt == Amount::ZERO || row.credit == Amount::ZERO);
                // Nobody is paid while it owes.
                prop_assert!(row.debt == Amount::ZERO || row.cumulative.get() == before);
            }
            opening = closed.closing;
        }
    }

    #[test]
    fn corrections_in_any_order_of_arrival_give_the_same_bytes(
        (one, other) in prop::collection::vec(any_correction(), 0..8)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let encoded = |corrections| encode(&corrected(0, LedgerState::default(), corrections, &[1]), None).unwrap();
        prop_assert_eq!(encoded(one).files, encoded(other).files);
    }
}
