//! An RPC server that fails as told: between an oracle and a real chain.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_transaction::Transaction;

/// The compute budget's instruction that sets the price of a compute unit.
const SET_UNIT_PRICE: u8 = 3;

/// What becomes of a request.
pub enum Fault {
    Pass,
    /// This status instead of an answer.
    Status(u16),
    /// The answer comes late.
    Delay(std::time::Duration),
    /// The answer comes when this is told, or its sender is gone.
    Until(tokio::sync::oneshot::Receiver<()>),
    /// A transaction that is taken in, and never sent on.
    Swallow,
    /// The chain gets it twice.
    Twice,
    /// This result, whatever the chain would say.
    Result(Value),
    /// The chain's result, changed.
    Change(Box<dyn FnOnce(&mut Value) + Send>),
}

type Rule = Box<dyn FnMut(&str, &Value) -> Fault + Send>;

/// Passes JSON-RPC on to a chain, but for what its rule says. Ends with the test's runtime.
pub struct FaultyRpc {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    /// Method and parameters of everything that was asked.
    asked: Mutex<Vec<(String, Value)>>,
}

impl FaultyRpc {
    /// Passes everything on to the server at `upstream`.
    pub async fn start(upstream: &str) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            http: reqwest::Client::new(),
            rule: Mutex::new(Box::new(|_, _| Fault::Pass)),
            asked: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// From now on, `rule` says what becomes of a method with its parameters.
    pub fn set(&self, rule: impl FnMut(&str, &Value) -> Fault + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    pub fn heal(&self) {
        self.set(|_, _| Fault::Pass);
    }

    /// How often `method` was asked.
    pub fn count(&self, method: &str) -> usize {
        self.shared.asked.lock().unwrap().iter().filter(|(asked, _)| asked == method).count()
    }

    /// Different transactions that came, as they were encoded.
    pub fn sent(&self) -> std::collections::BTreeSet<String> {
        let asked = self.shared.asked.lock().unwrap();
        let sent = asked.iter().filter(|(method, _)| method == "sendTransaction");
        sent.map(|(_, params)| params[0].as_str().unwrap().to_owned()).collect()
    }

    /// All transactions that came, copies too, in order.
    pub fn transactions(&self) -> Vec<Transaction> {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|(method, _)| method == "sendTransaction").map(|(_, params)| transaction(params)).collect()
    }
}

/// What the transaction in the parameters of `sendTransaction` is known by, whoever signed it.
fn first_signature(params: &Value) -> solana_signature::Signature {
    let bytes = BASE64_STANDARD.decode(params[0].as_str().unwrap()).unwrap();
    // Behind the count of signatures, which is one byte for as many as fit.
    bytes[1..65].try_into().unwrap()
}

/// The transaction in the parameters of `sendTransaction`.
pub fn transaction(params: &Value) -> Transaction {
    let bytes = BASE64_STANDARD.decode(params[0].as_str().unwrap()).unwrap();
    let (count, rest) = bytes.split_first().unwrap();
    assert_eq!(*count, 1, "the oracle's key signs alone");
    let (signature, message) = rest.split_at(64);
    Transaction { signatures: vec![signature.try_into().unwrap()], message: wincode::deserialize(message).unwrap() }
}

/// What a transaction pays for a compute unit.
pub fn price(transaction: &Transaction) -> u64 {
    let message = &transaction.message;
    let mut prices = message.instructions.iter().filter(|instruction| {
        message.account_keys[usize::from(instruction.program_id_index)] == solana_sdk_ids::compute_budget::ID
            && instruction.data[0] == SET_UNIT_PRICE
    });
    prices.next().map_or(0, |set| u64::from_le_bytes(set.data[1..].try_into().unwrap()))
}

async fn answer(State(shared): State<Arc<Shared>>, body: String) -> axum::response::Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let (method, params) = (request["method"].as_str().unwrap().to_owned(), request["params"].clone());
    shared.asked.lock().unwrap().push((method.clone(), params.clone()));
    let fault = (shared.rule.lock().unwrap())(&method, &params);
    let with_result = |result: Value| json!({ "jsonrpc": "2.0", "id": request["id"], "result": result });
    let answer = match fault {
        Fault::Pass => shared.pass(&body).await,
        Fault::Status(status) => return StatusCode::from_u16(status).unwrap().into_response(),
        Fault::Delay(time) => {
            tokio::time::sleep(time).await;
            shared.pass(&body).await
        }
        Fault::Until(told) => {
            let _ = told.await;
            shared.pass(&body).await
        }
        Fault::Swallow => Some(with_result(json!(first_signature(&params).to_string()))),
        Fault::Twice => {
            shared.pass(&body).await;
            shared.pass(&body).await
        }
        Fault::Result(result) => Some(with_result(result)),
        Fault::Change(change) => shared.pass(&body).await.map(|mut answer| {
            change(&mut answer["result"]);
            answer
        }),
    };
    match answer {
        Some(answer) => axum::Json(answer).into_response(),
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}

impl Shared {
    async fn pass(&self, body: &str) -> Option<Value> {
        let request = self.http.post(&self.upstream).header("content-type", "application/json");
        request.body(body.to_owned()).send().await.ok()?.json().await.ok()
    }
}

/// Is the chain's clock asked for?
pub fn asks_for_clock(method: &str, params: &Value) -> bool {
    method == "getMultipleAccounts" && params[0][0] == "SysvarC1ock11111111111111111111111111111111"
}

/// The clock as it is, but so many slots and seconds ahead.
pub fn shifted_clock(slots: i64, seconds: i64) -> Fault {
    Fault::Change(Box::new(move |result| {
        let data = &mut result["value"][0]["data"];
        assert_eq!(data[1], "base64", "{data}");
        let mut bytes = BASE64_STANDARD.decode(data[0].as_str().unwrap()).unwrap();
        for (range, ahead) in [(0..8, slots), (32..40, seconds)] {
            let old = i64::from_le_bytes(bytes[range.clone()].try_into().unwrap());
            bytes[range].copy_from_slice(&(old + ahead).to_le_bytes());
        }
        data[0] = json!(BASE64_STANDARD.encode(bytes));
    }))
}
