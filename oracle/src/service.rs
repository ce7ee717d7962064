//! Puts the parts together: the only place that knows them all.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use axum::serve::Listener;
use tokio::{sync::watch, task::JoinSet};
use trellis_client::Chain;
use trellis_core::Epoch;
use trellis_epoch::{Policy, close::check_policy};

use crate::{
    alarms::Alarms,
    api::{self, ApiState, Streams, admin::AdminState},
    broker_watch::BrokerWatch,
    bundles::{self, Book, Keeper},
    chain_view::{SnapshotCell, Target, read_snapshot},
    clock::{Clock, median},
    closing::Closer,
    dashboard::Dashboard,
    epochs::Epochs,
    feed,
    follower::Follower,
    health::Health,
    ingest::{self, Ingest, Signatures},
    key::{FileKey, OracleKey},
    limits::{AddressLimit, DeviceLimit},
    log::{self, Opened},
    metrics::Metrics,
    mqtt::{Bridge, Broker, Topics, default_client_id},
    network_facts::NetworkFacts,
    post::Poster,
    quorum::{
        candidates::Candidates, client::PeerClient, exchange::Exchange, inspection::Inspector, round::QuorumWorker,
        store::PeerStore,
    },
    relay::{self, Relay, watch::RelayWatch},
    serving::{listen, serve, serve_admin},
    settings::{Role, Settings},
    shared::Shared,
    statements::{Appeals, Corrections},
    telemetry::LogLevel,
    tls::{CertificateKeeper, HandshakeLimits, WebListener},
    watch::Watch,
    worker::Worker,
};

/// What the process gives to the oracle beside its settings.
pub struct Process {
    pub key: OracleKey,
    /// `None` where logging was not set up by [`crate::telemetry::init`].
    pub level: Option<LogLevel>,
    pub stop: watch::Receiver<bool>,
}

/// Runs the oracle until `stop` says so. Says on standard output where it listens, once it does.
pub async fn run(settings: Settings, process: Process) -> Result<()> {
    let Process { key, level, stop } = process;
    let policy = read_policy(&settings.policy)?;
    let chain = settings.chain();
    let target = Target::new(settings.network_address()?, settings.vault_address()?);
    // The servers first: a registry is not read from one that lags.
    let first_time = first_time(&chain, &settings).await?;
    // Read to answer with until the follower has read the chain, which knows the epoch.
    let snapshot = read_snapshot(&chain, &target, Epoch(0)).await?;
    check_policy(&policy, &snapshot)
        .with_context(|| format!("is {} the right policy file?", settings.policy.display()))?;
    let facts = Arc::new(NetworkFacts::read(&chain, &target, settings.dashboard.rpc_url.clone()).await?);
    let dashboard = dashboard(&settings)?;

    let Opened { log, appender, mut writing, jetstream } = log::open(&settings, &target.vault.to_bytes()).await?;
    let (key, policy) = (Arc::new(key), Arc::new(policy));
    let clock = Clock::bounded(settings.clock, first_time, settings.clock_max_ahead_seconds)?;
    let snapshot = SnapshotCell::new(snapshot);
    let (shared, metrics) = (Arc::new(Shared::default()), Metrics::default());
    let alarms = Alarms::new(metrics.clone());

    let bundle_dir = settings.bundle_dir.clone();
    let copies = bundles::open_store(&settings)?;
    let place = copies.as_ref().map(|copies| copies.location().to_string());
    let book = Book::open(&settings.data_dir, &bundle_dir, place)?;
    let (grace, kept_from) = (settings.grace_seconds, book.kept_from());
    let closer = Closer::resume_from(Arc::clone(&log), Arc::clone(&policy), bundle_dir.clone(), grace, kept_from)?;
    let signing = Arc::clone(&key);
    let closer = closer.signing(move |hash| signing.sign_bundle(hash));
    let corrections = Arc::new(Corrections::open(&settings.data_dir)?);
    let closer = closer.correcting(Arc::clone(&corrections));
    shared.update(|view| view.next_to_close = closer.next());
    let poster = Poster {
        chain: chain.clone(),
        target,
        key: Arc::clone(&key),
        clock: clock.clone(),
        bundle_dir: bundle_dir.clone(),
        metrics: metrics.clone(),
    };
    let worker = Worker {
        chain: chain.finalized(),
        target,
        clock: clock.clone(),
        closer,
        poster,
        shared: Arc::clone(&shared),
        calendar: snapshot.get().calendar(),
        metrics: metrics.clone(),
    };
    let keeper = Keeper {
        chain: chain.finalized(),
        target,
        clock: clock.clone(),
        calendar: snapshot.get().calendar(),
        shared: Arc::clone(&shared),
        log: Arc::clone(&log),
        bundle_dir: bundle_dir.clone(),
        book: book.clone(),
        store: copies,
        retention: settings.bundles.retention(),
        alarms: alarms.clone(),
        metrics: metrics.clone(),
    };
    let oracle = key.address();
    let peers = settings.quorum.peers()?;
    ensure!(
        peers.iter().all(|peer| peer.oracle != oracle),
        "`quorum.peers` names {oracle}, which is this oracle itself: name the others alone"
    );
    let peer_store = match peers.is_empty() {
        true => None,
        false => Some(Arc::new(PeerStore::open(&settings.data_dir, target.vault, oracle)?)),
    };
    let candidates = Candidates::new(&bundle_dir);
    let quorum = peer_store.clone().map(|store| -> Result<_> {
        let client = PeerClient::new(Arc::clone(&key), target.vault, clock.clone())?;
        let exchange = Exchange {
            store,
            client: client.clone(),
            limits: settings.quorum.limits(),
            vault: target.vault,
            own: oracle,
            snapshot: snapshot.clone(),
            shared: Arc::clone(&shared),
            problems: Default::default(),
        };
        let inspector = Inspector { candidates: candidates.clone(), client, limits: settings.quorum.limits() };
        Ok((exchange, inspector))
    });
    let quorum = quorum.transpose()?;
    let relay = relay(&settings, &chain, target, &clock, &metrics)?;
    ensure!(
        relay.as_ref().is_none_or(|relay| relay.payer() != oracle),
        "`relay.keypair` holds the oracle's own key, {oracle}: give the relay one of its own"
    );
    let feed = settings.ws_url.clone().map(|url| feed::start(url, target.network, stop.clone()));
    let follower = Follower {
        feed,
        known: Default::default(),
        target,
        snapshot: snapshot.clone(),
        shared: Arc::clone(&shared),
        metrics: metrics.clone(),
        watch: Watch {
            chain: chain.clone(),
            oracle,
            clock: clock.clone(),
            alarms: alarms.clone(),
            metrics: metrics.clone(),
            thresholds: settings.thresholds(),
            seen: Default::default(),
        },
        chain,
    };

    let health = Health {
        snapshot: snapshot.clone(),
        clock: clock.clone(),
        data_dir: settings.data_dir.clone(),
        log: Arc::clone(&log),
        max_age: Duration::from_secs(settings.snapshot_max_age_seconds.into()),
        metrics: metrics.clone(),
    };
    let ingest = Ingest::start(ingest::Parts {
        snapshot: snapshot.clone(),
        policy,
        clock: clock.clone(),
        appender,
        key: Arc::clone(&key),
        devices: DeviceLimit::new(settings.limits.device()),
        max_pending: settings.max_pending,
        signatures: Signatures::Verified,
    })?;
    let epochs = Arc::new(Epochs::new(bundle_dir).with_book(book));
    let max_batch = settings.max_batch;
    let admin = AdminState { health: health.clone(), metrics: metrics.clone(), level };
    let appeals = Arc::new(Appeals::open(&settings.data_dir)?);
    let state = ApiState {
        target,
        ingest,
        snapshot,
        clock,
        log: Arc::clone(&log),
        epochs,
        shared,
        oracle,
        max_batch,
        refused: AddressLimit::new(settings.limits.refused()),
        streams: Streams::new(stop.clone()),
        health,
        metrics,
        alarms: alarms.clone(),
        corrections,
        appeals,
        candidates,
        peers: peer_store,
        relay: relay.clone(),
        facts,
        dashboard,
    };
    let watch = jetstream.map(|log| BrokerWatch {
        log,
        alarms: state.alarms.clone(),
        clock: state.clock.clone(),
        shared: Arc::clone(&state.shared),
        role: settings.role,
    });
    let (bridge, metrics) = (bridge(&settings, &state)?, state.metrics.clone());
    let router = match settings.role {
        Role::All => api::router(state),
        Role::Ingest => api::ingest_router(state),
    };
    let mut tasks = JoinSet::new();
    if let Some(address) = settings.metrics_listen {
        let listener = listen(address).await?;
        println!("metrics on http://{}", listener.local_addr()?);
        tasks.spawn(serve_admin(listener, admin, stop.clone()));
    }
    let listener = listen(settings.listen).await?;
    let (scheme, listener) = match settings.tls.files() {
        None => ("http", WebListener::plain(listener)),
        Some(files) => {
            let keeper = CertificateKeeper::start(files, alarms.clone(), metrics.clone())?;
            let listener = WebListener::tls(listener, keeper.cell(), HandshakeLimits::default());
            tasks.spawn(keeper.run(stop.clone()));
            ("https", listener)
        }
    };
    if let Some(bridge) = bridge {
        tasks.spawn(bridge.run(stop.clone()));
    }
    println!("listening on {scheme}://{}", listener.local_addr()?);
    tracing::info!(%oracle, network = %target.network, vault = %target.vault, "oracle is up");

    let poll = Duration::from_millis(settings.poll_ms);
    tasks.spawn(follower.run(poll, stop.clone()));
    if let Some(watch) = watch {
        tasks.spawn(watch.run(poll, stop.clone()));
    }
    if let Some(relay) = relay {
        tasks.spawn(RelayWatch { relay, alarms: alarms.clone() }.run(poll, stop.clone()));
    }
    if settings.role == Role::All {
        tasks.spawn(keeper.run(poll, stop.clone()));
    }
    match (settings.role, quorum) {
        (Role::Ingest, _) => {}
        (Role::All, None) => {
            tasks.spawn(worker.run(poll, stop.clone()));
        }
        (Role::All, Some((exchange, inspector))) => {
            let worker = QuorumWorker {
                worker,
                peers,
                timing: settings.quorum.timing(settings.grace_seconds),
                exchange,
                inspector,
                log,
                key,
                alarms,
                exchanged: watch::channel(None).0,
                current: None,
                inspections: Default::default(),
            };
            tasks.spawn(worker.run(poll, stop.clone()));
        }
    }
    serve(listener, router, &mut tasks, &mut writing, stop).await?;
    while tasks.join_next().await.is_some() {}
    // All appenders are dropped with the API, so the writer ends after what it has taken in is on the disk.
    if let Some(writing) = writing {
        let _ = writing.await;
    }
    tracing::info!("oracle is down");
    Ok(())
}

/// What sends claims for others, if the settings name its key.
fn relay(
    settings: &Settings,
    chain: &Chain,
    target: Target,
    clock: &Clock,
    metrics: &Metrics,
) -> Result<Option<Arc<Relay>>> {
    let Some(keypair) = &settings.relay.keypair else { return Ok(None) };
    let parts = relay::Parts {
        chain: chain.clone(),
        target,
        key: FileKey::read(keypair).context("the relay's key")?,
        clock: clock.clone(),
        settings: settings.relay.clone(),
        book: relay::book::Book::open(&settings.data_dir, settings.relay.daily_budget_lamports)?,
        metrics: metrics.clone(),
    };
    Ok(Some(Arc::new(Relay::new(parts))))
}

/// What takes attestations over MQTT, if the settings name a broker.
fn bridge(settings: &Settings, state: &ApiState) -> Result<Option<Bridge>> {
    let Some(address) = settings.mqtt.address()? else { return Ok(None) };
    Ok(Some(Bridge {
        broker: Broker::new(&settings.mqtt, address, default_client_id(&state.oracle))?,
        topics: Topics::new(&settings.mqtt.topic_prefix, &state.target.network),
        ingest: state.ingest.clone(),
        max_batch: state.max_batch,
        alarms: state.alarms.clone(),
        clock: state.clock.clone(),
        metrics: state.metrics.clone(),
    }))
}

/// The pages for browsers, if the settings name them.
fn dashboard(settings: &Settings) -> Result<Option<Arc<Dashboard>>> {
    let read = |dir| Dashboard::read(dir, settings.dashboard.rpc_origin().as_deref()).map(Arc::new);
    // A node that only takes attestations has nothing to show.
    let dir = settings.dashboard.dir.as_deref().filter(|_| settings.role == Role::All);
    Ok(dir.map(read).transpose()?)
}

/// The time that the chain's servers show.
async fn first_time(chain: &Chain, settings: &Settings) -> Result<i64> {
    let servers = chain.survey(settings.max_slots_behind).await;
    let times = servers.iter().filter(|server| !server.lags).filter_map(|server| server.clock.map(|(_, unix)| unix));
    match median(times.collect()) {
        Some(unix) => Ok(unix),
        None => Ok(chain.unix_time().await?),
    }
}

/// Reads and checks the policy.
pub fn read_policy(path: &Path) -> Result<Policy> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the policy {}", path.display()))?;
    Policy::from_toml(&text).with_context(|| format!("the policy {}", path.display()))
}
