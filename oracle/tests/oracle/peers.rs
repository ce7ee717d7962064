//! What oracles give each other over HTTP, and to whom.

use std::sync::Arc;

use solana_address::Address;
use tokio::sync::watch;
use trellis_core::{Calendar, Epoch};
use trellis_oracle::{
    chain_view::SnapshotCell,
    clock::Clock,
    key::OracleKey,
    log::Log,
    quorum::{
        Limits, Peer,
        batch::{self, Wanted},
        client::{PeerClient, PeerError},
        exchange::Exchange,
        store::PeerStore,
    },
    settings::ClockSource,
    shared::Shared,
};

use crate::{
    api_support::{Api, new_key},
    closer::closable,
    log_store::open,
    world::{EPOCH_SECONDS, GENESIS, NETWORK, VAULT, honest_epoch, snapshot},
};

pub const LIMITS: Limits = Limits { peer_bytes: 64 << 20 };

/// Another oracle, which asks.
pub struct Asker {
    pub folder: tempfile::TempDir,
    pub key: Arc<OracleKey>,
    pub client: PeerClient,
}

impl Asker {
    pub fn at(now_unix: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Arc::new(new_key(folder.path().join("key.json")));
        let clock = Clock::new(ClockSource::Chain, now_unix);
        let client = PeerClient::new(Arc::clone(&key), Address::from(VAULT), clock).unwrap();
        Self { folder, key, client }
    }
}

pub fn peer(api: &Api) -> Peer {
    Peer { oracle: api.oracle, url: api.url.clone() }
}

/// An oracle with 12 attestations of epoch 0, which is sealed and offered to `members`.
pub async fn offering(members: &[Address]) -> Api {
    let api = Api::start().await;
    for device in [1, 3] {
        api.submit(&honest_epoch(device, 0)).await;
    }
    api.log.seal(Epoch(0)).unwrap();
    api.peers.begin(Epoch(0), &*api.log, &api.key).unwrap();
    let members = members.to_vec();
    api.shared.update(|view| view.members = members);
    api
}

fn wanted() -> Wanted {
    let calendar = Calendar { genesis_unix: GENESIS, epoch_seconds: EPOCH_SECONDS as u32 };
    Wanted { network: NETWORK, calendar, epoch: Epoch(0), threads: 1 }
}

fn status(error: &PeerError) -> u16 {
    match error {
        PeerError::Refused { status, .. } => *status,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn member_gets_offers_and_batches_and_everybody_else_nothing() {
    let asker = Asker::at(closable(1));
    let api = offering(&[asker.key.address()]).await;
    let offers = asker.client.offers(&peer(&api), Epoch(0)).await.unwrap().offers;
    assert_eq!(offers.len(), 1);
    offers[0].check(&Address::from(VAULT), Epoch(0), &LIMITS).unwrap();
    assert_eq!((offers[0].oracle(), offers[0].batches.len()), (api.oracle, 1));
    let entry = offers[0].batches[0];
    let bytes = asker.client.batch(&peer(&api), Epoch(0), &entry).await.unwrap();
    batch::check(&bytes, &entry.hash, entry.count, &wanted()).unwrap();
    assert_eq!(entry.count, 12);

    let missing = asker.client.offers(&peer(&api), Epoch(1)).await.unwrap_err();
    assert_eq!(status(&missing), 404);
    assert!(missing.to_string().contains("not sealed yet"), "{missing}");
    let unknown = trellis_oracle::quorum::offer::BatchEntry { hash: [7; 32], ..entry };
    assert_eq!(status(&asker.client.batch(&peer(&api), Epoch(0), &unknown).await.unwrap_err()), 404);

    let stranger = Asker::at(closable(1));
    let refused = stranger.client.offers(&peer(&api), Epoch(0)).await.unwrap_err();
    assert!(status(&refused) == 403 && refused.to_string().contains("not in the vault's oracle set"), "{refused}");
    let refused = stranger.client.batch(&peer(&api), Epoch(0), &entry).await.unwrap_err();
    assert_eq!(status(&refused), 403);
    // One whose clock is elsewhere, as the sender of a recorded request.
    let late = Asker::at(closable(1) + 1_000);
    api.shared.update(|view| view.members.push(late.key.address()));
    let refused = late.client.offers(&peer(&api), Epoch(0)).await.unwrap_err();
    assert!(status(&refused) == 401 && refused.to_string().contains("120 s apart is the most"), "{refused}");
    // Without a signature.
    for path in ["/v1/peers/epochs/0/offers", "/v1/peers/epochs/0/batches/00"] {
        let problem = api.get_problem(path).await;
        assert_eq!((problem.status, problem.code.as_str()), (401, "unauthorized"));
    }
}

#[tokio::test]
async fn answer_that_is_longer_than_announced_or_no_list_is_given_up() {
    let asker = Asker::at(closable(1));
    let api = offering(&[asker.key.address()]).await;
    let entry = asker.client.offers(&peer(&api), Epoch(0)).await.unwrap().offers[0].batches[0];
    let short = trellis_oracle::quorum::offer::BatchEntry { bytes: 10, ..entry };
    let error = asker.client.batch(&peer(&api), Epoch(0), &short).await.unwrap_err();
    assert!(matches!(error, PeerError::TooLong { limit: 10, .. }), "{error}");
    let nobody = Peer { oracle: api.oracle, url: "http://127.0.0.1:9".to_owned() };
    let error = asker.client.offers(&nobody, Epoch(0)).await.unwrap_err();
    assert!(matches!(error, PeerError::Away { .. }), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "an address may hold a password: {error}");
    let nonsense = crate::api_support::serve(axum::Router::new().fallback(async || "hello")).await;
    let nonsense = Peer { oracle: api.oracle, url: nonsense };
    let error = asker.client.offers(&nonsense, Epoch(0)).await.unwrap_err();
    assert!(matches!(error, PeerError::Nonsense { .. }), "{error}");
}

/// Runs the exchange of `asker` with `peers` for epoch 0 until `done`.
async fn exchange(asker: &Asker, store: &Arc<PeerStore>, peers: &[Peer], members: Vec<Address>) {
    let shared = Arc::new(Shared::default());
    let waited = members.clone();
    shared.update(|view| view.members = members);
    let exchange = Exchange {
        store: Arc::clone(store),
        client: asker.client.clone(),
        limits: LIMITS,
        vault: Address::from(VAULT),
        own: asker.key.address(),
        snapshot: SnapshotCell::new(snapshot()),
        shared,
        problems: Default::default(),
    };
    let (epoch, (stop, stopped)) = (watch::channel(Some(Epoch(0))).0, watch::channel(false));
    let poll = std::time::Duration::from_millis(10);
    let tasks: Vec<_> = peers
        .iter()
        .map(|peer| tokio::spawn(exchange.clone().run(peer.clone(), poll, epoch.subscribe(), stopped.clone())))
        .collect();
    let whole = async {
        while !store.waiting_for(Epoch(0), &waited).is_empty() {
            tokio::time::sleep(poll).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), whole).await.unwrap();
    stop.send(true).unwrap();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_come_through_another_oracle_when_their_own_is_away() {
    let (relay, asker) = (Asker::at(closable(1)), Asker::at(closable(1)));
    let api = offering(&[relay.key.address()]).await;
    // The relay has them from the one that acknowledged, which then goes away.
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path()).unwrap();
    let between = Api::start().await;
    between.log.seal(Epoch(0)).unwrap();
    between.peers.begin(Epoch(0), &*between.log, &between.key).unwrap();
    exchange(&relay, &between.peers, &[peer(&api)], vec![api.oracle]).await;
    between.shared.update(|view| view.members = vec![asker.key.address()]);

    let store = Arc::new(PeerStore::open(asker.folder.path(), Address::from(VAULT), asker.key.address()).unwrap());
    store.begin(Epoch(0), &log, &asker.key).unwrap();
    let away = Peer { oracle: api.oracle, url: "http://127.0.0.1:9".to_owned() };
    exchange(&asker, &store, &[away, peer(&between)], vec![api.oracle, between.oracle]).await;
    let mut wires = 0;
    store
        .for_each_of_others(Epoch(0), true, &mut |_| {
            wires += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(wires, 12);
}
