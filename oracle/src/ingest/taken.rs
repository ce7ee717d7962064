//! What became of attestations that were handed in together, under one signature.

use trellis_core::receipt::{Receipt, ReceiptTree, SignedReceipt};
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
}

impl Outcome {
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Accepted(receipt) => Some(receipt),
            Self::Refused { receipt, .. } => receipt.as_ref(),
        }
    }
}

/// The outcome of each attestation, in order, and the oracle's signature over all receipts among them.
#[derive(Clone, Debug)]
pub struct Taken {
    outcomes: Vec<Outcome>,
    signed: Option<SignedTree>,
}

#[derive(Clone, Debug)]
struct SignedTree {
    tree: ReceiptTree,
    oracle: [u8; 32],
    signature: [u8; 64],
}

impl Taken {
    /// Signs the receipts among `outcomes`.
    pub fn sign(outcomes: Vec<Outcome>, key: &OracleKey) -> Result<Self, SignError> {
        let receipts: Vec<Receipt> = outcomes.iter().filter_map(|outcome| outcome.receipt().copied()).collect();
        let signed = match ReceiptTree::new(&receipts) {
            Some(tree) => {
                let signature = key.sign_receipts(&tree.root())?;
                Some(SignedTree { tree, oracle: key.address().to_bytes(), signature })
            }
            None => None,
        };
        Ok(Self { outcomes, signed })
    }

    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Each outcome with its receipt, if it has one, as it stands alone.
    pub fn with_receipts(&self) -> impl Iterator<Item = (&Outcome, Option<SignedReceipt>)> {
        let mut index = 0;
        self.outcomes.iter().map(move |outcome| {
            let signed = outcome.receipt().zip(self.signed.as_ref()).and_then(|(receipt, signed)| {
                let place = index;
                index += 1;
                signed.tree.signed(place, *receipt, signed.oracle, signed.signature)
            });
            (outcome, signed)
        })
    }
}
