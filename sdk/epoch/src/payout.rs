//! Who is paid what: shares of the epoch's tokens, debts and credits.

use trellis_core::{Amount, Points, leaf::RewardLeaf};

use crate::{
    close::CloseError,
    corrections::{Books, CorrectionError},
    score,
    verify::EpochContext,
};

/// One operator's line in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorRow {
    pub index: u32,
    pub payout_wallet: [u8; 32],
    pub points: Points,
    /// Its share of the epoch's tokens.
    pub earned: Amount,
    /// What of it pays the operator's debt.
    pub withheld: Amount,
    /// What was paid of what the operator was owed.
    pub credited: Amount,
    /// What it still owes after the epoch.
    pub debt: Amount,
    /// What it is still owed after the epoch.
    pub credit: Amount,
    /// All that it may ever have claimed after the epoch: before it, and `earned − withheld + credited`.
    pub cumulative: Amount,
}

impl OperatorRow {
    /// The operator's leaf in the rewards tree of `vault`.
    pub fn leaf(&self, vault: [u8; 32]) -> RewardLeaf {
        let Self { index, payout_wallet, cumulative, .. } = *self;
        RewardLeaf { vault, operator_index: index, payout_wallet, cumulative }
    }
}

/// Who was paid what, and what is left.
pub(crate) struct Paid {
    pub operators: Vec<OperatorRow>,
    pub books: Books,
    pub corrections: Vec<Result<(), CorrectionError>>,
    /// What was added to cumulatives.
    pub distributed: Amount,
    pub withheld: Amount,
    pub credited: Amount,
    pub carry: Amount,
}

/// Takes the corrections, pays credits from what was carried, shares the rest out, and withholds debts.
pub(crate) fn pay(context: &EpochContext<'_>, points: &[Points]) -> Result<Paid, CloseError> {
    let EpochContext { snapshot, policy, opening, .. } = *context;
    let overflow = || CloseError::AmountOverflow;
    let mut books = opening.books.clone();
    let corrections = books.take(context.corrections, snapshot, policy);

    let (emission, cap) = (snapshot.emission.map(Amount).ok_or(CloseError::EmissionUnknown)?, snapshot.epoch_cap);
    let whole = emission.checked_add(Amount(opening.carry)).ok_or_else(overflow)?;
    // Credits and shares together stay within the cap of the epoch's root.
    let credits = books.pay_credits(Amount(opening.carry.min(cap)));
    let credited = sum(credits.values().copied().map(Amount))?;
    let available = whole.checked_sub(credited).ok_or_else(overflow)?;
    let cap = Amount(cap).checked_sub(credited).ok_or_else(overflow)?;
    let shares = score::share(available, cap, points);

    let mut operators = Vec::with_capacity(snapshot.operators.len());
    let mut carry = shares.carry;
    for ((operator, &points), &earned) in snapshot.operators.iter().zip(points).zip(&shares.earned) {
        let index = operator.index;
        let withheld = books.withhold(index, earned);
        carry = carry.checked_add(withheld).ok_or_else(overflow)?;
        let credited = Amount(credits.get(&index).copied().unwrap_or(0));
        let paid = earned.checked_sub(withheld).and_then(|paid| paid.checked_add(credited)).ok_or_else(overflow)?;
        let cumulative = opening.cumulative_of(index).checked_add(paid).ok_or_else(overflow)?;
        let (debt, credit) = (books.debt_of(index), books.credit_of(index));
        let payout_wallet = operator.payout_wallet;
        operators.push(OperatorRow {
            index,
            payout_wallet,
            points,
            earned,
            withheld,
            credited,
            debt,
            credit,
            cumulative,
        });
    }
    let (earned, withheld) =
        (sum(operators.iter().map(|row| row.earned))?, sum(operators.iter().map(|row| row.withheld))?);
    let distributed = earned.checked_sub(withheld).and_then(|paid| paid.checked_add(credited)).ok_or_else(overflow)?;
    // Conservation: every token is paid to somebody or carried on.
    if distributed.checked_add(carry) != Some(whole) {
        return Err(CloseError::AmountOverflow);
    }
    Ok(Paid { operators, books, corrections, distributed, withheld, credited, carry })
}

pub(crate) fn sum(amounts: impl Iterator<Item = Amount>) -> Result<Amount, CloseError> {
    Amount::checked_sum(amounts).ok_or(CloseError::AmountOverflow)
}
