//! Devices that sign readings and send them.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use trellis_core::{
    DeviceKey, WattHours,
    attestation::{Attestation, SignedAttestation, VERSION, WorkKind},
    energy::EnergyReading,
    receipt::SignedReceipt,
};
use trellis_epoch::{
    admission::attestation_id,
    receipt::{self, ReceiptJson},
};

use super::PATIENCE;

/// Length of the devices' intervals, as in [`POLICY`](super::network::POLICY).
pub const INTERVAL_SECONDS: u32 = 60;
const ENERGY_WH: u64 = 10;
const RETRY_PAUSE: Duration = Duration::from_millis(20);

/// Signs the device's reading of interval `number` of the network: 10 Wh in each.
pub fn attest(key: &SigningKey, network: [u8; 32], genesis_unix: i64, number: u32) -> SignedAttestation {
    let count = u64::from(number) + 1;
    let reading = EnergyReading { energy: WattHours(ENERGY_WH), counter: WattHours(ENERGY_WH * count) };
    let attestation = Attestation {
        version: VERSION,
        network,
        device: DeviceKey::Ed25519(key.verifying_key().to_bytes()),
        sequence: count,
        interval_start_unix: genesis_unix + i64::from(number) * i64::from(INTERVAL_SECONDS),
        interval_seconds: INTERVAL_SECONDS,
        work_kind: WorkKind::Energy,
        payload: reading.to_bytes().to_vec(),
    };
    let signature = key.sign(&attestation.signing_bytes()).to_bytes();
    SignedAttestation { attestation, signature }
}

/// Receipts by the attestation's id: the position in the oracle's log.
pub type Receipts = BTreeMap<[u8; 32], u64>;

/// The oracle as a device knows it.
#[derive(Clone)]
pub struct Sender {
    pub http: reqwest::Client,
    pub url: String,
    pub oracle: [u8; 32],
}

impl Sender {
    /// Sends until there is an answer, which must hold a receipt for each.
    pub async fn deliver(&self, batch: &[SignedAttestation]) -> Receipts {
        let receipts = self.offer(batch).await;
        assert_eq!(receipts.len(), batch.len(), "some were refused");
        receipts
    }

    /// Sends until there is an answer, and returns the receipts; each must be the oracle's own. What gets none must be
    /// refused because its epoch is closed.
    pub async fn offer(&self, batch: &[SignedAttestation]) -> Receipts {
        let deadline = Instant::now() + PATIENCE;
        let answer = loop {
            match self.submit(batch).await {
                Some(answer) => break answer,
                None => assert!(Instant::now() < deadline, "no answer from {}", self.url),
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        };
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(results.len(), batch.len());
        let receipts = batch.iter().zip(results).filter_map(|(signed, result)| {
            if result["receipt"].is_null() {
                assert_eq!(result["reason"], "outside_time_window", "{result}");
                return None;
            }
            let id = attestation_id(signed);
            Some((id, self.check_receipt(id, result)))
        });
        receipts.collect()
    }

    /// `None` if there was no answer: the batch may be stored or not.
    async fn submit(&self, batch: &[SignedAttestation]) -> Option<Value> {
        let response = self.request(batch).send().await.ok()?;
        if response.status().is_server_error() {
            return None;
        }
        // A connection that breaks in the middle of the answer is no answer.
        response.json().await.ok()
    }

    fn request(&self, batch: &[SignedAttestation]) -> RequestBuilder {
        let encoded: Vec<String> = batch.iter().map(|signed| BASE64_STANDARD.encode(signed.to_bytes())).collect();
        let request = self.http.post(format!("{}/v1/attestations", self.url));
        request.json(&json!({ "attestations": encoded }))
    }

    /// The answer to one request, whatever it is.
    pub async fn post(&self, batch: &[SignedAttestation]) -> Response {
        self.request(batch).send().await.unwrap()
    }

    fn check_receipt(&self, id: [u8; 32], result: &Value) -> u64 {
        let json: ReceiptJson = serde_json::from_value(result["receipt"].clone()).unwrap();
        let signed = SignedReceipt::from(&json);
        assert_eq!((signed.oracle, signed.receipt.attestation_id), (self.oracle, id), "{result}");
        receipt::verify(&signed).unwrap();
        signed.receipt.position
    }
}
