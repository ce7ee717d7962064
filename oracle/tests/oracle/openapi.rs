//! The OpenAPI document says what the API does: every answer that a test gets is checked against it.

use std::collections::BTreeSet;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use trellis_epoch::reason::Reason;
use trellis_oracle::{alarms, api, relay::outcome::Kind};

use crate::api_support::Api;

fn document() -> Value {
    serde_json::from_str(api::OPENAPI).unwrap()
}

/// The document's path that `path` is an instance of.
fn template(document: &Value, path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap();
    let fits = |template: &str| {
        let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    };
    document["paths"].as_object().unwrap().keys().find(|template| fits(template)).cloned()
}

/// Panics unless the document names the answer: its status, its type and every field. What is nowhere in the document
/// must be a 404 or a 405.
pub async fn checked(method: &str, path: &str, response: Response) -> Response {
    let document = document();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.unwrap();
    let rebuilt = || {
        let mut rebuilt = axum::http::Response::builder().status(status);
        *rebuilt.headers_mut().unwrap() = headers.clone();
        Response::from(rebuilt.body(body.clone()).unwrap())
    };
    let Some(template) = template(&document, path) else {
        assert_eq!(status, StatusCode::NOT_FOUND, "{path} is not in the document");
        return rebuilt();
    };
    let operation = &document["paths"][&template][method];
    let answer = &operation["responses"][status.as_str()];
    assert!(answer.is_object(), "{method} {template} answers {status}, which the document does not name");
    if let Some(content) = answer["content"].as_object() {
        let found = headers.get("content-type").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let schema = content.get(&found).unwrap_or_else(|| panic!("{method} {path} answers {status} in `{found}`"));
        if found != "application/json" {
            return rebuilt();
        }
        // References lead from the document's root.
        let schema = json!({ "allOf": [schema["schema"]], "components": document["components"] });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&body).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(wrong.is_empty(), "{method} {path} answers {status} {body}, against the document: {wrong:?}");
    }
    rebuilt()
}

#[tokio::test]
async fn document_is_served_and_its_paths_are_all_there() {
    let api = Api::start().await;
    assert_eq!(api.get_ok("/v1/openapi.json").await, document());
    for (template, operations) in document()["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let path = template.replace("{epoch}", "0").replace("{operator}", "0").replace("{device}", "x");
            let method: reqwest::Method = method.to_uppercase().parse().unwrap();
            let response = api.client.request(method.clone(), format!("{}{path}", api.url)).send().await.unwrap();
            assert_ne!(response.status(), 405, "{method} {template}");
            // A route that is not there names the path; one that is names what it looked for.
            let body = response.text().await.unwrap();
            assert!(!body.contains("there is nothing at"), "{method} {template}: {body}");
        }
    }
}

/// The routes as the code has them.
fn routes_in_the_code() -> BTreeSet<String> {
    let code = include_str!("../../src/api/mod.rs");
    let names = code.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    names.collect()
}

#[test]
fn every_route_reason_and_alarm_is_in_the_document() {
    let document = document();
    let paths: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(routes_in_the_code(), paths);
    let listed = |pointer: &str| -> BTreeSet<String> {
        let values = document.pointer(pointer).unwrap().as_array().unwrap();
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let reasons = Reason::ALL.iter().map(|reason| reason.name().to_owned()).collect();
    assert_eq!(listed("/components/schemas/Reason/enum"), reasons);
    let outcomes = Kind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    assert_eq!(listed("/components/schemas/RelayedClaim/properties/outcome/enum"), outcomes);
    let alarms = alarms::ALL.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(listed("/components/schemas/Alarm/properties/code/enum"), alarms);
}
