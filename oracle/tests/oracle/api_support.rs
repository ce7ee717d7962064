//! The API on a free port, with a registry made by hand instead of a chain.

use std::{os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use tokio::sync::watch;
use trellis_core::{Epoch, attestation::SignedAttestation, receipt::SignedReceipt};
use trellis_epoch::{Policy, Snapshot, receipt::ReceiptJson};
use trellis_oracle::{
    alarms::Alarms,
    api::{
        self, ApiState, Streams,
        admin::{self, AdminState},
    },
    bundles::Book,
    chain_view::{SnapshotCell, Target},
    clock::Clock,
    epochs::Epochs,
    health::Health,
    ingest::{self, Ingest, Signatures},
    key::OracleKey,
    limits::{AddressLimit, ClientAddress, DeviceLimit, Rate},
    log::{self, Appender, LogStore},
    metrics::Metrics,
    network_facts::NetworkFacts,
    quorum::{candidates::Candidates, store::PeerStore},
    settings::{ClockSource, limits::LimitSettings},
    shared::Shared,
    statements::{Appeals, Corrections},
};

use crate::{
    closer::{GRACE, closable},
    log_store::open,
    openapi,
    world::{NETWORK, VAULT, policy, snapshot},
};

pub const MAX_BATCH: usize = 8;
pub const MAX_SNAPSHOT_AGE: Duration = Duration::from_secs(60);

pub struct Api {
    pub url: String,
    pub admin_url: String,
    pub client: Client,
    pub log: Arc<LogStore>,
    pub shared: Arc<Shared>,
    pub alarms: Alarms,
    pub book: Book,
    /// Ends streams.
    pub stopping: watch::Sender<bool>,
    pub key: Arc<OracleKey>,
    pub peers: Arc<PeerStore>,
    /// What the API has.
    pub state: ApiState,
    pub oracle: Address,
    folder: tempfile::TempDir,
}

/// An answer other than 2xx, which must be JSON of the one shape.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    pub code: String,
    pub detail: String,
}

impl Api {
    /// All of epochs 0 and 1 are past.
    pub async fn start() -> Self {
        Self::start_with(snapshot(), 1_000).await
    }

    pub async fn start_with(snapshot: Snapshot, max_pending: usize) -> Self {
        Self::start_at(closable(1), snapshot, max_pending).await
    }

    /// With the chain's clock at `now_unix`. The oracle carries it on by as much as the test takes.
    pub async fn start_at(now_unix: i64, snapshot: Snapshot, max_pending: usize) -> Self {
        Self::start_all(now_unix, snapshot, policy(), max_pending, LimitSettings::default()).await
    }

    pub async fn start_with_policy(snapshot: Snapshot, policy: Policy) -> Self {
        Self::start_all(closable(1), snapshot, policy, 1_000, LimitSettings::default()).await
    }

    /// With limits for devices and client addresses.
    pub async fn start_limited(limits: LimitSettings) -> Self {
        Self::start_all(closable(1), snapshot(), policy(), 1_000, limits).await
    }

    /// With copies of the bundles in `store`.
    pub async fn start_with_book(store: Option<&str>) -> Self {
        let limits = LimitSettings::default();
        Self::start_whole(closable(1), snapshot(), policy(), 1_000, limits, store.map(str::to_owned)).await
    }

    async fn start_all(
        now_unix: i64,
        snapshot: Snapshot,
        policy: Policy,
        max_pending: usize,
        limits: LimitSettings,
    ) -> Self {
        Self::start_whole(now_unix, snapshot, policy, max_pending, limits, None).await
    }

    async fn start_whole(
        now_unix: i64,
        snapshot: Snapshot,
        policy: Policy,
        max_pending: usize,
        limits: LimitSettings,
        store: Option<String>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Arc::new(new_key(folder.path().join("key.json")));
        let log = Arc::new(open(folder.path()).unwrap());
        let (appender, _writer) = log::start(Arc::clone(&log), max_pending).unwrap();
        let clock = Clock::new(ClockSource::Chain, now_unix);
        let cell = SnapshotCell::new(snapshot);
        let (shared, oracle) = (Arc::new(Shared::default()), key.address());
        let peers = Arc::new(PeerStore::open(folder.path(), Address::from(VAULT), oracle).unwrap());
        let bundles = folder.path().join("bundles");
        let book = Book::open(folder.path(), &bundles, store).unwrap();
        let metrics = Metrics::default();
        let alarms = Alarms::new(metrics.clone());
        let health = Health {
            snapshot: cell.clone(),
            clock: clock.clone(),
            data_dir: folder.path().to_owned(),
            log: log.clone(),
            max_age: MAX_SNAPSHOT_AGE,
            metrics: metrics.clone(),
        };
        let admin = AdminState { health: health.clone(), metrics: metrics.clone(), level: None };
        let ingest = Ingest::start(ingest::Parts {
            policy: Arc::new(policy),
            devices: DeviceLimit::new(limits.device()),
            ..ingest_parts(appender, cell.clone(), clock.clone(), Arc::clone(&key), max_pending)
        });
        let (stopping, stop) = watch::channel(false);
        let state = ApiState {
            target: Target { network: Address::from(NETWORK), vault: Address::from(VAULT) },
            ingest: ingest.unwrap(),
            snapshot: cell,
            clock,
            log: log.clone(),
            epochs: Arc::new(Epochs::new(bundles).with_book(book.clone())),
            shared: Arc::clone(&shared),
            oracle,
            max_batch: MAX_BATCH,
            refused: AddressLimit::new(limits.refused()),
            streams: Streams::new(stop),
            health,
            metrics,
            alarms: alarms.clone(),
            corrections: Arc::new(Corrections::open(folder.path()).unwrap()),
            appeals: Arc::new(Appeals::open(folder.path()).unwrap()),
            candidates: Candidates::new(&folder.path().join("bundles")),
            peers: Some(Arc::clone(&peers)),
            relay: None,
            facts: Arc::new(facts()),
            dashboard: None,
        };
        let url = serve(api::router(state.clone())).await;
        let admin_url = serve(admin::router(admin)).await;
        Self {
            url,
            admin_url,
            client: Client::new(),
            log,
            shared,
            alarms,
            book,
            stopping,
            key,
            peers,
            state,
            oracle,
            folder,
        }
    }

    /// A GET. Whatever comes is as the OpenAPI document says.
    pub async fn get(&self, path: &str) -> Response {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        openapi::checked("get", path, response).await
    }

    /// The body of a 200.
    pub async fn get_ok(&self, path: &str) -> Value {
        let response = self.get(path).await;
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub async fn get_problem(&self, path: &str) -> Problem {
        problem(self.get(path).await).await
    }

    pub async fn post_raw(&self, content_type: Option<&str>, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(format!("{}/v1/attestations", self.url)).body(body);
        let request = match content_type {
            Some(content_type) => request.header("content-type", content_type),
            None => request,
        };
        openapi::checked("post", "/v1/attestations", request.send().await.unwrap()).await
    }

    pub async fn post_json(&self, body: &Value) -> Response {
        self.post_raw(Some("application/json"), body.to_string()).await
    }

    /// Status and results of wire bytes that were submitted together.
    pub async fn submit_wires(&self, wires: &[Vec<u8>]) -> (u16, Vec<Value>) {
        let encoded: Vec<String> = wires.iter().map(|wire| BASE64_STANDARD.encode(wire)).collect();
        let response = self.post_json(&json!({ "attestations": encoded })).await;
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        let results = body["results"].as_array().unwrap_or_else(|| panic!("{body}")).clone();
        assert_eq!(results.len(), wires.len(), "one answer each");
        (status, results)
    }

    pub async fn submit(&self, attestations: &[SignedAttestation]) -> (u16, Vec<Value>) {
        let wires: Vec<Vec<u8>> = attestations.iter().map(SignedAttestation::to_bytes).collect();
        self.submit_wires(&wires).await
    }

    /// Checks a receipt, as the device that got it would, and returns its position.
    pub fn verify_receipt(&self, json: &Value, signed: &SignedAttestation) -> u64 {
        let json: ReceiptJson = serde_json::from_value(json.clone()).unwrap();
        let receipt = SignedReceipt::from(&json);
        trellis_epoch::receipt::verify(&receipt).unwrap();
        assert_eq!((receipt.receipt.network, receipt.oracle), (NETWORK, self.oracle.to_bytes()));
        assert_eq!(receipt.receipt.attestation_id, *blake3::hash(&signed.attestation.to_bytes()).as_bytes());
        receipt.receipt.position
    }

    /// Closes the next epoch, as the oracle's round would.
    pub fn close_next(&self) {
        let (log, policy, bundles) = (self.log.clone(), Arc::new(policy()), self.bundles());
        let mut closer = trellis_oracle::closing::Closer::resume(log, policy, bundles, GRACE as u32).unwrap();
        crate::closer::close(&mut closer, &snapshot());
        self.shared.update(|view| view.next_to_close = closer.next());
    }

    pub fn finalize_before(&self, epoch: u64) {
        self.shared.update(|view| view.next_to_finalize = Some(Epoch(epoch)));
    }

    /// The folder of the log.
    pub fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn bundles(&self) -> PathBuf {
        self.folder.path().join("bundles")
    }
}

fn facts() -> NetworkFacts {
    let token_program = trellis_client::SPL_TOKEN_ID;
    let rpc_url = Some("http://127.0.0.1:8899".to_owned());
    NetworkFacts { name: "Test network".to_owned(), decimals: 6, token_program, rpc_url }
}

/// Serves on a free port and returns the URL.
pub async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<ClientAddress>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

fn ingest_parts(
    appender: Appender,
    snapshot: SnapshotCell,
    clock: Clock,
    key: Arc<OracleKey>,
    max_pending: usize,
) -> ingest::Parts {
    ingest::Parts {
        snapshot,
        policy: Arc::new(policy()),
        clock,
        appender: Arc::new(appender),
        key,
        devices: DeviceLimit::new(Rate::UNLIMITED),
        max_pending,
        signatures: Signatures::Verified,
    }
}

/// Ingest by itself, without limits.
pub fn ingest(log: Arc<LogStore>, snapshot: Snapshot, now_unix: i64, key: Arc<OracleKey>) -> Ingest {
    let (appender, _writer) = log::start(log, 10_000).unwrap();
    let clock = Clock::new(ClockSource::Chain, now_unix);
    Ingest::start(ingest_parts(appender, SnapshotCell::new(snapshot), clock, key, 10_000)).unwrap()
}

pub fn new_key(path: PathBuf) -> OracleKey {
    std::fs::write(&path, serde_json::to_string(&Keypair::new().to_bytes().to_vec()).unwrap()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    OracleKey::read(&path).unwrap()
}

pub async fn problem(response: Response) -> Problem {
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let body = response.text().await.unwrap();
    assert_eq!(content_type.as_deref(), Some("application/json"), "{status}: {body}");
    let json: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json.as_object().unwrap().len(), 1, "{body}");
    let text = |name: &str| json["error"][name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
    Problem { status, code: text("code"), detail: text("detail") }
}
