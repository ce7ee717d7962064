//! What became of an operator's claim.

use serde::Serialize;
use solana_address::Address;
use solana_signature::Signature;
use trellis_core::Amount;

/// The answer for one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub operator_index: u32,
    /// `None` for an operator that is not in the epoch.
    pub payout_wallet: Option<Address>,
    pub kind: Kind,
    /// What was paid; what waits, where it was not.
    pub amount: Option<Amount>,
    /// Of the transaction that paid, or may still pay.
    pub signature: Option<Signature>,
    /// For people: why, and what to do. `None` if it was paid.
    pub detail: Option<String>,
    pub retry_after_seconds: Option<u32>,
}

/// Stable names for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Paid by this request.
    Paid,
    /// Nothing waits: it was claimed before.
    AlreadyClaimed,
    /// Nothing was ever earned.
    NothingEarned,
    /// The operator registered after the epoch.
    NotInEpoch,
    /// So little waits that the relay does not pay a fee for it.
    BelowMinimum,
    /// The payout wallet has no token account for these tokens.
    NoTokenAccount,
    /// The payout wallet's token account is frozen or has another owner.
    UnusableTokenAccount,
    /// Another request is paying this operator.
    InProgress,
    /// The operator was paid often enough today.
    OverQuota,
    /// The relay's budget for the day is used up.
    OverBudget,
    /// The relay's key has too little SOL.
    RelayEmpty,
    /// Sent, and not confirmed yet: it may still be paid.
    Unconfirmed,
    /// The chain refused, or did not answer.
    Failed,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Paid,
        Self::AlreadyClaimed,
        Self::NothingEarned,
        Self::NotInEpoch,
        Self::BelowMinimum,
        Self::NoTokenAccount,
        Self::UnusableTokenAccount,
        Self::InProgress,
        Self::OverQuota,
        Self::OverBudget,
        Self::RelayEmpty,
        Self::Unconfirmed,
        Self::Failed,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::AlreadyClaimed => "already_claimed",
            Self::NothingEarned => "nothing_earned",
            Self::NotInEpoch => "not_in_epoch",
            Self::BelowMinimum => "below_minimum",
            Self::NoTokenAccount => "no_token_account",
            Self::UnusableTokenAccount => "unusable_token_account",
            Self::InProgress => "in_progress",
            Self::OverQuota => "over_quota",
            Self::OverBudget => "over_budget",
            Self::RelayEmpty => "relay_empty",
            Self::Unconfirmed => "unconfirmed",
            Self::Failed => "failed",
        }
    }
}

impl Outcome {
    pub fn paid(operator_index: u32, wallet: Address, amount: Amount, signature: Signature) -> Self {
        Self {
            operator_index,
            payout_wallet: Some(wallet),
            kind: Kind::Paid,
            amount: Some(amount),
            signature: Some(signature),
            detail: None,
            retry_after_seconds: None,
        }
    }

    /// Not paid, for the reason in `detail`.
    pub fn unpaid(operator_index: u32, wallet: Option<Address>, kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            operator_index,
            payout_wallet: wallet,
            kind,
            amount: None,
            signature: None,
            detail: Some(detail.into()),
            retry_after_seconds: None,
        }
    }

    pub fn waiting(self, amount: Amount) -> Self {
        Self { amount: Some(amount), ..self }
    }

    pub fn with_signature(self, signature: Option<Signature>) -> Self {
        Self { signature, ..self }
    }

    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }
}
