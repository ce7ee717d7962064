//! Asks other oracles.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use solana_address::Address;
use tokio::io::AsyncWriteExt;
use trellis_core::{Epoch, Hash};

use super::{
    Peer,
    auth::{ORACLE_HEADER, SIGNATURE_HEADER, TIME_HEADER},
    offer::{BatchEntry, Offers},
    statement::Statement,
};
use crate::{clock::Clock, key::OracleKey};

/// Longest wait for a connection, and for the next bytes of an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// A peer that sends slower than this is given up after [`IDLE_TIMEOUT`].
const SLOWEST_BYTES_PER_SECOND: u64 = 64 << 10;
/// Longest list of offers: 32 oracles with some hundred batches each.
const MAX_OFFERS_BYTES: u64 = 16 << 20;
/// Longest manifest.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// How much of an error's text is kept.
const MAX_ERROR_BYTES: u64 = 4 << 10;

/// Why a peer did not give what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    #[error("oracle {oracle} cannot be reached: {reason}")]
    Away { oracle: Address, reason: String },
    #[error("oracle {oracle} answers {status} to {path}: {detail}")]
    Refused { oracle: Address, status: u16, path: String, detail: String },
    #[error("oracle {oracle} sends too slowly: {path} was given up after {seconds} s")]
    Slow { oracle: Address, path: String, seconds: u64 },
    #[error("oracle {oracle} sends more than {limit} bytes for {path}")]
    TooLong { oracle: Address, path: String, limit: u64 },
    #[error("oracle {oracle} sends something else than {path}: {detail}")]
    Nonsense { oracle: Address, path: String, detail: String },
    #[error("the request cannot be signed: {0}")]
    Unsigned(#[from] crate::key::SignError),
    #[error("cannot write {path}: {source}")]
    Write { path: String, source: std::io::Error },
}

/// Asks in the name of one oracle.
#[derive(Clone)]
pub struct PeerClient {
    http: reqwest::Client,
    key: Arc<OracleKey>,
    vault: Address,
    clock: Clock,
}

impl PeerClient {
    pub fn new(key: Arc<OracleKey>, vault: Address, clock: Clock) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(IDLE_TIMEOUT)
            // Who answers is named in the settings; nobody else is asked.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, key, vault, clock })
    }

    /// The offers that `peer` holds for `epoch`.
    pub async fn offers(&self, peer: &Peer, epoch: Epoch) -> Result<Offers, PeerError> {
        self.json(peer, &format!("/v1/peers/epochs/{epoch}/offers"), MAX_OFFERS_BYTES).await
    }

    /// A batch's bytes, as many as the offer says. They are not checked.
    pub async fn batch(&self, peer: &Peer, epoch: Epoch, batch: &BatchEntry) -> Result<Vec<u8>, PeerError> {
        self.bytes(peer, &format!("/v1/peers/epochs/{epoch}/batches/{}", hex::encode(batch.hash)), batch.bytes).await
    }

    /// The manifest of the bundle `hash`. It is not checked.
    pub async fn manifest(&self, peer: &Peer, hash: &Hash) -> Result<Vec<u8>, PeerError> {
        self.bytes(peer, &bundle_path(hash, trellis_epoch::bundle::MANIFEST), MAX_MANIFEST_BYTES).await
    }

    /// Writes a file of the bundle `hash`, of `bytes` bytes, to `to` and brings it to the disk. Its content is not checked.
    pub async fn bundle_file(
        &self,
        peer: &Peer,
        hash: &Hash,
        name: &str,
        bytes: u64,
        to: &Path,
    ) -> Result<(), PeerError> {
        let path = bundle_path(hash, name);
        let failed = |source| PeerError::Write { path: to.display().to_string(), source };
        let mut file = tokio::fs::File::create(to).await.map_err(failed)?;
        let mut answer = self.ask(peer, &path, bytes).await?;
        while let Some(chunk) = answer.next().await? {
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)
    }

    async fn json<T: DeserializeOwned>(&self, peer: &Peer, path: &str, limit: u64) -> Result<T, PeerError> {
        let bytes = self.bytes(peer, path, limit).await?;
        serde_json::from_slice(&bytes).map_err(|error| PeerError::Nonsense {
            oracle: peer.oracle,
            path: path.to_owned(),
            detail: error.to_string(),
        })
    }

    async fn bytes(&self, peer: &Peer, path: &str, limit: u64) -> Result<Vec<u8>, PeerError> {
        let mut answer = self.ask(peer, path, limit).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Sends a signed GET. The answer must be a 200.
    async fn ask(&self, peer: &Peer, path: &str, limit: u64) -> Result<Answer, PeerError> {
        let time_unix = self.clock.now_unix();
        let (vault, to) = (self.vault.to_bytes(), peer.oracle.to_bytes());
        let statement = Statement::Request { vault, to, time_unix, path: path.to_owned() };
        let signature = self.key.sign_statement(&statement)?;
        let request = self
            .http
            .get(format!("{}{path}", peer.url))
            .header(ORACLE_HEADER, self.key.address().to_string())
            .header(TIME_HEADER, time_unix.to_string())
            .header(SIGNATURE_HEADER, hex::encode(signature));
        let response = request.send().await.map_err(|error| away(peer, error))?;
        let status = response.status();
        let mut answer =
            Answer { response, peer: peer.clone(), path: path.to_owned(), limit, read: 0, begun: Instant::now() };
        if status == reqwest::StatusCode::OK {
            return Ok(answer);
        }
        answer.limit = MAX_ERROR_BYTES;
        let detail = answer.next().await.ok().flatten().unwrap_or_default();
        Err(PeerError::Refused {
            oracle: peer.oracle,
            status: status.as_u16(),
            path: path.to_owned(),
            detail: String::from_utf8_lossy(&detail).into_owned(),
        })
    }
}

fn bundle_path(hash: &Hash, name: &str) -> String {
    format!("/v1/bundles/{}/{name}", hex::encode(hash))
}

/// Without the address: it may hold a password, and this goes into the status.
fn away(peer: &Peer, error: reqwest::Error) -> PeerError {
    tracing::debug!(oracle = %peer.oracle, %error, "a peer did not answer");
    let reason = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "it does not answer in time",
        (_, true) => "nothing takes connections there",
        _ => "the connection broke",
    };
    PeerError::Away { oracle: peer.oracle, reason: reason.to_owned() }
}

/// An answer's body, read within bounds.
struct Answer {
    response: reqwest::Response,
    peer: Peer,
    path: String,
    limit: u64,
    read: u64,
    begun: Instant,
}

impl Answer {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PeerError> {
        let Some(chunk) = self.response.chunk().await.map_err(|error| away(&self.peer, error))? else {
            return Ok(None);
        };
        self.read += chunk.len() as u64;
        let (oracle, path) = (self.peer.oracle, self.path.clone());
        if self.read > self.limit {
            return Err(PeerError::TooLong { oracle, path, limit: self.limit });
        }
        let patience = IDLE_TIMEOUT + Duration::from_secs(self.read / SLOWEST_BYTES_PER_SECOND);
        if self.begun.elapsed() > patience {
            return Err(PeerError::Slow { oracle, path, seconds: self.begun.elapsed().as_secs() });
        }
        Ok(Some(chunk.to_vec()))
    }
}
