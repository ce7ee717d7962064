//! An RPC server in front of the local chain, which adds a crowd to the registry's accounts. The local chain itself would take
//! hours to be given a hundred thousand: each new account makes it copy the list of all that its program owns.

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_rpc_client_api::filter::RpcFilterType;
use tokio::net::TcpListener;
use trellis_client::REGISTRY_ID;

use super::crowd::Placed;

/// What an account holds, so that it is kept.
const RENT_LAMPORTS: u64 = 10_000_000;

/// The server. Clones share the crowd.
#[derive(Clone)]
pub struct CrowdedRpc {
    chain_url: String,
    http: reqwest::Client,
    crowd: Arc<RwLock<Vec<Placed>>>,
}

impl CrowdedRpc {
    pub fn new(chain_url: &str) -> Self {
        Self { chain_url: chain_url.to_owned(), http: reqwest::Client::new(), crowd: Arc::default() }
    }

    /// Serves until the runtime ends; the address.
    pub async fn serve(&self) -> Result<SocketAddr> {
        let router = Router::new().fallback(answer).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }

    /// Takes `crowd` in the place of the one before it, and writes the network, which counts it, to the chain.
    pub async fn take(&self, crowd: Vec<Placed>, network: &Placed) -> Result<()> {
        let account =
            json!({ "data": hex::encode(&network.data), "lamports": RENT_LAMPORTS, "owner": REGISTRY_ID.to_string() });
        let params = json!([network.address.to_string(), account]);
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "surfnet_setAccount", "params": params });
        let answer: Value = serde_json::from_slice(&self.forward(serde_json::to_vec(&request)?.into()).await?)?;
        ensure!(answer["error"].is_null(), "the network's account was not taken: {answer}");
        *self.crowd.write().unwrap_or_else(PoisonError::into_inner) = crowd;
        Ok(())
    }

    async fn forward(&self, body: Bytes) -> Result<Bytes> {
        let request = self.http.post(&self.chain_url).header(header::CONTENT_TYPE, "application/json").body(body);
        Ok(request.send().await?.bytes().await?)
    }

    async fn answer(&self, body: Bytes) -> Result<Bytes> {
        let answer = self.forward(body.clone()).await?;
        let request: Value = serde_json::from_slice(&body)?;
        match request["method"] == "getProgramAccounts" && request["params"][0] == REGISTRY_ID.to_string() {
            true => self.crowded(&request, &serde_json::from_slice(&answer)?),
            false => Ok(answer),
        }
    }

    /// `answer` with those of the crowd that `request` asks for.
    fn crowded(&self, request: &Value, answer: &Value) -> Result<Bytes> {
        let filters: Vec<RpcFilterType> = serde_json::from_value(request["params"][1]["filters"].clone())?;
        let wanted = |placed: &&Placed| {
            filters.iter().all(|filter| match filter {
                RpcFilterType::DataSize(bytes) => placed.data.len() as u64 == *bytes,
                RpcFilterType::Memcmp(same) => same.bytes_match(&placed.data),
                RpcFilterType::TokenAccountState => false,
            })
        };
        let own = answer["result"].as_array().with_context(|| format!("accounts, not {answer}"))?;
        let mut rows: Vec<String> = own.iter().map(Value::to_string).collect();
        let crowd = self.crowd.read().unwrap_or_else(PoisonError::into_inner);
        rows.extend(crowd.iter().filter(wanted).map(row));
        Ok(format!(r#"{{"jsonrpc":"2.0","id":{},"result":[{}]}}"#, request["id"], rows.join(",")).into())
    }
}

/// As a server lists an account.
fn row(Placed { address, data }: &Placed) -> String {
    let (space, data) = (data.len(), BASE64_STANDARD.encode(data));
    format!(
        r#"{{"pubkey":"{address}","account":{{"data":["{data}","base64"],"executable":false,"lamports":{RENT_LAMPORTS},"owner":"{REGISTRY_ID}","rentEpoch":0,"space":{space}}}}}"#
    )
}

async fn answer(State(rpc): State<CrowdedRpc>, body: Bytes) -> Response {
    match rpc.answer(body).await {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}
