//! What became of attestations that were handed in together, under one signature.

use trellis_core::{
    exchange::{self, Message, Place},
    receipt::{Receipt, ReceiptTree, SignedReceipt},
};
use trellis_epoch::{admission::AttestationId, reason::Refusal};

use crate::key::{OracleKey, SignError};

/// What became of one attestation.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// On the disk, and will be judged when its epoch closes.
    Accepted(Receipt),
    Refused {
        /// Absent if the bytes are no attestation.
        id: Option<AttestationId>,
        refusal: Refusal,
        /// If this very attestation was accepted before.
        receipt: Option<Receipt>,
    },
    /// Neither: its device sends more than it may. It is to be sent again.
    Retry { id: AttestationId, after_seconds: u32 },
}

impl Outcome {
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Accepted(receipt) => Some(receipt),
            Self::Refused { receipt, .. } => receipt.as_ref(),
            Self::Retry { .. } => None,
        }
    }

    fn compact(&self) -> exchange::Outcome {
        let place = |receipt: &Receipt| {
            let Receipt { epoch, position, received_unix, .. } = *receipt;
            Place { epoch, position, received_unix }
        };
        match self {
            Self::Accepted(receipt) => exchange::Outcome::Accepted(place(receipt)),
            Self::Refused { refusal, receipt, .. } => {
                let reason = refusal.reason.code();
                match receipt {
                    Some(receipt) => exchange::Outcome::Known { reason, place: place(receipt) },
                    None => exchange::Outcome::Refused { reason },
                }
            }
            Self::Retry { after_seconds, .. } => exchange::Outcome::Retry { after_seconds: *after_seconds },
        }
    }
}

/// The outcome of each attestation, in order, and the oracle's signature over all receipts among them.
#[derive(Clone, Debug)]
pub struct Taken {
    network: [u8; 32],
    oracle: [u8; 32],
    outcomes: Vec<Outcome>,
    signed: Option<(ReceiptTree, [u8; 64])>,
}

impl Taken {
    /// Signs the receipts among `outcomes`, which are of `network`.
    pub fn sign(network: [u8; 32], outcomes: Vec<Outcome>, key: &OracleKey) -> Result<Self, SignError> {
        let receipts: Vec<Receipt> = outcomes.iter().filter_map(|outcome| outcome.receipt().copied()).collect();
        let signed = match ReceiptTree::new(&receipts) {
            Some(tree) => {
                let signature = key.sign_receipts(&tree.root())?;
                Some((tree, signature))
            }
            None => None,
        };
        Ok(Self { network, oracle: key.address().to_bytes(), outcomes, signed })
    }

    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Each outcome with its receipt, if it has one, as it stands alone.
    pub fn with_receipts(&self) -> impl Iterator<Item = (&Outcome, Option<SignedReceipt>)> {
        let mut index = 0;
        self.outcomes.iter().map(move |outcome| {
            let signed = outcome.receipt().zip(self.signed.as_ref()).and_then(|(receipt, (tree, signature))| {
                let place = index;
                index += 1;
                tree.signed(place, *receipt, self.oracle, *signature)
            });
            (outcome, signed)
        })
    }

    /// The answer in its compact form.
    pub fn message(&self) -> Vec<u8> {
        let answer = exchange::Answer {
            network: self.network,
            oracle: self.oracle,
            signature: self.signed.as_ref().map_or([0; 64], |(_, signature)| *signature),
            outcomes: self.outcomes.iter().map(Outcome::compact).collect(),
        };
        Message::Answer(answer).to_bytes()
    }
}
