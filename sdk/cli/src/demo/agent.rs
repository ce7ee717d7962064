//! A device agent: holds its own key and meter, signs readings, and keeps them until the oracle has them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use serde::Deserialize;
use trellis_core::{
    DeviceKey,
    attestation::{Attestation, SignedAttestation, VERSION, WorkKind},
    energy::{EnergyReading, Meter},
};
use trellis_epoch::{
    admission::attestation_id,
    reason::Reason,
    receipt::{self, ReceiptJson},
};

use super::readings::Reading;

/// Length of the turbines' intervals.
pub const INTERVAL_SECONDS: u32 = 600;
/// Attestations in one request: two hours.
const BATCH: usize = 12;
/// How long an agent goes on trying while the oracle is away.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause before a request is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// The oracle as agents know it.
#[derive(Clone)]
pub struct OracleApi {
    pub http: reqwest::Client,
    pub url: Arc<str>,
    pub oracle: [u8; 32],
}

/// The oracle's answer to one attestation.
#[derive(Clone, Debug, Deserialize)]
pub struct Answer {
    pub status: String,
    pub reason: Option<Reason>,
    pub detail: Option<String>,
    pub receipt: Option<ReceiptJson>,
}

#[derive(Deserialize)]
struct Answers {
    results: Vec<Answer>,
}

impl OracleApi {
    /// Sends a batch once. An error means no answer: it may or may not have been stored.
    pub async fn submit(&self, batch: &[SignedAttestation]) -> Result<Vec<Answer>> {
        let encoded: Vec<String> = batch.iter().map(|signed| BASE64_STANDARD.encode(signed.to_bytes())).collect();
        let request = self.http.post(format!("{}/v1/attestations", self.url));
        let response = request.json(&serde_json::json!({ "attestations": encoded })).send().await?;
        let status = response.status();
        if status.is_server_error() {
            bail!("the oracle answered {status}");
        }
        let answers: Answers = response.json().await.context("the oracle's answer")?;
        anyhow::ensure!(
            answers.results.len() == batch.len(),
            "the oracle answered {} of {}",
            answers.results.len(),
            batch.len()
        );
        Ok(answers.results)
    }

    /// Is this the oracle's signature over a receipt for the attestation `id`?
    fn check_receipt(&self, receipt: &ReceiptJson, id: &[u8; 32]) -> Result<()> {
        anyhow::ensure!(receipt.attestation_id == *id, "the receipt is for another attestation");
        anyhow::ensure!(receipt.oracle == self.oracle, "the receipt is of another oracle");
        Ok(receipt::verify(&receipt.into())?)
    }
}

/// `attestation` with the signature of `key`, whoever's it is.
pub(super) fn signed_by(key: &SigningKey, attestation: Attestation) -> SignedAttestation {
    let signature = key.sign(&attestation.signing_bytes()).to_bytes();
    SignedAttestation { attestation, signature }
}

/// One turbine's agent.
pub struct Agent {
    pub turbine: String,
    key: SigningKey,
    network: [u8; 32],
    meter: Meter,
    next_sequence: u64,
    pub(super) api: OracleApi,
    /// The last attestation that the oracle has.
    pub(super) last_delivered: Option<SignedAttestation>,
    /// Ids of all attestations that the oracle gave a receipt for, in order.
    pub receipts: Vec<[u8; 32]>,
    /// Requests that got no answer and were sent again.
    pub retries: usize,
}

impl Agent {
    pub fn new(turbine: &str, secret: [u8; 32], network: [u8; 32], api: OracleApi) -> Self {
        Self {
            turbine: turbine.to_owned(),
            key: SigningKey::from_bytes(&secret),
            network,
            meter: Meter::default(),
            next_sequence: 1,
            api,
            last_delivered: None,
            receipts: Vec::new(),
            retries: 0,
        }
    }

    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs what was measured; `None` where nothing was: the device leaves a gap.
    pub fn attest(&mut self, reading: &Reading) -> Option<SignedAttestation> {
        let power = reading.average_nanowatts?;
        let measured = self.meter.measure(power, INTERVAL_SECONDS)?;
        Some(self.sign(reading.start_unix, measured))
    }

    /// Signs any reading with the next sequence number, without asking the meter: for trying to cheat.
    pub fn sign(&mut self, start_unix: i64, reading: EnergyReading) -> SignedAttestation {
        let attestation = Attestation {
            version: VERSION,
            network: self.network,
            device: DeviceKey::Ed25519(self.public_key()),
            sequence: self.next_sequence,
            interval_start_unix: start_unix,
            interval_seconds: INTERVAL_SECONDS,
            work_kind: WorkKind::Energy,
            payload: reading.to_bytes().to_vec(),
        };
        self.next_sequence += 1;
        signed_by(&self.key, attestation)
    }

    /// What the meter shows now.
    pub fn counter_wh(&self) -> u64 {
        self.meter.counter().get()
    }

    /// Signs and sends readings; returns once the oracle has given a receipt for each. `progress` hears of each batch.
    pub async fn send(&mut self, readings: &[Reading], progress: impl Fn(usize)) -> Result<()> {
        for chunk in readings.chunks(BATCH) {
            let batch: Vec<SignedAttestation> = chunk.iter().filter_map(|reading| self.attest(reading)).collect();
            if !batch.is_empty() {
                self.deliver(&batch).await.with_context(|| format!("turbine {}", self.turbine))?;
            }
            progress(chunk.len());
        }
        Ok(())
    }

    /// Sends the same batch until it is answered: what was stored before is answered with its first receipt.
    pub async fn deliver(&mut self, batch: &[SignedAttestation]) -> Result<()> {
        let started = Instant::now();
        let answers = loop {
            match self.api.submit(batch).await {
                Ok(answers) => break answers,
                Err(error) if started.elapsed() > PATIENCE => return Err(error),
                Err(_) => self.retries += 1,
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        };
        for (signed, answer) in batch.iter().zip(answers) {
            let id = attestation_id(signed);
            let Some(receipt) = &answer.receipt else {
                bail!("sequence {} was refused: {:?} {:?}", signed.attestation.sequence, answer.reason, answer.detail);
            };
            self.api.check_receipt(receipt, &id)?;
            self.receipts.push(id);
            self.last_delivered = Some(signed.clone());
        }
        Ok(())
    }
}
