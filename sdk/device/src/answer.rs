//! What an oracle's answer means for each attestation of a batch.

use alloc::{boxed::Box, vec::Vec};

use trellis_core::{
    AddressBytes,
    exchange::{Answer, Outcome},
    receipt::{ReceiptError, SignedReceipt},
};

use crate::device::Batch;

/// Reasons that may pass: the attestation is kept, and sent again later. The oracle's own list of reasons has the rest.
mod passing {
    pub const WRONG_NETWORK: u16 = 2;
    pub const UNKNOWN_DEVICE: u16 = 3;
    pub const SUSPENDED_DEVICE: u16 = 4;
    pub const FUTURE_INTERVAL: u16 = 8;
}

/// What became of one attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The oracle has it: keep the receipt, then settle the attestation.
    Accepted(Box<SignedReceipt>),
    /// It never will: settle the attestation. The oracle's numbers of reasons stand in its documentation. Nobody signs a
    /// refusal, so whoever can get at the connection can forge one: keep what was refused, or use HTTPS.
    Refused { reason: u16 },
    /// Send it again.
    Kept(Kept),
}

/// Why an attestation is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The oracle is busy, or the device sends too fast.
    Retry { after_seconds: u32 },
    /// It was refused for something that may change: the device is not registered yet or is suspended, the interval is not
    /// over by the oracle's clock, or this is an oracle of another network.
    MayPass { reason: u16 },
}

/// Why an answer is not believed. The batch is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    WrongCount {
        sent: usize,
        answered: usize,
    },
    WrongNetwork,
    /// A receipt of an oracle that was not named.
    UnknownOracle {
        oracle: AddressBytes,
    },
    Receipt(ReceiptError),
}

impl core::fmt::Display for AnswerError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::WrongCount { sent, answered } => {
                write!(f, "{sent} attestations were sent, and {answered} are answered")
            }
            Self::WrongNetwork => f.write_str("the answer is of an oracle of another network"),
            Self::UnknownOracle { .. } => {
                f.write_str("the receipts are of an oracle that is not among those to be believed")
            }
            Self::Receipt(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AnswerError {}

/// The verdict on each attestation of `batch`, in order.
///
/// `oracles`: whose receipts are believed. `is_signature(key, message, signature)` checks an ed25519 signature, as the
/// platform does it ([`is_ed25519_signature`](crate::key::is_ed25519_signature) in software).
pub fn judge(
    batch: &Batch,
    answer: &Answer,
    network: &AddressBytes,
    oracles: &[AddressBytes],
    is_signature: impl Fn(&AddressBytes, &[u8], &[u8; 64]) -> bool,
) -> Result<Vec<Verdict>, AnswerError> {
    let wrong_count = || AnswerError::WrongCount { sent: batch.ids.len(), answered: answer.outcomes.len() };
    let receipts = answer.receipts(&batch.ids).ok_or_else(wrong_count)?;
    if answer.network != *network {
        return Err(AnswerError::WrongNetwork);
    }
    // All receipts of an answer hang under one signature: if one holds, all do.
    if let Some(receipt) = receipts.iter().flatten().next() {
        if !oracles.contains(&receipt.oracle) {
            return Err(AnswerError::UnknownOracle { oracle: receipt.oracle });
        }
        receipt.verify(is_signature).map_err(AnswerError::Receipt)?;
    }
    let verdict = |(outcome, receipt): (&Outcome, Option<SignedReceipt>)| match (receipt, outcome) {
        (Some(receipt), _) => Verdict::Accepted(Box::new(receipt)),
        (None, Outcome::Retry { after_seconds }) => Verdict::Kept(Kept::Retry { after_seconds: *after_seconds }),
        (None, Outcome::Refused { reason }) if may_pass(*reason) => Verdict::Kept(Kept::MayPass { reason: *reason }),
        (None, Outcome::Refused { reason } | Outcome::Known { reason, .. }) => Verdict::Refused { reason: *reason },
        // With a place there is a receipt; without one it must be asked for again.
        (None, Outcome::Accepted(_)) => Verdict::Kept(Kept::Retry { after_seconds: 1 }),
    };
    Ok(answer.outcomes.iter().zip(receipts).map(verdict).collect())
}

fn may_pass(reason: u16) -> bool {
    use passing::{FUTURE_INTERVAL, SUSPENDED_DEVICE, UNKNOWN_DEVICE, WRONG_NETWORK};
    [WRONG_NETWORK, UNKNOWN_DEVICE, SUSPENDED_DEVICE, FUTURE_INTERVAL].contains(&reason)
}

/// The oracle's time by a believed answer, for [`NetworkClock::observe`](crate::NetworkClock::observe): what was taken in
/// just now. `None` if nothing was.
pub fn oracle_time(answer: &Answer) -> Option<i64> {
    let just_now = answer.outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Accepted(place) => Some(place.received_unix),
        // A receipt of an earlier time, or none.
        Outcome::Known { .. } | Outcome::Refused { .. } | Outcome::Retry { .. } => None,
    });
    just_now.max()
}
