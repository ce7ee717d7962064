//! An oracle that a device may talk to: it takes attestations in as the real one does, and remembers everything it saw.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer, SigningKey};
use trellis_core::{
    Epoch,
    attestation::{SignedAttestation, wire_id},
    exchange::{Answer, Outcome, Place, next_frame},
    receipt::{Receipt, ReceiptTree},
};
use trellis_device::Batch;

pub const NETWORK: [u8; 32] = [7; 32];
pub const INTERVAL_SECONDS: u32 = 60;
/// The oracle's number of `replayed_sequence`.
pub const REPLAYED: u16 = 6;

pub struct Oracle {
    key: SigningKey,
    pub now_unix: i64,
    /// What was taken in, by sequence number.
    pub taken: BTreeMap<u64, (SignedAttestation, Place)>,
}

impl Oracle {
    pub fn new(now_unix: i64) -> Self {
        Self { key: SigningKey::from_bytes(&[42; 32]), now_unix, taken: BTreeMap::new() }
    }

    pub fn address(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Takes a batch in. Panics where a device has used a sequence number, or an interval, for something else before.
    pub fn take(&mut self, batch: &Batch) -> Answer {
        let mut body = batch.body.as_slice();
        let mut outcomes = Vec::new();
        while let Some(wire) = next_frame(&mut body).unwrap() {
            outcomes.push(self.take_one(SignedAttestation::from_bytes(wire).unwrap()));
        }
        self.answer(batch, outcomes)
    }

    fn take_one(&mut self, signed: SignedAttestation) -> Outcome {
        let attestation = &signed.attestation;
        assert_eq!(attestation.network, NETWORK);
        assert!(attestation.interval_end_unix().unwrap() <= self.now_unix, "a reading from the future");
        if let Some((before, place)) = self.taken.get(&attestation.sequence) {
            assert_eq!(*before, signed, "sequence number {} was used for another attestation", attestation.sequence);
            return Outcome::Known { reason: REPLAYED, place: *place };
        }
        let same =
            |before: &SignedAttestation| before.attestation.interval_start_unix == attestation.interval_start_unix;
        assert!(!self.taken.values().any(|(before, _)| same(before)), "two readings for one interval");
        let place = Place { epoch: Epoch(0), position: self.taken.len() as u64, received_unix: self.now_unix };
        self.taken.insert(attestation.sequence, (signed, place));
        Outcome::Accepted(place)
    }

    /// An answer with these outcomes, signed.
    pub fn answer(&self, batch: &Batch, outcomes: Vec<Outcome>) -> Answer {
        let mut body = batch.body.as_slice();
        let ids = std::iter::from_fn(|| next_frame(&mut body).unwrap().map(wire_id));
        let receipts: Vec<Receipt> = ids
            .zip(&outcomes)
            .filter_map(|(attestation_id, outcome)| {
                let Place { epoch, position, received_unix } = *outcome.place()?;
                Some(Receipt { network: NETWORK, attestation_id, epoch, position, received_unix })
            })
            .collect();
        let tree = ReceiptTree::new(&receipts);
        let signature = tree.map_or([0; 64], |tree| self.key.sign(&tree.root().signing_bytes()).to_bytes());
        Answer { network: NETWORK, oracle: self.address(), signature, outcomes }
    }
}
