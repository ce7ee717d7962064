//! What became of the attestations of a request, under one signature.

use alloc::vec::Vec;

use crate::{
    AddressBytes, Epoch,
    receipt::{Receipt, ReceiptTree, SignedReceipt},
};

/// What a receipt says beside network and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The epoch whose bundle will hold the attestation.
    pub epoch: Epoch,
    /// Place in the oracle's log.
    pub position: u64,
    pub received_unix: i64,
}

/// What became of one attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted(Place),
    /// With the reason's number.
    Refused {
        reason: u16,
    },
    /// This very attestation was accepted before.
    Known {
        reason: u16,
        place: Place,
    },
    /// Neither accepted nor refused: to be sent again.
    Retry {
        after_seconds: u32,
    },
}

impl Outcome {
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Accepted(place) | Self::Known { place, .. } => Some(place),
            Self::Refused { .. } | Self::Retry { .. } => None,
        }
    }
}

/// The answer to the attestations of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub network: AddressBytes,
    pub oracle: AddressBytes,
    /// Over the root of the receipts' tree; zero if there is no receipt.
    pub signature: [u8; 64],
    /// One for each attestation, in order.
    pub outcomes: Vec<Outcome>,
}

impl Answer {
    /// The receipts as they stand alone: one for each attestation that has one, in the order of `ids`, the ids of what was
    /// sent. `None` if the answer is to another number of attestations.
    ///
    /// Nothing is verified here: see [`SignedReceipt::verify`]; if one of an answer holds, all do.
    pub fn receipts(&self, ids: &[[u8; 32]]) -> Option<Vec<Option<SignedReceipt>>> {
        if ids.len() != self.outcomes.len() {
            return None;
        }
        let receipt = |(id, outcome): (&[u8; 32], &Outcome)| {
            let Place { epoch, position, received_unix } = *outcome.place()?;
            Some(Receipt { network: self.network, attestation_id: *id, epoch, position, received_unix })
        };
        let receipts: Vec<Option<Receipt>> = ids.iter().zip(&self.outcomes).map(receipt).collect();
        let under_root: Vec<Receipt> = receipts.iter().flatten().copied().collect();
        let Some(tree) = ReceiptTree::new(&under_root) else { return Some(alloc::vec![None; ids.len()]) };
        let mut index = 0;
        let signed = receipts.into_iter().map(|receipt| {
            let signed = tree.signed(index, receipt?, self.oracle, self.signature);
            index += 1;
            signed
        });
        Some(signed.collect())
    }
}
