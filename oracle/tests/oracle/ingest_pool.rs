//! The verification pool: the same verdicts as one by one, whatever was sent together.

use std::sync::Arc;

use proptest::prelude::*;
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::{
    admission::{self, attestation_id},
    reason::Refusal,
};
use trellis_oracle::ingest::Outcome;

use crate::{
    api_support::{ingest, new_key},
    closer::closable,
    log_store::open,
    world::{SUSPENDED, UNREGISTERED, policy, reading, snapshot},
};

/// What is done to a good attestation.
#[derive(Clone, Copy, Debug)]
enum Harm {
    None,
    FlipByte { at: usize, by: u8 },
    Cut { to: usize },
    OtherDevice { device: u8 },
    TooMuch,
    Future,
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        3 => Just(Harm::None),
        3 => (0usize..171, 1u8..=255).prop_map(|(at, by)| Harm::FlipByte { at, by }),
        1 => (0usize..171).prop_map(|to| Harm::Cut { to }),
        2 => prop::sample::select(vec![SUSPENDED, UNREGISTERED]).prop_map(|device| Harm::OtherDevice { device }),
        1 => Just(Harm::TooMuch),
        1 => Just(Harm::Future),
    ]
}

fn wire(number: u64, harm: Harm) -> Vec<u8> {
    let mut reading = reading([1, 2, 3, 5][number as usize % 4], number as i64 % 12, 100, 100);
    reading.sequence = number;
    match harm {
        Harm::OtherDevice { device } => reading.device = device,
        Harm::TooMuch => reading.energy = 100_000,
        Harm::Future => reading.interval = 1_000,
        _ => {}
    }
    let mut wire = reading.signed().to_bytes();
    match harm {
        Harm::FlipByte { at, by } => wire[at] ^= by,
        Harm::Cut { to } => wire.truncate(to),
        _ => {}
    }
    wire
}

/// The verdict on one attestation by itself.
fn alone(wire: &[u8], latest_end: i64) -> Result<[u8; 32], (Option<[u8; 32]>, Refusal)> {
    let signed: SignedAttestation = admission::decode(wire).map_err(|refusal| (None, refusal))?;
    let id = attestation_id(&signed);
    let (snapshot, policy) = (snapshot(), policy());
    let admitted = admission::admit(signed, &snapshot, &policy).map_err(|refusal| (Some(id), refusal))?;
    admission::require_past(&admitted.signed, latest_end).map_err(|refusal| (Some(id), refusal))?;
    Ok(id)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Several requests at once, of any size, with anything wrong in them: each attestation gets the verdict that it gets
    /// alone, in its own place of its own request.
    #[test]
    fn verdicts_are_those_of_each_attestation_alone(
        requests in prop::collection::vec(prop::collection::vec(harm(), 0..40), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let now = closable(1);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let key = Arc::new(new_key(folder.path().join("key.json")));
        let ingest = ingest(Arc::new(open(folder.path()).unwrap()), snapshot(), now, key);
        let mut number = 0;
        let requests: Vec<Vec<Vec<u8>>> = requests
            .iter()
            .map(|harms| harms.iter().map(|harm| { number += 1; wire(number, *harm) }).collect())
            .collect();
        let taking: Vec<_> = requests
            .iter()
            .map(|wires| {
                let (ingest, wires) = (ingest.clone(), wires.clone());
                runtime.spawn(async move { ingest.take(wires).await })
            })
            .collect();
        for (wires, taking) in requests.iter().zip(taking) {
            let taken = runtime.block_on(taking).unwrap().unwrap();
            prop_assert_eq!(taken.outcomes().len(), wires.len());
            for (wire, outcome) in wires.iter().zip(taken.outcomes()) {
                match (alone(wire, now + 30), outcome) {
                    (Ok(id), Outcome::Accepted(receipt)) => prop_assert_eq!(id, receipt.attestation_id),
                    (Err((id, refusal)), Outcome::Refused { id: found, refusal: said, receipt: None }) => {
                        prop_assert_eq!((&id, &refusal), (found, said));
                    }
                    (wanted, found) => prop_assert!(false, "{:?} alone, {:?} together", wanted, found),
                }
            }
        }
    }
}

#[tokio::test]
async fn request_larger_than_a_batch_is_answered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let key = Arc::new(new_key(folder.path().join("key.json")));
    let ingest = ingest(Arc::new(open(folder.path()).unwrap()), snapshot(), closable(1), key);
    let wires: Vec<Vec<u8>> = (0..2_500).map(|number| wire(number, Harm::None)).collect();
    let taken = ingest.take(wires.clone()).await.unwrap();
    assert_eq!(taken.outcomes().len(), wires.len());
    for (wire, outcome) in wires.iter().zip(taken.outcomes()) {
        let Outcome::Accepted(receipt) = outcome else { panic!("{outcome:?}") };
        assert_eq!(Ok(receipt.attestation_id), alone(wire, closable(1)));
    }
    assert!(ingest.take(vec![]).await.unwrap().outcomes().is_empty());
}
