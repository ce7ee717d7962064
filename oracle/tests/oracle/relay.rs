//! What the relay says where no chain is needed to say it.

use std::sync::Arc;

use serde_json::{Value, json};
use trellis_client::{Chain, chain::Fees};
use trellis_oracle::{
    api,
    key::FileKey,
    relay::{Parts, Relay, book::Book},
    settings::relay::RelaySettings,
};

use crate::{
    api_support::{Api, Problem, new_key, problem, serve},
    openapi,
};

/// Nothing listens there.
const NO_CHAIN: &str = "http://127.0.0.1:1";
const CLAIM: &str = "/v1/relay/claim";
const TRANSACTION: &str = "/v1/relay/transaction";

struct Relaying {
    api: Api,
    url: String,
}

impl Relaying {
    async fn start(settings: RelaySettings) -> Self {
        let api = Api::start().await;
        let (state, key_file) = (&api.state, api.data_dir().join("relay-key.json"));
        new_key(key_file.clone());
        let parts = Parts {
            chain: Chain::new(NO_CHAIN).with_fees(Fees { percentile: 75, max_micro_lamports: 1_000 }),
            target: state.target,
            key: FileKey::read(&key_file).unwrap(),
            clock: state.clock.clone(),
            book: Book::open(api.data_dir(), settings.daily_budget_lamports).unwrap(),
            settings,
            metrics: state.metrics.clone(),
        };
        let state = api::ApiState { relay: Some(Arc::new(Relay::new(parts))), ..state.clone() };
        Self { url: serve(api::router(state)).await, api }
    }

    async fn post_raw(&self, path: &str, content_type: &str, body: String) -> reqwest::Response {
        let request = self.api.client.post(format!("{}{path}", self.url)).header("content-type", content_type);
        openapi::checked("post", path, request.body(body).send().await.unwrap()).await
    }

    async fn refused(&self, body: Value) -> Problem {
        problem(self.post_raw(CLAIM, "application/json", body.to_string()).await).await
    }

    async fn terms(&self) -> Value {
        let response = self.api.client.get(format!("{}/v1/relay", self.url)).send().await.unwrap();
        openapi::checked("get", "/v1/relay", response).await.json().await.unwrap()
    }
}

fn unlimited() -> RelaySettings {
    RelaySettings { client_per_minute: 0, ..RelaySettings::default() }
}

#[tokio::test]
async fn oracle_without_a_relay_says_so() {
    let api = Api::start().await;
    assert_eq!(api.get_ok("/v1/relay").await, json!({ "claims": false, "registrations": false }));
    for (path, body) in [(CLAIM, json!({ "operators": ["0"] })), (TRANSACTION, json!({ "transaction": "" }))] {
        let request = api.client.post(format!("{}{path}", api.url)).json(&body);
        let refused = problem(openapi::checked("post", path, request.send().await.unwrap()).await).await;
        assert_eq!((refused.status, refused.code.as_str()), (404, "no_relay"));
        assert!(refused.detail.contains("a wallet of your own"), "{}", refused.detail);
    }
}

#[tokio::test]
async fn relay_tells_its_terms() {
    let relaying = Relaying::start(unlimited()).await;
    let terms = relaying.terms().await;
    assert_eq!((&terms["claims"], &terms["max_operators"]), (&json!(true), &json!(64)));
    assert_eq!((&terms["daily_budget_lamports"], &terms["left_lamports"]), (&json!(50_000_000), &json!(50_000_000)));
    assert_eq!((&terms["minimum_amount"], &terms["creates_token_accounts"]), (&json!("1"), &json!(false)));
    let now_unix = relaying.api.state.clock.now_unix();
    assert!((1..=86_400).contains(&(terms["renews_unix"].as_i64().unwrap() - now_unix)), "{terms}");
}

#[tokio::test]
async fn request_that_cannot_be_used_is_refused_in_words() {
    let relaying = Relaying::start(unlimited()).await;
    relaying.api.close_next();
    relaying.api.finalize_before(1);
    let many: Vec<String> = (0..65).map(|index: u32| index.to_string()).collect();
    for (body, status, code, words) in [
        (json!({}), 400, "operators", "either `operators` or `range`"),
        (json!({ "operators": ["0"], "range": { "first": 0, "count": 1 } }), 400, "operators", "either"),
        (json!({ "operators": [] }), 400, "operators", "0 operators are asked for: from 1 to 64"),
        (json!({ "operators": many }), 400, "operators", "65 operators are asked for"),
        (json!({ "range": { "first": 0, "count": 0 } }), 400, "operators", "0 operators"),
        (json!({ "range": { "first": 0, "count": 65 } }), 400, "operators", "65 operators"),
        (json!({ "range": { "first": u32::MAX, "count": 2 } }), 400, "operators", "beyond 4294967295"),
        (json!({ "range": { "first": -1, "count": 2 } }), 400, "body", "the body is not operators to be paid"),
        (json!({ "operators": [0] }), 400, "body", "the body is not operators to be paid"),
        (json!({ "operators": ["0"], "instructions": [] }), 400, "body", "instructions"),
        (json!({ "operators": ["x"] }), 400, "operator", "`x` is neither an operator's index nor a wallet's address"),
        (json!({ "operators": ["11111111111111111111111111111111"] }), 404, "not_found", "is no operator"),
    ] {
        let refused = relaying.refused(body.clone()).await;
        assert_eq!((refused.status, refused.code.as_str()), (status, code), "{body}: {}", refused.detail);
        assert!(refused.detail.contains(words), "{body}: {}", refused.detail);
    }
    for (body, status, code, words) in [
        (json!({}), 400, "body", "the body is not a transaction to pay for"),
        (json!({ "transaction": "AA", "sign": true }), 400, "body", "sign"),
        (json!({ "transaction": "A" }), 400, "transaction", "no base64"),
        (json!({ "transaction": "AAAA" }), 400, "transaction", "no transaction of Solana"),
    ] {
        let refused = problem(relaying.post_raw(TRANSACTION, "application/json", body.to_string()).await).await;
        assert_eq!((refused.status, refused.code.as_str()), (status, code), "{body}: {}", refused.detail);
        assert!(refused.detail.contains(words), "{body}: {}", refused.detail);
    }
    for path in [CLAIM, TRANSACTION] {
        let refused = problem(relaying.post_raw(path, "text/plain", "{}".to_owned()).await).await;
        assert_eq!((refused.status, refused.code.as_str()), (415, "content_type"));
        let refused = problem(relaying.post_raw(path, "application/json", " ".repeat(20_000)).await).await;
        assert_eq!((refused.status, refused.code.as_str()), (413, "body"));
    }
}

#[tokio::test]
async fn claim_before_any_epoch_is_final_is_refused() {
    let relaying = Relaying::start(unlimited()).await;
    relaying.api.close_next();
    relaying.api.finalize_before(0);
    let refused = relaying.refused(json!({ "operators": ["0"] })).await;
    assert_eq!((refused.status, refused.detail.as_str()), (404, "no epoch's root is final yet"));
}

#[tokio::test]
async fn chain_that_is_away_costs_nothing_and_is_said() {
    let relaying = Relaying::start(unlimited()).await;
    relaying.api.close_next();
    relaying.api.finalize_before(1);
    let refused = relaying.refused(json!({ "operators": ["0"] })).await;
    assert_eq!((refused.status, refused.code.as_str()), (503, "chain_away"));
    assert!(!refused.detail.contains("127.0.0.1"), "{}", refused.detail);
    assert_eq!(relaying.terms().await["left_lamports"], 50_000_000);
}

#[tokio::test]
async fn address_that_asks_too_often_waits() {
    let relaying = Relaying::start(RelaySettings { client_per_minute: 1, client_burst: 2, ..unlimited() }).await;
    let ask = || relaying.post_raw(CLAIM, "application/json", json!({ "operators": ["0"] }).to_string());
    for _ in 0..2 {
        assert_eq!(ask().await.status(), 404);
    }
    let response = ask().await;
    let wait: u32 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let refused = problem(response).await;
    assert_eq!((refused.status, refused.code.as_str()), (429, "relay_rate"));
    assert!(refused.detail.contains("127.0.0.1"), "{}", refused.detail);
    // Both ways in are counted together.
    let other = json!({ "transaction": "AAAA" }).to_string();
    assert_eq!(relaying.post_raw(TRANSACTION, "application/json", other).await.status(), 429);
}
