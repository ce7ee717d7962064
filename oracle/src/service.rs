//! Puts the parts together: the only place that knows them all.

use std::{
    future::IntoFuture,
    path::PathBuf,
    pin::pin,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use axum::Router;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use trellis_client::{Chain, accounts::Vault};
use trellis_core::Epoch;
use trellis_epoch::{Policy, close::check_policy};

use crate::{
    api::{self, ApiState},
    chain_view::{SnapshotCell, Target, read_snapshot},
    clock::Clock,
    closing::Closer,
    epochs::Epochs,
    ingest::Ingest,
    key::OracleKey,
    log::{self, LogStore},
    post::Poster,
    settings::Settings,
    worker::{Follower, Worker},
};

/// How far the oracle is, for the API.
#[derive(Default)]
pub struct Shared(RwLock<SharedView>);

#[derive(Clone, Debug, Default)]
pub struct SharedView {
    pub next_to_close: Epoch,
    pub next_to_finalize: Option<Epoch>,
    pub following_problem: Option<String>,
    pub working_problem: Option<String>,
}

impl SharedView {
    pub fn is_final(&self, epoch: Epoch) -> bool {
        self.next_to_finalize.is_some_and(|next| epoch < next)
    }

    /// What last went wrong; `None` if nothing is wrong.
    pub fn problem(&self) -> Option<String> {
        self.following_problem.clone().or_else(|| self.working_problem.clone())
    }
}

impl Shared {
    pub fn view(&self) -> SharedView {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn update(&self, change: impl FnOnce(&mut SharedView)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Runs the oracle until `stop` says so. Says on standard output where it listens, once it does.
pub async fn run(settings: Settings, key: OracleKey, stop: watch::Receiver<bool>) -> Result<()> {
    let policy = read_policy(&settings.policy)?;
    let chain = Arc::new(Chain::new(&settings.rpc_url));
    let target = Target::new(settings.network_address()?, settings.vault_address()?);
    // Read to answer with until the follower has read the chain, which knows the epoch.
    let snapshot = read_snapshot(&chain, &target, Epoch(0)).await?;
    check_policy(&policy, &snapshot)
        .with_context(|| format!("is {} the right policy file?", settings.policy.display()))?;
    warn_unless_member(&chain, &target, &key).await?;

    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("cannot create the data folder {}", settings.data_dir.display()))?;
    let store = Arc::new(LogStore::open(&settings.data_dir.join("log.redb"), &target.vault.to_bytes())?);
    let (key, policy) = (Arc::new(key), Arc::new(policy));
    let clock = Clock::new(settings.clock, chain.unix_time().await?);
    let snapshot = SnapshotCell::new(snapshot);
    let shared = Arc::new(Shared::default());
    let (appender, writer) = log::start(Arc::clone(&store), settings.max_pending)?;

    let bundle_dir = settings.bundle_dir.clone();
    let closer = Closer::resume(Arc::clone(&store), Arc::clone(&policy), bundle_dir.clone(), settings.grace_seconds)?;
    let signing = Arc::clone(&key);
    let closer = closer.signing(move |hash| signing.sign_bundle(hash));
    shared.update(|view| view.next_to_close = closer.next());
    let poster = Poster {
        chain: Arc::clone(&chain),
        target,
        key: Arc::clone(&key),
        clock: clock.clone(),
        bundle_dir: bundle_dir.clone(),
    };
    let worker = Worker {
        chain: Arc::clone(&chain),
        target,
        clock: clock.clone(),
        closer,
        poster,
        shared: Arc::clone(&shared),
        calendar: snapshot.get().calendar(),
    };
    let follower =
        Follower { chain, target, clock: clock.clone(), snapshot: snapshot.clone(), shared: Arc::clone(&shared) };

    let oracle = key.address();
    let ingest = Ingest { snapshot: snapshot.clone(), policy, clock: clock.clone(), appender, key };
    let epochs = Arc::new(Epochs::new(bundle_dir));
    let max_batch = settings.max_batch;
    let state = ApiState { target, ingest, snapshot, clock, log: store, epochs, shared, oracle, max_batch };
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is another server there?", settings.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    tracing::info!(%oracle, network = %target.network, vault = %target.vault, "oracle is up");

    let poll = Duration::from_millis(settings.poll_ms);
    let mut tasks = JoinSet::new();
    tasks.spawn(follower.run(poll, stop.clone()));
    tasks.spawn(worker.run(poll, stop.clone()));
    let mut writing = tokio::task::spawn_blocking(move || writer.join());
    serve(listener, api::router(state), &mut tasks, &mut writing, stop).await?;
    while tasks.join_next().await.is_some() {}
    // All appenders are dropped with the API, so the writer ends after what it has taken in is on the disk.
    let _ = writing.await;
    tracing::info!("oracle is down");
    Ok(())
}

/// Answers until `stop` says so. Ends early only if something is broken: better no oracle than one that acknowledges and
/// never closes. Whoever watches the process starts it again.
async fn serve(
    listener: TcpListener,
    router: Router,
    tasks: &mut JoinSet<()>,
    writing: &mut JoinHandle<std::thread::Result<()>>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let mut stopped = stop.clone();
    let stopped = async move {
        // An error means that the sender is gone: the process is ending.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let mut serving = pin!(axum::serve(listener, router).with_graceful_shutdown(stopped).into_future());
    loop {
        tokio::select! {
            served = &mut serving => return Ok(served?),
            _ = &mut *writing => bail!("the log could not be written; see the log lines above"),
            Some(ended) = tasks.join_next() => if !*stop.borrow() {
                bail!("a task of the oracle ended by itself: {ended:?}");
            },
        }
    }
}

fn read_policy(path: &PathBuf) -> Result<Policy> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the policy {}", path.display()))?;
    Policy::from_toml(&text).with_context(|| format!("the policy {}", path.display()))
}

async fn warn_unless_member(chain: &Chain, target: &Target, key: &OracleKey) -> Result<()> {
    let vault: Vault = chain.fetch(&target.vault).await?;
    let oracle = key.address();
    if vault.oracle_position(&oracle).is_none() {
        tracing::warn!(%oracle, vault = %target.vault, "not in the vault's oracle set: roots cannot be proposed");
    }
    Ok(())
}
