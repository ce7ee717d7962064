//! Starting and stopping, ports, balances.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use solana_keypair::Keypair;
use solana_signer::Signer;

use super::support::{SOL, balance, call, quick, start};
use crate::localnet::{
    LATEST_UNIX_SECONDS, LocalChain, LocalChainConfig, LocalChainError, config::Plan, ports::PortLease,
};

fn port_of(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn start_with_airdrops_gives_the_balances() {
    let (one, other) = (Keypair::new().pubkey(), Keypair::new().pubkey());
    let chain = start(LocalChainConfig { airdrops: vec![(one, 2 * SOL), (other, SOL), (one, SOL)], ..quick() });
    assert_eq!(balance(&chain.rpc_url(), &one).await, 3 * SOL);
    assert_eq!(balance(&chain.rpc_url(), &other).await, SOL);
    assert!(chain.is_running());
}

#[tokio::test]
async fn start_of_two_chains_keeps_them_apart() {
    let (first, second) = (start(quick()), start(quick()));
    assert_ne!(first.rpc_url(), second.rpc_url());
    let address = Keypair::new().pubkey();
    super::support::airdrop(&first.rpc_url(), &address, SOL).await;
    super::support::wait_for_balance(&first.rpc_url(), &address, SOL).await;
    assert_eq!(balance(&second.rpc_url(), &address).await, 0);
    first.stop();
    call(&second.rpc_url(), "getHealth", serde_json::json!([])).await;
}

#[test]
fn start_with_busy_port_is_refused_with_the_port() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    for (rpc_port, ws_port, named) in [(port, 0, "RPC"), (0, port, "websocket")] {
        let error = LocalChain::start(LocalChainConfig { rpc_port, ws_port, ..quick() }).unwrap_err();
        assert!(
            matches!(&error, LocalChainError::PortBusy { port: p, purpose, .. }
                if *p == port && *purpose == named),
            "{error}"
        );
        assert!(error.to_string().contains(&port.to_string()), "{error}");
    }
}

#[test]
fn start_with_one_port_for_both_is_refused() {
    let port = PortLease::take(0, "RPC").unwrap().port();
    let error = LocalChain::start(LocalChainConfig { rpc_port: port, ws_port: port, ..quick() }).unwrap_err();
    assert!(
        matches!(error, LocalChainError::PortBusy { port: p, purpose: "websocket", .. }
            if p == port),
        "{error}"
    );
}

#[test]
fn take_free_with_no_port_free_is_refused() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let first = busy.local_addr().unwrap().port();
    let error = PortLease::take_free(first, 1).unwrap_err();
    assert!(matches!(error, LocalChainError::NoFreePort { first: f, tried: 1 } if f == first), "{error}");
}

/// Connects as a subscriber does, and waits until the server has accepted.
fn open_websocket(port: u16) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let handshake = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(handshake.as_bytes()).unwrap();
    let mut status = [0; 12];
    socket.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 101");
    socket
}

#[tokio::test]
async fn stop_with_client_connected_frees_the_ports() {
    let chain = start(quick());
    let (rpc, ws) = (port_of(&chain.rpc_url()), port_of(&chain.ws_url()));
    let client = crate::localnet::rpc::RpcClient::new(&chain.rpc_url()).unwrap();
    client.call("getHealth", serde_json::json!([])).await.unwrap();
    let socket = open_websocket(ws);

    chain.stop();

    for port in [rpc, ws] {
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }
    let again = start(LocalChainConfig { rpc_port: rpc, ws_port: ws, ..quick() });
    assert_eq!(port_of(&again.rpc_url()), rpc);
    drop((client, socket));
}

#[test]
fn start_with_time_out_of_range_is_refused() {
    for unix_seconds in [-1, LATEST_UNIX_SECONDS + 1] {
        let error = LocalChain::start(LocalChainConfig { start_time: Some(unix_seconds), ..quick() }).unwrap_err();
        assert!(matches!(error, LocalChainError::BadStartTime { unix_seconds: t } if t == unix_seconds), "{error}");
    }
}

#[test]
fn start_with_slot_time_out_of_range_is_refused() {
    for slot_ms in [0, 60_001] {
        let error = LocalChain::start(LocalChainConfig { slot_ms, ..quick() }).unwrap_err();
        assert!(matches!(error, LocalChainError::BadSlotTime { slot_ms: s, .. } if s == slot_ms), "{error}");
    }
}

#[test]
fn start_with_airdrop_beyond_the_supply_is_refused() {
    let address = Keypair::new().pubkey();
    let error = LocalChain::start(LocalChainConfig { airdrops: vec![(address, u64::MAX), (address, 1)], ..quick() })
        .unwrap_err();
    assert!(
        matches!(error, LocalChainError::AirdropRefused { address: a, lamports: u64::MAX, .. }
            if a == address),
        "{error}"
    );
}

#[test]
fn start_with_port_taken_meanwhile_says_what_the_thread_died_of() {
    let plan = Plan::check(&quick()).unwrap();
    let (rpc, ws) = (PortLease::take(0, "RPC").unwrap(), PortLease::take(0, "websocket").unwrap());
    let port = ws.port();
    let _thief = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let stopping = std::thread::spawn(move || LocalChain::launch(plan, rpc, ws, Duration::from_secs(60)).unwrap_err());
    let error = stopping.join().unwrap();
    assert!(
        matches!(&error, LocalChainError::ThreadDied { reason }
            if reason.contains(&port.to_string())),
        "{error}"
    );
}

#[test]
fn start_without_time_to_do_so_times_out() {
    let plan = Plan::check(&quick()).unwrap();
    let (rpc, ws) = (PortLease::take(0, "RPC").unwrap(), PortLease::take(0, "websocket").unwrap());
    let port = rpc.port();
    let error = LocalChain::launch(plan, rpc, ws, Duration::ZERO).unwrap_err();
    assert!(
        matches!(&error, LocalChainError::StartTimedOut { rpc_url, .. }
            if port_of(rpc_url) == port),
        "{error}"
    );
    // And it was stopped.
    TcpListener::bind(("127.0.0.1", port)).unwrap();
}
