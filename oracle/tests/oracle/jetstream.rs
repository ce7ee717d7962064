//! The log on JetStream, with real brokers: what one node acknowledges is there for all, once.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use trellis_core::Epoch;
use trellis_oracle::{
    closing::Closer,
    log::{Append, AppendError, Appended, Fault, JetStreamLog, Limit, Log, LogError, NewRecord, Turn},
    settings::JetStreamSettings,
};

use crate::{
    closer::{GRACE, closable, close, records},
    log_store::{open, record},
    nats::Cluster,
    world::{Reading, VAULT, device_key, policy, reading, snapshot},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

fn settings(cluster: &Cluster) -> JetStreamSettings {
    let servers = cluster.servers();
    let replicas = servers.len() as u8;
    JetStreamSettings { servers, replicas, partitions: 2, lease_seconds: 3, ..JetStreamSettings::default() }
}

/// A node's log. At most `max_pending` attestations wait in it.
async fn node(cluster: &Cluster, max_pending: usize) -> JetStreamLog {
    JetStreamLog::open(&settings(cluster), &VAULT, max_pending).await.unwrap()
}

async fn refused(settings: &JetStreamSettings) -> Fault {
    match JetStreamLog::open(settings, &VAULT, 10).await {
        Ok(_) => panic!("opened with {settings:?}"),
        Err(fault) => fault,
    }
}

/// What `look` gives as soon as it gives something.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {} s", PATIENCE.as_secs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// As one finds it in a log: epoch, position, receipt's time and wire bytes.
type Found = BTreeMap<Vec<u8>, (Epoch, u64, i64)>;

/// Brokers that lost one of their number need a moment.
fn found(log: &dyn Log, epoch: u64) -> Found {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut found = Found::new();
        let visited = log.for_each_of_epoch(Epoch(epoch), &mut |record| {
            found.entry(record.wire.to_vec()).or_insert((record.epoch, record.position, record.received_unix));
            Ok(())
        });
        match visited {
            Ok(()) => return found,
            Err(error) => assert!(Instant::now() < deadline, "{error:#}"),
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn stored(appended: &Appended) -> (Epoch, u64, i64) {
    match *appended {
        Appended::Stored { epoch, position, received_unix }
        | Appended::AlreadyStored { epoch, position, received_unix } => (epoch, position, received_unix),
        ref other => panic!("{other:?}"),
    }
}

/// One of many readings of many devices in epoch 0; most are good for nothing but being stored.
fn load(number: u64) -> NewRecord {
    let interval = (number % 6) as i64;
    record(&Reading { device: (number % 200) as u8, sequence: number, interval, energy: 100, counter: 100 }, 7)
}

/// Appends batches of 16 again and again, from `next` on, until `last`; what was not acknowledged is sent again.
async fn send(log: Arc<JetStreamLog>, next: Arc<AtomicU64>, last: u64) -> Found {
    let mut acknowledged = Found::new();
    loop {
        let first = next.fetch_add(16, Ordering::Relaxed);
        if first >= last {
            return acknowledged;
        }
        let batch: Vec<_> = (first..first + 16).map(load).collect();
        let appended = tokio::time::timeout(PATIENCE, async {
            loop {
                match log.append(batch.clone()).await {
                    Ok(appended) => return appended,
                    Err(_) => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        });
        let appended = appended.await.expect("the batch is acknowledged");
        for (record, appended) in batch.into_iter().zip(&appended) {
            acknowledged.insert(record.wire, stored(appended));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_killed_under_load_loses_nothing_that_was_acknowledged() {
    let mut cluster = Cluster::start(3);
    let nodes = [Arc::new(node(&cluster, 10_000).await), Arc::new(node(&cluster, 10_000).await)];
    let next = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> =
        (0..4).map(|sender| tokio::spawn(send(Arc::clone(&nodes[sender % 2]), Arc::clone(&next), 8_000))).collect();
    until("a quarter is sent", async || (next.load(Ordering::Relaxed) > 2_000).then_some(())).await;
    cluster.kill(0);
    let mut acknowledged = Found::new();
    for sender in senders {
        acknowledged.extend(sender.await.unwrap());
    }
    assert_eq!(acknowledged.len(), 8_000);
    until("sealed", async || nodes[1].seal(Epoch(0)).ok()).await;
    let open_from = until("the other node answers", async || nodes[0].open_from().ok()).await;
    assert_eq!(open_from, Epoch(1));
    let found = found(&*nodes[0], 0);
    for (wire, receipt) in &acknowledged {
        assert_eq!(found.get(wire).map(|(epoch, ..)| epoch), Some(&receipt.0));
    }
    // Nothing else is there, but what was sent.
    assert_eq!(found.len(), acknowledged.len());

    let folder = tempfile::tempdir().unwrap();
    let embedded = Arc::new(open(folder.path()).unwrap());
    let again: Vec<_> = (0..8_000).map(load).collect();
    embedded.append(&again).unwrap();
    let ours = closed(&folder.path().join("a"), nodes[0].clone()).await;
    assert_eq!(ours, closed(&folder.path().join("b"), embedded).await, "the same attestations, the same bundle");
}

/// Hash of epoch 0's bundle over `log`. What brokers do not answer at once is asked again, as the oracle does.
async fn closed(folder: &Path, log: Arc<dyn Log>) -> [u8; 32] {
    let resume = || Closer::resume(Arc::clone(&log), Arc::new(policy()), folder.to_owned(), GRACE as u32).ok();
    let mut closer = until("the log answers", async || resume()).await;
    let bundle =
        until("the epoch is closed", async || closer.close_next(&snapshot(), closable(0)).ok().flatten()).await;
    bundle.hash
}

#[tokio::test(flavor = "multi_thread")]
async fn attestations_after_the_seal_go_to_the_next_epoch_that_may_take_them() {
    let cluster = Cluster::start(1);
    let (one, other) = (node(&cluster, 100).await, node(&cluster, 100).await);
    let early = one.append(records(0)).await.unwrap();
    assert!(early.iter().all(|appended| matches!(appended, Appended::Stored { epoch: Epoch(0), .. })));
    assert!(matches!(found_error(&one, 0), LogError::JetStream(Fault::NotSealed { epoch: Epoch(0) })));
    one.seal(Epoch(0)).unwrap();
    one.seal(Epoch(0)).unwrap();

    // The other node has not heard of the seal: it finds out when the stream has acknowledged.
    let late = NewRecord { latest_epoch: Epoch(1), ..record(&reading(2, 0, 100, 100), 9) };
    let too_late = record(&reading(2, 1, 100, 200), 9);
    let appended = other.append(vec![late.clone(), too_late.clone()]).await.unwrap();
    assert_eq!(stored(&appended[0]).0, Epoch(1));
    assert_eq!(appended[1], Appended::EpochClosed);
    assert_eq!(found(&one, 0).len(), 12);
    assert!(!found(&one, 0).contains_key(&late.wire));

    // Several seals at once are written in order.
    other.seal(Epoch(3)).unwrap();
    assert_eq!((one.open_from().unwrap(), other.open_from().unwrap()), (Epoch(4), Epoch(4)));
    assert_eq!(found(&one, 1).into_iter().collect::<Vec<_>>(), [(late.wire, stored(&appended[0]))]);
    assert_eq!((found(&one, 2).len(), found(&one, 3).len()), (0, 0));
}

fn found_error(log: &dyn Log, epoch: u64) -> LogError {
    log.for_each_of_epoch(Epoch(epoch), &mut |_| Ok(())).unwrap_err().downcast().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn attestation_sent_to_two_nodes_gets_the_first_receipt_again() {
    let cluster = Cluster::start(1);
    let (one, other) = (node(&cluster, 100).await, node(&cluster, 100).await);
    let first = record(&reading(1, 0, 100, 100), 5);
    let again = NewRecord { received_unix: 6, ..first.clone() };
    let stored = one.append(vec![first.clone()]).await.unwrap();
    let Appended::Stored { epoch, position, received_unix: 5 } = stored[0] else { panic!("{stored:?}") };
    let known = Appended::AlreadyStored { epoch, position, received_unix: 5 };
    assert_eq!(other.append(vec![again.clone(), again]).await.unwrap(), [known, known]);
    assert_eq!(one.len().unwrap(), 1);

    // By device, in order of the sequence numbers, from any node.
    let later: Vec<_> = [3, 1, 2].map(|interval| record(&reading(1, interval, 100, 100), 5)).into();
    other.append(later).await.unwrap();
    let of = |sequences, limit| one.of_device(&device_key(1), sequences, limit).unwrap();
    let sequences = |sequences, limit| {
        let wires = of(sequences, limit).into_iter().map(|record| record.wire);
        wires.map(|wire| u64::from_le_bytes(wire[66..74].try_into().unwrap())).collect::<Vec<_>>()
    };
    let all = 0..=u64::MAX;
    assert_eq!(sequences(all.clone(), Limit::First(9)), [1, 2, 3, 4]);
    assert_eq!(sequences(2..=u64::MAX, Limit::First(2)), [2, 3]);
    assert_eq!(sequences(0..=3, Limit::Last(2)), [2, 3]);
    assert_eq!(of(all.clone(), Limit::First(1))[0].wire, first.wire);
    assert_eq!(one.of_device(&device_key(2), all, Limit::First(9)).unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn append_without_brokers_acknowledges_nothing_and_goes_on_when_they_are_back() {
    let mut cluster = Cluster::start(1);
    let log = node(&cluster, 12).await;
    let error = log.append([records(0), records(0)].concat()).await.unwrap_err();
    assert!(matches!(error, AppendError::Busy), "{error}");
    assert_eq!(log.problem(), None);
    cluster.kill(0);
    let error = log.append(records(0)).await.unwrap_err();
    assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
    let problem = until("the loss is noticed", async || log.problem()).await;
    assert!(problem.contains("127.0.0.1"), "{problem}");
    let error = log.append(records(0)).await.unwrap_err();
    assert!(matches!(error, AppendError::Unavailable(Fault::Away { .. })), "{error}");
    assert!(log.seal(Epoch(0)).is_err() && log.closed().is_err());
    let away = refused(&settings(&cluster)).await;
    assert!(matches!(away, Fault::Away { .. }), "{away}");

    cluster.spawn(0);
    let appended = until("it is back", async || log.append(records(0)).await.ok()).await;
    log.seal(Epoch(0)).unwrap();
    let found = found(&log, 0);
    assert_eq!(found.len(), appended.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_starts_while_brokers_have_no_leader_waits_for_one() {
    let mut cluster = Cluster::start(3);
    drop(node(&cluster, 10).await);
    cluster.kill(0);
    cluster.kill(1);
    let settings = settings(&cluster);
    let mut opening = tokio::spawn(async move { JetStreamLog::open(&settings, &VAULT, 12).await });
    // Longer than one answer is waited for.
    let early = tokio::time::timeout(Duration::from_secs(7), &mut opening).await;
    assert!(early.is_err(), "one broker of three is no majority");
    cluster.spawn(0);
    let log = opening.await.unwrap().unwrap();
    let appended = until("a majority takes it", async || log.append(records(0)).await.ok()).await;
    assert_eq!(appended.len(), records(0).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_disagree_are_told_so() {
    let cluster = Cluster::start(1);
    let (one, other) = (node(&cluster, 10).await, node(&cluster, 10).await);
    one.set_closed(Epoch(0), &[1; 32]).unwrap();
    other.set_closed(Epoch(0), &[1; 32]).unwrap();
    let error = other.set_closed(Epoch(0), &[2; 32]).unwrap_err();
    assert!(matches!(error, LogError::JetStream(Fault::ClosedOtherwise { epoch: Epoch(0), .. })), "{error}");
    assert_eq!(other.closed().unwrap(), [(Epoch(0), [1; 32])]);

    let mut settings = settings(&cluster);
    settings.partitions += 1;
    let fault = refused(&settings).await;
    assert!(matches!(fault, Fault::OtherPartitions { .. }), "{fault}");
    settings.credentials = Some("no/such/file".into());
    let fault = refused(&settings).await;
    assert!(matches!(fault, Fault::Credentials { .. }) && fault.to_string().contains("no/such/file"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_closes_at_a_time_and_another_goes_on_when_it_is_gone() {
    let cluster = Cluster::start(1);
    let (one, other) = (Arc::new(node(&cluster, 100).await), Arc::new(node(&cluster, 100).await));
    one.append([records(0), records(1)].concat()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let resume = |log: &Arc<JetStreamLog>| {
        let bundles = folder.path().join("bundles");
        Closer::resume(Arc::clone(log) as Arc<dyn Log>, Arc::new(policy()), bundles, GRACE as u32).unwrap()
    };
    let (mut first, mut second) = (resume(&one), resume(&other));
    assert!(!first.take_turn().unwrap(), "nobody has asked for a turn");
    one.take_turns();
    until("the first has its turn", async || first.take_turn().unwrap().then_some(())).await;
    other.take_turns();
    let bundle = close(&mut first, &snapshot());
    assert!(!second.take_turn().unwrap());
    assert_eq!(second.next(), Epoch(1), "it has taken over what the first one closed");
    assert_eq!((one.turn(), other.turn()), (Turn::Ours, Turn::Theirs));

    // What the streams keep no longer is in the bundle; the seal holds.
    assert_eq!(found(&*one, 0).len(), 12);
    one.forget(Epoch(0)).unwrap();
    assert_eq!((found(&*one, 0).len(), one.len().unwrap()), (0, 12));
    assert_eq!(one.append(vec![records(0)[0].clone()]).await.unwrap(), [Appended::EpochClosed]);

    drop((first, one));
    until("the second has its turn", async || second.take_turn().unwrap().then_some(())).await;
    let next = second.close_next(&snapshot(), closable(1)).unwrap().unwrap();
    assert_eq!(next.manifest.previous_bundle, Some(hex::encode(bundle.hash)));
    assert_eq!(other.closed().unwrap(), [(Epoch(0), bundle.hash), (Epoch(1), next.hash)]);
}
