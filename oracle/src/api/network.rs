//! `GET /v1/network`: what the network is.

use axum::{Json, extract::State};
use serde::Serialize;
use trellis_client::{REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID};
use trellis_core::attestation::WorkKind;
use trellis_epoch::{encoding::base58, snapshot::Class};

use super::{ApiError, ApiState, decimal::Decimal};

#[derive(Serialize)]
pub struct NetworkJson {
    name: String,
    network: String,
    vault: String,
    mint: String,
    /// Digits of an amount that stand behind the point.
    decimals: u8,
    token_program: String,
    genesis_unix: i64,
    epoch_seconds: u32,
    /// Most that an epoch's root may add.
    epoch_cap: Decimal,
    policy_hash: String,
    operators: usize,
    devices: usize,
    classes: Vec<ClassJson>,
    /// The vault's oracle set; empty until the chain was heard.
    oracles: Vec<String>,
    programs: Programs,
    /// Solana's JSON-RPC for browsers; absent: none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    rpc_url: Option<String>,
}

#[derive(Serialize)]
struct ClassJson {
    index: u16,
    work_kind: &'static str,
    rated_power_watts: u64,
    weight: u32,
}

#[derive(Serialize)]
struct Programs {
    registry: String,
    token: String,
    staking: String,
    rewards: String,
}

impl From<&Class> for ClassJson {
    fn from(class: &Class) -> Self {
        let Class { index, work_kind, rated_power_watts, weight } = *class;
        let work_kind = match WorkKind::from_u8(work_kind) {
            Some(WorkKind::Energy) => "energy",
            None => "unknown",
        };
        Self { index, work_kind, rated_power_watts, weight }
    }
}

pub async fn network(State(state): State<ApiState>) -> Result<Json<NetworkJson>, ApiError> {
    let (snapshot, facts) = (state.snapshot.get(), &state.facts);
    Ok(Json(NetworkJson {
        name: facts.name.clone(),
        network: state.target.network.to_string(),
        vault: state.target.vault.to_string(),
        mint: base58::encode(&snapshot.mint),
        decimals: facts.decimals,
        token_program: facts.token_program.to_string(),
        genesis_unix: snapshot.genesis_unix,
        epoch_seconds: snapshot.epoch_seconds,
        epoch_cap: Decimal(snapshot.epoch_cap),
        policy_hash: hex::encode(snapshot.policy_hash),
        operators: snapshot.operators.len(),
        devices: snapshot.devices.len(),
        classes: snapshot.classes.iter().map(ClassJson::from).collect(),
        oracles: state.shared.view().members.iter().map(ToString::to_string).collect(),
        programs: Programs {
            registry: REGISTRY_ID.to_string(),
            token: TOKEN_ID.to_string(),
            staking: STAKING_ID.to_string(),
            rewards: REWARDS_ID.to_string(),
        },
        rpc_url: facts.rpc_url.clone(),
    }))
}
