//! Health, metrics and alarms, as operators and their tools see them.

use serde_json::json;
use trellis_oracle::alarms::BALANCE_LOW;

use crate::{
    api_support::{Api, problem},
    openapi,
    world::{honest_epoch, reading},
};

async fn metrics(api: &Api) -> String {
    let response = api.client.get(format!("{}/metrics", api.admin_url)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn metrics_count_answers_by_outcome_and_reason() {
    let api = Api::start().await;
    api.submit(&honest_epoch(1, 0)).await;
    api.submit(&honest_epoch(1, 0)[..2]).await;
    let unsigned = reading(3, 0, 100, 50);
    let mut forged = unsigned.signed();
    forged.signature[0] ^= 1;
    api.submit(&[forged]).await;
    let text = metrics(&api).await;
    for line in [
        "trellis_oracle_attestations_total{outcome=\"accepted\",reason=\"\"} 6",
        "trellis_oracle_attestations_total{outcome=\"refused\",reason=\"replayed_sequence\"} 2",
        "trellis_oracle_attestations_total{outcome=\"refused\",reason=\"bad_signature\"} 1",
        "trellis_oracle_batch_attestations_sum 9.0",
        "trellis_oracle_batch_attestations_count 3",
        "trellis_oracle_ready 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "`{line}` is not in: {text}");
    }
}

#[tokio::test]
async fn metrics_and_the_log_level_are_not_served_by_the_api() {
    let api = Api::start().await;
    for path in ["/metrics", "/log-level"] {
        assert_eq!(api.get_problem(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn ready_says_what_is_wrong_while_it_is() {
    let api = Api::start().await;
    assert_eq!(api.get_ok("/healthz").await, json!({ "status": "alive" }));
    assert_eq!(api.get_ok("/readyz").await, json!({ "status": "ready" }));
    // A disk that cannot be written: what stands where the probe is to be is a folder.
    std::fs::create_dir(api.data_dir().join(".writable")).unwrap();
    let response = api.get("/readyz").await;
    assert_eq!(response.headers()["retry-after"], "1");
    let said = problem(response).await;
    assert_eq!((said.status, said.code.as_str()), (503, "not_ready"));
    assert!(said.detail.contains("the data folder cannot be written"), "{said:?}");
    let same = problem(api.client.get(format!("{}/readyz", api.admin_url)).send().await.unwrap()).await;
    assert_eq!(same, said);
    assert!(metrics(&api).await.contains("\ntrellis_oracle_ready 0\n"));
    assert_eq!(api.get_ok("/healthz").await, json!({ "status": "alive" }), "it lives all the same");
    std::fs::remove_dir(api.data_dir().join(".writable")).unwrap();
    assert_eq!(api.get_ok("/readyz").await, json!({ "status": "ready" }));
}

#[tokio::test]
async fn alarms_are_in_the_status() {
    let api = Api::start().await;
    assert_eq!(api.get_ok("/v1/status").await["alarms"], json!([]));
    api.alarms.set(BALANCE_LOW, Some("send it some SOL".to_owned()), 7);
    let wanted = json!([{ "code": "balance_low", "detail": "send it some SOL", "since_unix": 7 }]);
    assert_eq!(api.get_ok("/v1/status").await["alarms"], wanted);
}

#[tokio::test]
async fn answer_that_the_document_does_not_name_is_noticed() {
    // The check itself: an answer that the document does not name must not pass.
    let api = Api::start().await;
    let response = api.client.get(format!("{}/healthz", api.url)).send().await.unwrap();
    let outcome = tokio::spawn(openapi::checked("get", "/v1/status", response)).await;
    assert!(outcome.is_err(), "another route's answer passed as the status");
}
