//! What the demo sends among the honest traffic, and how the oracle must refuse it.

use anyhow::{Context, Result, bail};
use ed25519_dalek::SigningKey;
use serde::Deserialize;
use trellis_core::{DeviceKey, WattHours, attestation::Attestation, energy::EnergyReading};
use trellis_epoch::{admission::attestation_id, encoding::base58, reason::Reason};

use super::{
    agent::{Agent, signed_by},
    oracle::OracleProcess,
    readings::Reading,
};

/// A refusal that was seen.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Refused {
    pub what: &'static str,
    pub reason: Reason,
    pub detail: String,
}

/// An attestation that was taken in, and must be refused when its epoch closes.
pub struct Pending {
    what: &'static str,
    device: [u8; 32],
    id: [u8; 32],
    sequence: u64,
    wanted: Reason,
}

/// Sends what ingest must refuse at once; among it a replay of the last attestation that `agent` delivered.
pub async fn at_ingest(agent: &mut Agent, next: &Reading, stranger: [u8; 32]) -> Result<Vec<Refused>> {
    let honest = agent.last_delivered.clone().context("nothing was delivered yet")?;
    let mut forged = honest.clone();
    forged.attestation.sequence += 1_000_000;
    forged.attestation.payload = reading(0, u64::MAX).to_bytes().to_vec();

    let stranger = SigningKey::from_bytes(&stranger);
    let key = DeviceKey::Ed25519(stranger.verifying_key().to_bytes());
    let unregistered = signed_by(&stranger, Attestation { device: key, ..honest.attestation.clone() });

    let too_much = 1_000_000;
    let overpowered = agent.sign(next.start_unix, reading(too_much, agent.counter_wh() + too_much));
    let mut foreign = honest.clone();
    foreign.attestation.network = [7; 32];

    let mut seen = Vec::new();
    for (what, signed, wanted) in [
        ("a replay", honest.clone(), Reason::ReplayedSequence),
        ("a forged signature", forged, Reason::BadSignature),
        ("an unregistered device", unregistered, Reason::UnknownDevice),
        ("energy above rated power", overpowered, Reason::AboveRatedPower),
        ("another network's attestation", foreign, Reason::WrongNetwork),
    ] {
        let answer = agent.api.submit(std::slice::from_ref(&signed)).await?.remove(0);
        if answer.status != "refused" || answer.reason != Some(wanted) {
            bail!("{what} was answered {answer:?}, refused for {wanted} was wanted");
        }
        seen.push(Refused { what, reason: wanted, detail: answer.detail.unwrap_or_default() });
    }
    Ok(seen)
}

/// A reading whose counter runs back. Whether it does shows only beside its neighbours, so it is taken in, with a
/// receipt, and judged when its epoch closes.
pub async fn counter_running_back(agent: &mut Agent, next: &Reading) -> Result<Pending> {
    let fallen = agent.counter_wh().saturating_sub(1_000);
    let signed = agent.sign(next.start_unix, reading(0, fallen));
    agent.deliver(std::slice::from_ref(&signed)).await?;
    Ok(Pending {
        what: "a counter running back",
        device: agent.public_key(),
        id: attestation_id(&signed),
        sequence: signed.attestation.sequence,
        wanted: Reason::CounterFell,
    })
}

#[derive(Deserialize)]
struct History {
    attestations: Vec<HistoryRow>,
}

#[derive(Deserialize)]
struct HistoryRow {
    id: String,
    refused: Option<Reason>,
    detail: Option<String>,
}

impl Pending {
    /// Looks the verdict up in the device's history, once the epoch is closed.
    pub async fn check(self, oracle: &OracleProcess) -> Result<Refused> {
        let device = base58::encode(&self.device);
        let path = format!("/v1/devices/{device}/attestations?from_sequence={}", self.sequence);
        let history: History = oracle.get(&path).await?;
        let id = hex::encode(self.id);
        let row = history.attestations.into_iter().find(|row| row.id == id);
        match row {
            Some(HistoryRow { refused: Some(reason), detail, .. }) if reason == self.wanted => {
                Ok(Refused { what: self.what, reason, detail: detail.unwrap_or_default() })
            }
            Some(row) => bail!("{} ended as {:?}, refused for {} was wanted", self.what, row.refused, self.wanted),
            None => bail!("{} is not in the history of device {device}", self.what),
        }
    }
}

fn reading(energy: u64, counter: u64) -> EnergyReading {
    EnergyReading { energy: WattHours(energy), counter: WattHours(counter) }
}
