//! Devices and clients that send more than they may: nothing is lost, and nobody uses up another's allowance.

use trellis_core::{
    attestation::SignedAttestation,
    exchange::{Message, Outcome},
};
use trellis_oracle::settings::limits::LimitSettings;

use crate::{
    api_compact::frames,
    api_support::{Api, problem},
    world::{UNREGISTERED, honest_epoch, reading},
};

/// So slow that no test lives to see a bucket leak.
fn limits(device_burst: u32, refused_burst: u32) -> LimitSettings {
    LimitSettings { device_per_minute: 1, device_burst, refused_per_minute: 1, refused_burst }
}

fn encoded(attestations: &[SignedAttestation]) -> serde_json::Value {
    let encode =
        |signed: &SignedAttestation| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, signed.to_bytes());
    serde_json::json!({ "attestations": attestations.iter().map(encode).collect::<Vec<_>>() })
}

#[tokio::test]
async fn device_over_its_rate_is_told_to_send_the_rest_again_and_others_are_not() {
    let api = Api::start_limited(limits(4, 1_000)).await;
    let mut batch = honest_epoch(1, 0);
    batch.push(honest_epoch(2, 0).remove(0));
    let (status, results) = api.submit(&batch).await;
    assert_eq!(status, 200);
    let statuses: Vec<&str> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["accepted", "accepted", "accepted", "accepted", "retry", "retry", "accepted"]);
    let retry = &results[4];
    assert!(retry["retry_after_seconds"].as_u64().is_some_and(|seconds| (1..=60).contains(&seconds)), "{retry}");
    assert_eq!((retry.get("reason"), retry.get("receipt")), (None, None), "no verdict: {retry}");
    assert_eq!(api.log.len().unwrap(), 5);

    // In the compact form too.
    let body = frames(&[batch[4].clone(), honest_epoch(2, 0).remove(1)]);
    let response = api.post_raw(Some("application/octet-stream"), body).await;
    assert_eq!(response.status(), 200);
    let Message::Answer(answer) = Message::from_bytes(&response.bytes().await.unwrap()).unwrap() else { panic!() };
    assert!(
        matches!(answer.outcomes[..], [Outcome::Retry { after_seconds: 1..=60 }, Outcome::Accepted(_)]),
        "{answer:?}"
    );
}

#[tokio::test]
async fn request_that_is_over_the_rate_as_a_whole_is_429_with_retry_after() {
    let api = Api::start_limited(limits(1, 1_000)).await;
    let good = honest_epoch(1, 0);
    assert_eq!(api.submit(&good[..1]).await.0, 200);
    let response = api.post_json(&encoded(&good[1..3])).await;
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    let problem = problem(response).await;
    assert_eq!((problem.status, problem.code.as_str()), (429, "device_rate"));
    assert_eq!(api.log.len().unwrap(), 1);
}

#[tokio::test]
async fn what_the_device_did_not_sign_and_what_is_sent_again_is_not_charged_to_it() {
    let api = Api::start_limited(limits(2, 1_000)).await;
    let good = honest_epoch(1, 0);
    for _ in 0..5 {
        let mut forged = good[0].clone();
        forged.signature[5] ^= 1;
        assert_eq!(api.submit(&[forged]).await.0, 422);
    }
    assert_eq!(api.submit(&good[..1]).await.0, 200);
    for _ in 0..5 {
        // Whoever has seen it sends it again: the device may still send one more.
        assert_eq!(api.submit(&good[..1]).await.0, 409);
    }
    assert_eq!(api.submit(&good[1..2]).await.0, 200);
    assert_eq!(problem(api.post_json(&encoded(&good[2..3])).await).await.status, 429);
}

#[tokio::test]
async fn client_whose_work_is_refused_too_often_is_429_until_it_has_waited() {
    let api = Api::start_limited(limits(1_000, 3)).await;
    let bad = reading(UNREGISTERED, 0, 1, 1).signed();
    assert_eq!(api.submit(&vec![bad; 5]).await.0, 422);
    for body in [encoded(&honest_epoch(1, 0)), serde_json::json!("anything")] {
        let response = api.post_json(&body).await;
        let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=240).contains(&seconds));
        let problem = problem(response).await;
        assert_eq!((problem.status, problem.code.as_str()), (429, "refused_rate"));
        assert!(problem.detail.contains("127.0.0.1"), "{problem:?}");
    }
    let stream = "/v1/attestations/stream";
    let request = api.client.post(format!("{}{stream}", api.url)).header("content-type", "application/octet-stream");
    let response = crate::openapi::checked("post", stream, request.send().await.unwrap()).await;
    assert_eq!(problem(response).await.status, 429);
    assert_eq!(api.get("/v1/status").await.status(), 200, "reading is not limited by it");
    assert_eq!(api.log.len().unwrap(), 0);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_charged_as_refused_work() {
    let api = Api::start_limited(limits(1_000, 3)).await;
    for _ in 0..3 {
        assert_eq!(api.post_json(&serde_json::json!({})).await.status(), 400);
    }
    assert_eq!(api.post_json(&serde_json::json!({})).await.status(), 429);
}
