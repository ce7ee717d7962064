//! Puts the parts together: the only place that knows them all.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{net::TcpListener, sync::watch};
use trellis_client::{Chain, accounts::Vault};
use trellis_core::Epoch;
use trellis_epoch::Policy;

use crate::{
    api::{self, ApiState},
    chain_view::{SnapshotCell, Target, check_policy, read_snapshot},
    clock::Clock,
    closing::Closer,
    epochs::Epochs,
    ingest::Ingest,
    key::OracleKey,
    log::{self, LogStore},
    post::Poster,
    settings::Settings,
};

/// How far the oracle is, for the API.
#[derive(Default)]
pub struct Shared(RwLock<SharedView>);

#[derive(Clone, Debug, Default)]
pub struct SharedView {
    pub next_to_close: Epoch,
    pub next_to_finalize: Option<Epoch>,
    pub problem: Option<String>,
}

impl SharedView {
    pub fn is_final(&self, epoch: Epoch) -> bool {
        self.next_to_finalize.is_some_and(|next| epoch < next)
    }
}

impl Shared {
    pub fn view(&self) -> SharedView {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut SharedView)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Follows the chain: its time and the registry.
struct Follower {
    chain: Arc<Chain>,
    target: Target,
    clock: Clock,
    snapshot: SnapshotCell,
    shared: Arc<Shared>,
}

impl Follower {
    async fn follow(&self) -> Result<()> {
        // Registry first: a clock that has moved on means that the registry is at least as new.
        self.snapshot.set(read_snapshot(&self.chain, &self.target).await?);
        let vault: Vault = self.chain.fetch(&self.target.vault).await?;
        self.shared.update(|view| view.next_to_finalize = Some(Epoch(vault.next_epoch)));
        self.clock.hear_chain(self.chain.unix_time().await?);
        Ok(())
    }
}

/// Runs the oracle until `stop` says so. Says on standard output where it listens, once it does.
pub async fn run(settings: Settings, key: OracleKey, mut stop: watch::Receiver<bool>) -> Result<()> {
    let policy = read_policy(&settings.policy)?;
    let chain = Arc::new(Chain::new(&settings.rpc_url));
    let target = Target::new(settings.network_address()?, settings.vault_address()?);
    let snapshot = read_snapshot(&chain, &target).await?;
    check_policy(&policy, &snapshot)?;
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
    shared.update(|view| view.next_to_close = closer.next());
    let poster = Poster {
        chain: Arc::clone(&chain),
        target,
        key: Arc::clone(&key),
        clock: clock.clone(),
        bundle_dir: bundle_dir.clone(),
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
    let working = tokio::spawn(work(follower, closer, poster, poll, stop.clone()));
    let stopped = async move {
        // An error means that the sender is gone: the process is ending.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, api::router(state)).with_graceful_shutdown(stopped).await?;
    working.await?;
    // All appenders are dropped with the API, so the writer ends after what it has taken in is on the disk.
    let _ = tokio::task::spawn_blocking(move || writer.join()).await;
    tracing::info!("oracle is down");
    Ok(())
}

/// Follows, closes and posts, round after round. What fails is said, and tried again in the next round.
async fn work(follower: Follower, mut closer: Closer, poster: Poster, poll: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let outcome = round(&follower, &mut closer, &poster).await;
        let problem = outcome.err().map(|error| format!("{error:#}"));
        if let Some(problem) = &problem {
            tracing::warn!(problem, "will try again");
        }
        follower.shared.update(|view| view.problem = problem);
        tokio::select! {
            () = tokio::time::sleep(poll) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

async fn round(follower: &Follower, closer: &mut Closer, poster: &Poster) -> Result<()> {
    follower.follow().await?;
    loop {
        let (snapshot, now_unix) = (follower.snapshot.get(), follower.clock.now_unix());
        let closed = tokio::task::block_in_place(|| closer.close_next(&snapshot, now_unix));
        let epoch = closer.next();
        follower.shared.update(|view| view.next_to_close = epoch);
        let Some(bundle) = closed.with_context(|| format!("closing epoch {epoch}"))? else { break };
        let (epoch, root) = (bundle.manifest.epoch, hex::encode(bundle.manifest.root));
        tracing::info!(epoch, root, bundle = hex::encode(bundle.hash), "epoch closed");
    }
    poster.advance(closer.next()).await.context("posting")?;
    let vault: Vault = follower.chain.fetch(&follower.target.vault).await?;
    follower.shared.update(|view| view.next_to_finalize = Some(Epoch(vault.next_epoch)));
    Ok(())
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
