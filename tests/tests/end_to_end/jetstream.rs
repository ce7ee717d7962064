//! One oracle on several nodes, over real brokers.

use std::path::Path;

use serde_json::json;

use super::support::{
    device::{Receipts, attest},
    epoch::{assert_bundle_is, assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved},
    fresh_folder,
    nats::Cluster,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
};

/// Readings of each device.
const READINGS: u32 = 400;

/// A node of the oracle, with a data folder of its own; `bundles` is the folder that closing nodes share.
async fn node(name: &str, role: &str, network: &Network, cluster: &Cluster, bundles: &Path) -> Oracle {
    let (servers, folder) = (cluster.servers(), fresh_folder(name));
    Oracle::start_with(&folder, network, |settings| {
        let settings = settings.replace("bundle_dir = \"bundles\"", &format!("bundle_dir = {bundles:?}"));
        format!(
            "log = \"jetstream\"\nrole = \"{role}\"\n{settings}\n[jetstream]\nservers = {servers:?}\n\
             replicas = {}\npartitions = 2\nlease_seconds = 3\n",
            servers.len()
        )
    })
    .await
}

/// All devices' readings `from` this one on, a quarter of [`READINGS`] each, half of them to each of `nodes`.
async fn send(network: &Network, nodes: [&Oracle; 2], from: u32) -> Receipts {
    let mut streams = tokio::task::JoinSet::new();
    for (number, device) in network.devices.iter().enumerate() {
        let numbers = from..from + READINGS / 4;
        let address = network.address.to_bytes();
        let readings: Vec<_> = numbers.map(|number| attest(device, address, GENESIS_UNIX, number)).collect();
        let sender = nodes[number % 2].sender();
        streams.spawn(async move {
            let mut receipts = Receipts::new();
            for batch in readings.chunks(5) {
                receipts.extend(sender.deliver(batch).await);
            }
            receipts
        });
    }
    streams.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_taken_by_two_nodes_while_a_broker_and_a_node_die_is_paid_once() {
    let network = Network::start().await;
    let mut cluster = Cluster::start(3);
    network.travel(EPOCH_END_UNIX).await;
    let bundles = fresh_folder("jetstream-closer").join("bundles");
    let mut closer = node("jetstream-closer", "all", &network, &cluster, &bundles).await;
    let mut ingest = node("jetstream-ingest", "ingest", &network, &cluster, Path::new("none")).await;
    let mut receipts = send(&network, [&closer, &ingest], 0).await;
    let (sending, ()) = tokio::join!(send(&network, [&closer, &ingest], READINGS / 4), async { cluster.kill(0) });
    receipts.extend(sending);

    let (sending, ()) = tokio::join!(send(&network, [&closer, &ingest], READINGS / 2), async { cluster.spawn(0) });
    receipts.extend(sending);
    ingest.process.kill_hard();
    ingest.restart().await;
    receipts.extend(send(&network, [&ingest, &closer], READINGS * 3 / 4).await);
    assert_eq!(receipts.len() as u32, READINGS * network.devices.len() as u32);

    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    closer.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_bundle_is(&closer, &network, &receipts);
    assert_posted_once(&network).await;
    ingest.status_when("it knows what the other closed", |status| status["next_to_close"] == 1).await;
    assert_eq!(ingest.get("/v1/epochs").await.0, 404, "a node without bundles");
    assert!(!Path::new("none").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_closing_nodes_make_one_bundle_and_post_it_once() {
    let network = Network::start().await;
    let cluster = Cluster::start(1);
    network.travel(EPOCH_END_UNIX).await;
    let bundles = fresh_folder("jetstream-shared-bundles");
    let mut first = node("jetstream-first", "all", &network, &cluster, &bundles).await;
    let mut second = node("jetstream-second", "all", &network, &cluster, &bundles).await;
    let mut receipts = send(&network, [&first, &second], 0).await;
    // Whoever has the turn: the one that is left has it in the end.
    first.process.kill_hard();
    receipts.extend(send(&network, [&second, &second], READINGS / 4).await);
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    first.restart().await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    for oracle in [&mut first, &mut second] {
        let status = oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
        assert_eq!(status["alarms"], json!([]));
        oracle.status_when("it goes on after it", |status| status["next_to_close"] == 1).await;
    }
    let folders: Vec<_> = std::fs::read_dir(&bundles).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(folders, ["epoch-00000000"]);
    std::os::unix::fs::symlink(&bundles, second.folder.join("bundles")).unwrap();
    assert_bundle_is(&second, &network, &receipts);
    assert_posted_once(&network).await;
    assert_claim_pays(&first, &network).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_without_brokers_refuses_with_503_and_an_alarm_and_goes_on_when_they_are_back() {
    let network = Network::start().await;
    let mut cluster = Cluster::start(1);
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("jetstream-away");
    let mut oracle = node("jetstream-away", "all", &network, &cluster, &folder.join("bundles")).await;
    cluster.kill(0);
    let said = oracle.alarm("log_away").await;
    assert!(said.contains("brokers"), "{said}");
    let batch = [attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, 0)];
    let response = oracle.sender().post(&batch).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "log_away", "{body}");
    assert_eq!(oracle.get("/readyz").await.0, 503);

    cluster.spawn(0);
    let receipts = oracle.sender().deliver(&batch).await;
    oracle.status_when("the alarm is over", |status| status["alarms"] == json!([])).await;
    assert_eq!(receipts.len(), 1);
}
