//! Requests that are no submissions at all.

use reqwest::Method;
use serde_json::json;
use trellis_oracle::log::Log;

use crate::log_store::of_epoch;
use crate::{
    api_support::{Api, MAX_BATCH, problem},
    world::reading,
};

const JSON: Option<&str> = Some("application/json");

#[tokio::test]
async fn bodies_that_are_no_submission_are_400_and_say_what_is_wanted() {
    let api = Api::start().await;
    for (body, words) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("hello", "expected value"),
        ("[]", "invalid length"),
        ("null", "invalid type"),
        ("{}", "missing field `attestations`"),
        (r#"{"attestations": "AAAA"}"#, "expected a sequence"),
        (r#"{"attestations": [1]}"#, "expected a string"),
        (r#"{"attestations": [null]}"#, "expected a string"),
        (r#"{"attestations": ["AA=="], "extra": 1}"#, "unknown field `extra`"),
        (r#"{"attestations": ["AA=="]} trailing"#, "trailing characters"),
    ] {
        let problem = problem(api.post_raw(JSON, body).await).await;
        assert_eq!((problem.status, problem.code.as_str()), (400, "body"), "{body}");
        assert!(problem.detail.contains(words) && problem.detail.contains("attestations"), "{body}: {problem:?}");
    }
    let problem = problem(api.post_raw(JSON, vec![0xff, 0xfe, 0x00]).await).await;
    assert_eq!((problem.status, problem.code.as_str()), (400, "body"));
}

#[tokio::test]
async fn content_type_other_than_json_is_415_and_named() {
    let api = Api::start().await;
    let body = json!({ "attestations": ["AA=="] }).to_string();
    for content_type in
        [None, Some("text/plain"), Some("application/jsonl"), Some("application/x-www-form-urlencoded"), Some("")]
    {
        let problem = problem(api.post_raw(content_type, body.clone()).await).await;
        assert_eq!((problem.status, problem.code.as_str()), (415, "content_type"), "{content_type:?}");
        assert!(problem.detail.contains(content_type.unwrap_or_default()), "{problem:?}");
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=utf-8"] {
        let status = api.post_raw(Some(content_type), body.clone()).await.status();
        assert_eq!(status, 422, "{content_type} gets as far as the attestation");
    }
}

#[tokio::test]
async fn base64_that_is_none_is_400_and_names_the_position() {
    let api = Api::start().await;
    for bad in ["A", "AAA", "!!!!", "AA==AA", "AB=="] {
        let body = json!({ "attestations": ["AA==", bad] });
        let problem = problem(api.post_json(&body).await).await;
        assert_eq!((problem.status, problem.code.as_str()), (400, "base64"), "{bad}");
        assert!(problem.detail.starts_with("attestation 1: "), "{problem:?}");
    }
}

#[tokio::test]
async fn batch_without_or_with_too_many_attestations_is_refused() {
    let api = Api::start().await;
    let empty = problem(api.post_json(&json!({ "attestations": [] })).await).await;
    assert_eq!((empty.status, empty.code.as_str()), (400, "empty"));
    let many = problem(api.post_json(&json!({ "attestations": vec!["AA=="; MAX_BATCH + 1] })).await).await;
    assert_eq!((many.status, many.code.as_str()), (413, "batch_too_large"));
    assert!(many.detail.contains("9 attestations") && many.detail.contains("at most 8"), "{many:?}");
    let (status, _) = api.submit_wires(&vec![vec![0]; MAX_BATCH]).await;
    assert_eq!(status, 422, "a full batch is taken");
}

#[tokio::test]
async fn body_larger_than_any_batch_is_413() {
    let api = Api::start().await;
    let body = json!({ "attestations": ["A".repeat(20_000)] }).to_string();
    let problem = problem(api.post_raw(JSON, body).await).await;
    assert_eq!((problem.status, problem.code.as_str()), (413, "body"));
}

#[tokio::test]
async fn full_batch_of_the_longest_attestations_fits_the_limit() {
    let api = Api::start().await;
    let longest = reading(1, 0, 1, 1).signed_with(|attestation| attestation.payload = vec![7; 1_024]);
    let (status, results) = api.submit(&vec![longest; MAX_BATCH]).await;
    assert_eq!(status, 422);
    assert!(results.iter().all(|result| result["reason"] == "malformed"), "{results:?}");
}

#[tokio::test]
async fn unknown_path_is_404_and_named() {
    let api = Api::start().await;
    for path in ["/", "/v1", "/v1/attestation", "/v2/status", "/v1/epochs/1/more", "/v1/operators/1/more"] {
        let problem = api.get_problem(path).await;
        assert_eq!((problem.status, problem.code.as_str()), (404, "not_found"), "{path}");
        assert!(problem.detail.ends_with(path), "{problem:?}");
    }
}

#[tokio::test]
async fn wrong_method_is_405_and_named() {
    let api = Api::start().await;
    for (method, path) in [
        (Method::GET, "/v1/attestations"),
        (Method::DELETE, "/v1/attestations"),
        (Method::POST, "/v1/status"),
        (Method::PUT, "/v1/epochs/0"),
        (Method::POST, "/v1/operators/0/proof"),
        (Method::PATCH, "/v1/devices/x/attestations"),
    ] {
        let response = api.client.request(method.clone(), format!("{}{path}", api.url)).send().await.unwrap();
        let problem = problem(response).await;
        assert_eq!((problem.status, problem.code.as_str()), (405, "method_not_allowed"), "{method} {path}");
        assert!(problem.detail.contains(method.as_str()), "{problem:?}");
    }
}

#[tokio::test]
async fn path_that_is_no_text_is_400() {
    let api = Api::start().await;
    for path in ["/v1/epochs/%ff", "/v1/operators/%ff/proof", "/v1/devices/%c3%28/attestations"] {
        assert_eq!(api.get_problem(path).await.status, 400, "{path}");
    }
}

/// Whatever came before, good work is still taken, and nothing else is in the log.
#[tokio::test]
async fn server_after_bad_input_of_every_kind_takes_good_work_and_holds_only_that() {
    let api = Api::start().await;
    let good = reading(1, 0, 100, 100).signed();
    let wire = good.to_bytes();
    for body in [String::new(), "{".to_owned(), "[[[[".repeat(2_000), json!({ "attestations": ["!"] }).to_string()] {
        assert!(api.post_raw(JSON, body).await.status().is_client_error());
    }
    for length in (0..wire.len()).step_by(7) {
        assert_eq!(api.submit_wires(&[wire[..length].to_vec()]).await.0, 422);
    }
    let mut forged = good.clone();
    forged.signature = [0; 64];
    assert_eq!(api.submit(&[forged]).await.0, 422);
    assert_eq!(api.log.len().unwrap(), 0);

    let (status, results) = api.submit(std::slice::from_ref(&good)).await;
    assert_eq!((status, results[0]["status"].as_str()), (200, Some("accepted")));
    let stored = of_epoch(&api.log, 0);
    assert_eq!(stored.iter().map(|record| &record.wire).collect::<Vec<_>>(), [&wire]);
}
