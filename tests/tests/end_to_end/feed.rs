//! The registry's changes over the websocket, and what becomes of them when it breaks.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use trellis_client::instructions::registry;

use super::support::{eventually, fault::FaultyRpc, fresh_folder, network::Network, oracle::Oracle};

/// Passes connections on until it is cut, and again when it is mended.
struct Line {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    connections: Vec<JoinHandle<()>>,
}

impl Line {
    async fn to(url: &str) -> Self {
        let upstream = url.strip_prefix("ws://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(State::default())));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let upstream = upstream.clone();
                let mut state = shared.lock().unwrap();
                if !state.cut {
                    state.connections.push(tokio::spawn(async move {
                        let mut far = TcpStream::connect(upstream).await.unwrap();
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }));
                }
            }
        });
        Self { url: format!("ws://{address}"), state }
    }

    fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.cut = true;
        state.connections.drain(..).for_each(|connection| connection.abort());
    }

    fn mend(&self) {
        self.state.lock().unwrap().cut = false;
    }
}

async fn register(network: &Network) {
    let (founder, operator, device) = (network.founder.pubkey(), network.operator.pubkey(), Keypair::new());
    let register = registry::register_device(founder, operator, device.pubkey(), None, network.address, 0);
    network.chain.send(&[register], &[&network.founder, &network.operator, &device]).await.unwrap();
}

/// Lets the oracle go round some times more.
async fn rounds(oracle: &mut Oracle, rpc: &FaultyRpc) {
    let asked = rpc.count("getMultipleAccounts");
    oracle.status_when("some rounds", |_| rpc.count("getMultipleAccounts") > asked + 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_is_told_over_the_websocket_and_read_again_when_that_breaks() {
    let network = Network::start().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let line = Line::to(&network.local.as_ref().unwrap().ws_url()).await;
    let change =
        |settings: String| format!("ws_url = \"{}\"\n{}", line.url, settings.replace(&network.rpc_url, &rpc.url));
    let mut oracle = Oracle::start_with(&fresh_folder("feed"), &network, change).await;
    let begun = |oracle: &Oracle, times: usize| {
        eventually("the feed", || {
            (oracle.process.stderr().matches("are told over the websocket").count() == times).then_some(())
        });
    };
    let has = |count: u64| move |status: &Value| status["devices"] == count && status["problem"].is_null();
    begun(&oracle, 1);
    rounds(&mut oracle, &rpc).await;

    let read = rpc.count("getProgramAccounts");
    register(&network).await;
    oracle.status_when("the fifth device is there", has(5)).await;
    rounds(&mut oracle, &rpc).await;
    assert!(oracle.metric("trellis_oracle_registry_updates_total").await.unwrap() >= 2.0);
    let told = rpc.count("getProgramAccounts");
    // A round that falls between two notifications reads everything once.
    assert!(told <= read + 3, "the registry was read {} times", (told - read) / 3);

    line.cut();
    eventually("the loss", || oracle.process.stderr().contains("the websocket is gone").then_some(()));
    register(&network).await;
    oracle.status_when("the sixth device is there, by reading", has(6)).await;
    assert!(rpc.count("getProgramAccounts") > told);
    assert_eq!(oracle.get("/readyz").await.0, 200);

    line.mend();
    begun(&oracle, 2);
    rounds(&mut oracle, &rpc).await;
    let read = rpc.count("getProgramAccounts");
    rounds(&mut oracle, &rpc).await;
    assert_eq!(rpc.count("getProgramAccounts"), read, "it is read in every round although it is told");
    register(&network).await;
    oracle.status_when("the seventh device is there", has(7)).await;
}
