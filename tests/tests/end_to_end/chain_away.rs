//! The chain stops while the oracle runs.

use nix::sys::signal::Signal;

use super::support::{
    device::attest,
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, Network, start_chain},
    oracle::Oracle,
    process::assert_words,
};

#[tokio::test(flavor = "multi_thread")]
async fn oracle_whose_chain_stops_goes_on_taking_attestations() {
    let mut network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut oracle = Oracle::start(&fresh_folder("oracle-chain-away"), &network).await;
    let address = network.address.to_bytes();
    let device = network.devices[0].clone();
    let batch =
        |from: u32| (from..from + 10).map(|number| attest(&device, address, GENESIS_UNIX, number)).collect::<Vec<_>>();
    let mut receipts = oracle.sender().deliver(&batch(0)).await;

    let port = network.stop_chain().await;
    let says = |words: &str| {
        let words = words.to_owned();
        move |status: &serde_json::Value| status["problem"].as_str().is_some_and(|problem| problem.contains(&words))
    };
    let status = oracle.status_when("it says that the chain is away", says("did not answer")).await;
    assert_words(status["problem"].as_str().unwrap());
    // Where the chain is asked is the operator's own business: the address may hold a password.
    assert!(!status["problem"].to_string().contains(&port.to_string()), "{status}");
    receipts.extend(oracle.sender().deliver(&batch(10)).await);
    for (path, code) in [("/v1/epochs", 200), ("/v1/epochs/0", 404), ("/v1/operators/0/proof", 404)] {
        assert_eq!(oracle.get(path).await.0, code, "{path}");
    }

    // Another chain at the same place, which does not know the network: said in words, and nothing is lost.
    let other = start_chain(port, Vec::new()).await;
    assert_eq!(other.rpc_url(), network.rpc_url);
    let status = oracle.status_when("it says that the network is not there", says("no account at")).await;
    assert!(status["problem"].as_str().unwrap().contains(&network.address.to_string()), "{status}");
    receipts.extend(oracle.sender().deliver(&batch(20)).await);
    assert_eq!(receipts.len(), 30);
    let status = oracle.status_when("all are in the log", |status| status["acknowledged"] == 30).await;
    assert_eq!((&status["next_to_close"], &status["operators"]), (&0.into(), &1.into()), "{status}");

    oracle.process.signal(Signal::SIGTERM);
    let finished = oracle.process.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("panicked"), "{finished:?}");
    tokio::task::spawn_blocking(move || other.stop()).await.unwrap();
}
