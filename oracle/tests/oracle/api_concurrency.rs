//! Many senders at once.

use std::{collections::BTreeMap, sync::Arc};

use trellis_core::attestation::SignedAttestation;
use trellis_oracle::log::Log;

use crate::log_store::of_epoch;
use crate::{api_support::Api, world::reading};

const REQUESTS: usize = 50;
const OVERLAP: usize = 4;

/// As many attestations as requests; request `n` carries those from `n` on, so that each is sent four times.
fn batches() -> Vec<Vec<SignedAttestation>> {
    let devices = [1u8, 2, 3, 5].into_iter().cycle();
    let all: Vec<SignedAttestation> = (0..REQUESTS as i64)
        .zip(devices)
        .map(|(number, device)| reading(device, number % 12, 0, 0).signed_with(|a| a.sequence = number as u64))
        .collect();
    (0..REQUESTS).map(|first| (first..first + OVERLAP).map(|n| all[n % REQUESTS].clone()).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_requests_with_overlapping_duplicates_store_each_attestation_once() {
    let api = Arc::new(Api::start().await);
    let tasks: Vec<_> = batches()
        .into_iter()
        .map(|batch| {
            let api = Arc::clone(&api);
            tokio::spawn(async move {
                let (status, results) = api.submit(&batch).await;
                (batch, status, results)
            })
        })
        .collect();
    let mut accepted: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    let mut positions: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
    for task in tasks {
        let (batch, status, results) = task.await.unwrap();
        let any_accepted = results.iter().any(|result| result["status"] == "accepted");
        assert_eq!(status, if any_accepted { 200 } else { 409 });
        for (signed, result) in batch.iter().zip(&results) {
            let position = api.verify_receipt(&result["receipt"], signed);
            positions.entry(signed.to_bytes()).or_default().push(position);
            *accepted.entry(signed.to_bytes()).or_default() += u32::from(result["status"] == "accepted");
        }
    }
    assert_eq!(api.log.len().unwrap(), REQUESTS as u64);
    assert_eq!(positions.len(), REQUESTS);
    for of_one in positions.values() {
        assert_eq!(of_one.len(), OVERLAP);
        assert!(of_one.iter().all(|position| position == &of_one[0]), "one attestation, one position: {of_one:?}");
    }
    assert!(accepted.values().all(|times| *times == 1), "accepted exactly once each: {:?}", accepted.values());
    let logged: usize = (0..2).map(|epoch| of_epoch(&api.log, epoch).len()).sum();
    assert_eq!(logged, REQUESTS);
}
