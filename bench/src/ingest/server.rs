//! The oracle's ingest without a chain: its real router over TCP, its real log, and a registry made by hand.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Result;
use axum::{Router, body::Bytes, routing::post};
use solana_address::Address;
use solana_keypair::Keypair;
use tokio::{io::AsyncReadExt, net::TcpListener, sync::watch};
use trellis_epoch::Snapshot;
use trellis_oracle::{
    alarms::Alarms,
    api::{self, ApiState, Streams},
    chain_view::{SnapshotCell, Target},
    clock::Clock,
    epochs::Epochs,
    health::Health,
    ingest::{self, Ingest, Signatures},
    key::OracleKey,
    limits::{AddressLimit, ClientAddress, DeviceLimit, Rate},
    log,
    metrics::Metrics,
    quorum::candidates::Candidates,
    settings::ClockSource,
    shared::Shared,
    statements::{Appeals, Corrections},
};

use super::bodies::BATCH;
use crate::world::{FAR_FUTURE_UNIX, policy};

const MAX_PENDING: usize = 65_536;

/// Serves ingest with its log in `folder` until standard input ends. Says its port first.
pub fn serve(folder: &Path, snapshot: Snapshot, signatures: Signatures) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let (_stopping, stop) = watch::channel(false);
        serve_router(api::router(state(folder, snapshot, signatures, stop)?)).await
    })
}

/// Serves a router of the same framework that reads the same bodies and drops them.
pub fn serve_bare() -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        serve_router(Router::new().route("/v1/attestations", post(|body: Bytes| async move { drop(body) }))).await
    })
}

async fn serve_router(router: Router) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let ended = async {
        // The parent's end of the pipe closes when it is done, or gone.
        let _ = tokio::io::stdin().read(&mut [0]).await;
    };
    tokio::select! {
        served = async { axum::serve(listener, router.into_make_service_with_connect_info::<ClientAddress>()).await } => Ok(served?),
        () = ended => std::process::exit(0),
    }
}

fn state(folder: &Path, snapshot: Snapshot, signatures: Signatures, stop: watch::Receiver<bool>) -> Result<ApiState> {
    let target = Target { network: Address::from(snapshot.network), vault: Address::from(snapshot.vault) };
    let store = Arc::new(open_log(folder, &snapshot.vault)?);
    let (appender, _writer) = log::start(Arc::clone(&store), MAX_PENDING)?;
    let key = Arc::new(key(folder)?);
    let (clock, cell) = (Clock::new(ClockSource::Chain, FAR_FUTURE_UNIX), SnapshotCell::new(snapshot));
    let (metrics, oracle) = (Metrics::default(), key.address());
    let ingest = Ingest::start(ingest::Parts {
        snapshot: cell.clone(),
        policy: Arc::new(policy()),
        clock: clock.clone(),
        appender: Arc::new(appender),
        key,
        devices: DeviceLimit::new(Rate { per_minute: 600, burst: 6_000 }),
        max_pending: MAX_PENDING,
        signatures,
    })?;
    let health = Health {
        snapshot: cell.clone(),
        clock: clock.clone(),
        data_dir: folder.to_owned(),
        log: store.clone(),
        max_age: Duration::from_secs(3_600),
        metrics: metrics.clone(),
    };
    Ok(ApiState {
        target,
        ingest,
        snapshot: cell,
        clock,
        log: store,
        epochs: Arc::new(Epochs::new(folder.join("bundles"))),
        shared: Arc::new(Shared::default()),
        oracle,
        max_batch: BATCH,
        refused: AddressLimit::new(Rate { per_minute: 6_000, burst: 60_000 }),
        streams: Streams::new(stop),
        health,
        metrics: metrics.clone(),
        alarms: Alarms::new(metrics),
        corrections: Arc::new(Corrections::open(folder)?),
        appeals: Arc::new(Appeals::open(folder)?),
        candidates: Candidates::new(&folder.join("bundles")),
        peers: None,
        relay: None,
        facts: Arc::default(),
        dashboard: None,
    })
}

/// The log of `vault` in `folder`.
pub fn open_log(folder: &Path, vault: &[u8; 32]) -> Result<log::LogStore> {
    Ok(log::LogStore::open(&folder.join("log"), vault)?)
}

/// The oracle's key: made when the folder has none yet.
fn key(folder: &Path) -> Result<OracleKey> {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("key.json");
    if !path.exists() {
        std::fs::write(&path, serde_json::to_string(&Keypair::new().to_bytes().to_vec())?)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    }
    OracleKey::read(&path)
}
