//! Submissions: what is accepted, what is refused and why, and what the sender can prove afterwards.

use serde_json::Value;
use trellis_core::Epoch;
use trellis_epoch::Reason;
use trellis_oracle::log::Log;

use crate::{
    api_support::{Api, problem},
    closer::closable,
    world::{
        GENESIS, INTERVAL, INTERVALS_PER_EPOCH, MOST_WH, Reading, SUSPENDED, UNREGISTERED, honest_epoch, reading,
        snapshot,
    },
};

/// Wire bytes that ingest refuses for `reason`, all else being right; `None` where only closing can tell.
fn wire_refused_for(reason: Reason) -> Option<Vec<u8>> {
    let good = reading(1, 0, 100, 100);
    let signed = match reason {
        Reason::Malformed => good.signed_with(|a| a.payload.push(0)),
        Reason::WrongNetwork => good.signed_with(|a| a.network[0] ^= 1),
        Reason::UnknownDevice => reading(UNREGISTERED, 0, 100, 100).signed(),
        Reason::SuspendedDevice => reading(SUSPENDED, 0, 100, 100).signed(),
        Reason::BadSignature => {
            let mut signed = good.signed();
            signed.signature[63] ^= 1;
            signed
        }
        // Sequence 7 is in the log already, with other content.
        Reason::ReplayedSequence => Reading { sequence: 7, energy: 99, ..reading(1, 6, 0, 700) }.signed(),
        Reason::OutsideTimeWindow => good.signed_with(|a| a.interval_start_unix -= INTERVAL),
        Reason::FutureInterval => reading(1, 2 * INTERVALS_PER_EPOCH + 1, 100, 100).signed(),
        // Device 3's class, in this test's registry.
        Reason::WrongWorkKind => reading(3, 0, 100, 100).signed(),
        Reason::MisalignedInterval => good.signed_with(|a| a.interval_start_unix += 1),
        Reason::AboveRatedPower => reading(1, 0, MOST_WH + 1, MOST_WH + 1).signed(),
        Reason::CounterFell | Reason::CounterMismatch | Reason::OverlappingInterval => return None,
    };
    Some(signed.to_bytes())
}

#[tokio::test]
async fn each_reason_of_ingest_has_its_status_name_and_number() {
    let mut registry = snapshot();
    registry.classes[1].work_kind = 2;
    let api = Api::start_with(registry, 1_000).await;
    assert_eq!(api.submit(&[reading(1, 6, 100, 700).signed()]).await.0, 200);
    for reason in Reason::ALL {
        let Some(wire) = wire_refused_for(reason) else { continue };
        let (status, results) = api.submit_wires(&[wire]).await;
        let wanted = if reason == Reason::ReplayedSequence { 409 } else { 422 };
        assert_eq!(status, wanted, "{reason}");
        let result = &results[0];
        assert_eq!((&result["status"], &result["reason"]), (&"refused".into(), &reason.name().into()), "{result}");
        assert_eq!(result["code"], reason.code(), "{result}");
        assert!(result["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{result}");
        assert_eq!(result.get("receipt"), None, "{result}");
    }
    assert_eq!(api.log.len().unwrap(), 1);
}

#[tokio::test]
async fn bytes_that_are_no_attestation_are_malformed_and_without_id() {
    let api = Api::start().await;
    let wire = reading(1, 0, 100, 100).signed().to_bytes();
    let (status, results) = api.submit_wires(&[vec![], wire[..154].to_vec(), vec![1; 5_000 / 4], vec![9; 200]]).await;
    assert_eq!(status, 422);
    for (result, words) in
        results.iter().zip(["0 bytes are too few", "154 bytes are too few", "1250 bytes", "version 9"])
    {
        assert_eq!((&result["reason"], result.get("id")), (&"malformed".into(), None), "{result}");
        assert!(result["detail"].as_str().unwrap().contains(words), "{result}");
    }
}

#[tokio::test]
async fn accepted_attestation_gets_a_receipt_that_verifies() {
    let api = Api::start().await;
    let attestations = honest_epoch(1, 0);
    let (status, results) = api.submit(&attestations).await;
    assert_eq!(status, 200);
    for (position, (signed, result)) in attestations.iter().zip(&results).enumerate() {
        assert_eq!(result["status"], "accepted");
        assert_eq!(result["id"], result["receipt"]["attestation_id"]);
        let received_unix = result["receipt"]["received_unix"].as_i64().unwrap();
        assert!((closable(1)..closable(1) + 60).contains(&received_unix), "{result}");
        assert_eq!(api.verify_receipt(&result["receipt"], signed), position as u64);
    }
}

#[tokio::test]
async fn mixed_batch_is_200_with_an_answer_for_each_in_order() {
    let api = Api::start().await;
    let good = honest_epoch(1, 0);
    assert_eq!(api.submit(&good[..1]).await.0, 200);
    let batch = [
        good[1].clone(),
        reading(UNREGISTERED, 0, 1, 1).signed(),
        good[0].clone(),
        good[2].clone(),
        good[1].clone(),
        reading(1, 3, 1, 1).signed_with(|a| a.network = [0; 32]),
    ];
    let (status, results) = api.submit(&batch).await;
    assert_eq!(status, 200);
    let answers: Vec<&str> = results.iter().map(|result| result["reason"].as_str().unwrap_or("accepted")).collect();
    let wanted = ["accepted", "unknown_device", "replayed_sequence", "accepted", "replayed_sequence", "wrong_network"];
    assert_eq!(answers, wanted);
    assert_eq!(api.verify_receipt(&results[2]["receipt"], &good[0]), 0);
    assert_eq!(api.verify_receipt(&results[4]["receipt"], &good[1]), 1, "a duplicate within the batch");
    assert_eq!(api.log.len().unwrap(), 3);
}

#[tokio::test]
async fn batch_of_replays_alone_is_409_with_the_original_receipts() {
    let api = Api::start().await;
    let attestations = honest_epoch(1, 0);
    let (_, first) = api.submit(&attestations).await;
    let (status, again) = api.submit(&attestations).await;
    assert_eq!(status, 409);
    for ((signed, first), again) in attestations.iter().zip(&first).zip(&again) {
        assert_eq!((&again["status"], &again["reason"]), (&"refused".into(), &"replayed_sequence".into()));
        let receipt = |answer: &Value| {
            let fields = ["network", "attestation_id", "epoch", "position", "received_unix", "oracle"];
            fields.map(|field| answer["receipt"][field].clone())
        };
        assert_eq!(receipt(again), receipt(first), "the same receipt, whatever answer it is in");
        api.verify_receipt(&again["receipt"], signed);
    }
    assert_eq!(api.log.len().unwrap(), 6);
}

#[tokio::test]
async fn replays_beside_other_refusals_are_422() {
    let api = Api::start().await;
    let good = reading(1, 0, 100, 100).signed();
    api.submit(std::slice::from_ref(&good)).await;
    assert_eq!(api.submit(&[good, reading(SUSPENDED, 0, 1, 1).signed()]).await.0, 422);
}

#[tokio::test]
async fn interval_that_ends_a_little_ahead_is_accepted_and_further_ahead_is_future() {
    let (signed, end) = (reading(1, 0, 1, 1).signed(), GENESIS + INTERVAL);
    for ahead in [0, 30] {
        let api = Api::start_at(end - ahead, snapshot(), 10).await;
        assert_eq!(api.submit(std::slice::from_ref(&signed)).await.0, 200, "{ahead} s ahead");
    }
    // Half a minute of tolerance, and at most half a minute that the clock is carried on.
    for ahead in [61, INTERVAL] {
        let api = Api::start_at(end - ahead, snapshot(), 10).await;
        let (status, results) = api.submit(std::slice::from_ref(&signed)).await;
        assert_eq!((status, &results[0]["reason"]), (422, &Value::from("future_interval")), "{ahead} s ahead");
        assert_eq!(api.log.len().unwrap(), 0);
    }
}

#[tokio::test]
async fn work_for_a_sealed_epoch_is_outside_the_window_but_a_receipt_is_still_to_be_had() {
    let api = Api::start().await;
    let good = reading(1, 0, 100, 100).signed();
    api.submit(std::slice::from_ref(&good)).await;
    api.log.seal(Epoch(0)).unwrap();
    let (status, results) = api.submit(&[reading(1, 1, 100, 200).signed()]).await;
    assert_eq!((status, &results[0]["reason"]), (422, &Value::from("outside_time_window")));
    assert!(
        results[0]["detail"].as_str().unwrap().contains("could take it was 0, which ended at 2014-02-04 01:00:00 UTC"),
        "{}",
        results[0]
    );
    let (status, results) = api.submit(std::slice::from_ref(&good)).await;
    assert_eq!(status, 409);
    api.verify_receipt(&results[0]["receipt"], &good);
}

#[tokio::test]
async fn more_than_may_wait_for_the_disk_is_503_with_retry_after_and_stores_nothing() {
    let api = Api::start_with(snapshot(), 2).await;
    let attestations = honest_epoch(1, 0);
    let encoded: Vec<String> = attestations
        .iter()
        .map(|signed| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, signed.to_bytes()))
        .collect();
    let response = api.post_json(&serde_json::json!({ "attestations": encoded })).await;
    assert_eq!(response.headers()["retry-after"], "1");
    let problem = problem(response).await;
    assert_eq!((problem.status, problem.code.as_str()), (503, "busy"));
    assert_eq!(api.log.len().unwrap(), 0);
    assert_eq!(api.submit(&attestations[..2]).await.0, 200);
}
