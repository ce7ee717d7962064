//! Corrections: what operators owe and are owed. A cumulative is never lowered: who owes earns less from then on.
//!
//! | | becomes | settled by |
//! |---|---|---|
//! | debit | the operator's debt | withholding what it earns, until it is paid; that goes to the carry |
//! | credit | cancels the operator's debt; the rest waits | the carry that the epoch opens with, as far as it reaches |
//!
//! The policy names the key that signs them, since its hash stands on the chain: an auditor can check that. (The network's
//! authority may be a multisig or a program's address, which sign no messages. It sets the policy's hash, and with
//! it the key; if it is a wallet, its own key can be the one.) Corrections are numbered and taken in order, so what
//! is remembered of all those that were taken is one number.

mod json;

use std::collections::BTreeMap;

use ed25519_zebra::{Signature, VerificationKey};
pub use json::CorrectionJson;
use serde::{Deserialize, Serialize};
pub use trellis_core::correction::{CorrectionKind, CorrectionReason};
use trellis_core::{Amount, Points, correction::Correction, share_out::share_out};

use crate::{encoding::base58, policy::Policy, snapshot::Snapshot};

/// The group `[corrections]` of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionPolicy {
    /// The ed25519 key whose corrections are taken.
    #[serde(with = "base58")]
    pub key: [u8; 32],
}

/// A correction and its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedCorrection {
    pub correction: Correction,
    pub signature: [u8; 64],
}

/// Why a correction does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    #[error("this network takes no corrections: its policy names no key for them, in [corrections]")]
    NotTaken,
    #[error("the correction is for network {theirs}, this one is {ours}")]
    WrongNetwork { theirs: String, ours: String },
    #[error("the correction is for vault {theirs}, this one is {ours}")]
    WrongVault { theirs: String, ours: String },
    #[error("the signature is not that of {key}, which the policy names for corrections")]
    BadSignature { key: String },
    #[error("the correction has number {number}; the next is {next}: each counts once, in order")]
    OutOfOrder { number: u64, next: u64 },
    #[error("there is no operator {index}: the network has {operators}")]
    UnknownOperator { index: u32, operators: usize },
    #[error("a correction of 0 corrects nothing")]
    NoAmount,
    #[error("with {amount} more, all debts or all credits of the network do not fit 64 bits")]
    TooLarge { amount: Amount },
}

impl CorrectionError {
    /// The name that the API and bundles use.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotTaken => "not_taken",
            Self::WrongNetwork { .. } => "wrong_network",
            Self::WrongVault { .. } => "wrong_vault",
            Self::BadSignature { .. } => "bad_signature",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::UnknownOperator { .. } => "unknown_operator",
            Self::NoAmount => "no_amount",
            Self::TooLarge { .. } => "too_large",
        }
    }

    /// Is the number used up all the same? Only what the policy's key signed can use one up.
    const fn uses_number(&self) -> bool {
        matches!(self, Self::UnknownOperator { .. } | Self::NoAmount | Self::TooLarge { .. })
    }
}

/// Errors unless `signed` is the policy's word for this very vault.
pub fn check_origin(signed: &SignedCorrection, snapshot: &Snapshot, policy: &Policy) -> Result<(), CorrectionError> {
    let key = policy.corrections.as_ref().ok_or(CorrectionError::NotTaken)?.key;
    let correction = &signed.correction;
    let both = |theirs: &[u8; 32], ours: &[u8; 32]| (base58::encode(theirs), base58::encode(ours));
    if correction.network != snapshot.network {
        let (theirs, ours) = both(&correction.network, &snapshot.network);
        return Err(CorrectionError::WrongNetwork { theirs, ours });
    }
    if correction.vault != snapshot.vault {
        let (theirs, ours) = both(&correction.vault, &snapshot.vault);
        return Err(CorrectionError::WrongVault { theirs, ours });
    }
    let message = correction.signing_bytes();
    let signature = Signature::from(signed.signature);
    let holds = VerificationKey::try_from(key).is_ok_and(|key| key.verify(&signature, &message).is_ok());
    if holds { Ok(()) } else { Err(CorrectionError::BadSignature { key: base58::encode(&key) }) }
}

/// Errors unless `signed` is the policy's word and can be taken as number `next`.
pub fn check(
    signed: &SignedCorrection,
    next: u64,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<(), CorrectionError> {
    check_origin(signed, snapshot, policy)?;
    let Correction { number, operator_index: index, amount, .. } = signed.correction;
    if number != next {
        return Err(CorrectionError::OutOfOrder { number, next });
    }
    let operators = snapshot.operators.len();
    if index as usize >= operators {
        return Err(CorrectionError::UnknownOperator { index, operators });
    }
    if amount == Amount::ZERO {
        return Err(CorrectionError::NoAmount);
    }
    Ok(())
}

/// What operators owe and are owed after the corrections that were taken. Of an operator at most one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Number of the next correction: all before it were taken.
    pub next: u64,
    /// What is left to withhold, by operator index.
    pub debts: BTreeMap<u32, u64>,
    /// What waits to be paid, by operator index.
    pub credits: BTreeMap<u32, u64>,
}

impl Books {
    pub fn debt_of(&self, index: u32) -> Amount {
        Amount(self.debts.get(&index).copied().unwrap_or(0))
    }

    pub fn credit_of(&self, index: u32) -> Amount {
        Amount(self.credits.get(&index).copied().unwrap_or(0))
    }

    /// Takes all of `corrections` in their [order](canonical_order); what became of each.
    pub fn take(
        &mut self,
        corrections: &[SignedCorrection],
        snapshot: &Snapshot,
        policy: &Policy,
    ) -> Vec<Result<(), CorrectionError>> {
        let take = |signed: &SignedCorrection| {
            let taken = check(signed, self.next, snapshot, policy).and_then(|()| self.book(&signed.correction));
            if taken.as_ref().map_or_else(CorrectionError::uses_number, |()| true) {
                self.next = self.next.saturating_add(1);
            }
            taken
        };
        corrections.iter().map(take).collect()
    }

    fn book(&mut self, correction: &Correction) -> Result<(), CorrectionError> {
        let (ours, theirs) = match correction.kind {
            CorrectionKind::Debit => (&mut self.debts, &mut self.credits),
            CorrectionKind::Credit => (&mut self.credits, &mut self.debts),
        };
        let (index, amount) = (correction.operator_index, correction.amount);
        // What goes the other way is cancelled first: nobody owes and is owed at the same time.
        let other = theirs.get(&index).copied().unwrap_or(0);
        let cancelled = other.min(amount.get());
        let left = amount.get() - cancelled;
        let total: u128 = ours.values().map(|&one| u128::from(one)).sum();
        if u64::try_from(total + u128::from(left)).is_err() {
            return Err(CorrectionError::TooLarge { amount });
        }
        reduce(theirs, index, cancelled);
        if left > 0 {
            *ours.entry(index).or_default() += left;
        }
        Ok(())
    }

    /// Pays what waits from `pool`: all of it, or in proportion as far as the pool reaches. What each operator gets.
    pub fn pay_credits(&mut self, pool: Amount) -> BTreeMap<u32, u64> {
        let waiting: Vec<(u32, u64)> = self.credits.iter().map(|(&index, &credit)| (index, credit)).collect();
        let weights: Vec<Points> = waiting.iter().map(|&(_, credit)| Points(credit)).collect();
        // Their sum fits: `book` sees to it.
        let total = weights.iter().map(|weight| weight.get()).sum::<u64>();
        let shares = share_out(pool.min(Amount(total)), &weights).unwrap_or_default();
        let paid = waiting.iter().zip(shares).map(|(&(index, _), share)| (index, share.get()));
        let paid: BTreeMap<u32, u64> = paid.filter(|&(_, share)| share > 0).collect();
        paid.iter().for_each(|(&index, &share)| reduce(&mut self.credits, index, share));
        paid
    }

    /// Pays the operator's debt from what it `earned`: how much of it is withheld.
    pub fn withhold(&mut self, index: u32, earned: Amount) -> Amount {
        let withheld = self.debt_of(index).min(earned);
        reduce(&mut self.debts, index, withheld.get());
        withheld
    }
}

/// Takes `amount`, which is no more than what is there, off `index`'s entry; an entry of 0 is none.
fn reduce(entries: &mut BTreeMap<u32, u64>, index: u32, amount: u64) {
    if let Some(entry) = entries.get_mut(&index) {
        *entry = entry.saturating_sub(amount);
        if *entry == 0 {
            entries.remove(&index);
        }
    }
}

/// What decides the order: number, what is signed, signature.
pub(crate) fn place(signed: &SignedCorrection) -> (u64, Vec<u8>, [u8; 64]) {
    (signed.correction.number, signed.correction.signing_bytes(), signed.signature)
}

/// Sorts by number, then by what is signed and the signature, and drops what stands twice.
pub fn canonical_order(corrections: &mut Vec<SignedCorrection>) {
    corrections.sort_by_cached_key(place);
    corrections.dedup();
}
