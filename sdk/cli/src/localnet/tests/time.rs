//! The chain's clock.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::support::{SOL, START_OF_2014, airdrop, block_hash, call, quick, send, start, transfer, wait_for_balance};
use crate::localnet::{
    LATEST_UNIX_SECONDS, LocalChain, LocalChainConfig, RpcError, TimeTravelError, clock_unix_seconds, rpc::RpcClient,
    time::travel, time_travel,
};

const HOUR: i64 = 3_600;
/// How far a clock may have gone on while a test did something else, in seconds.
const SLACK: i64 = 60;

fn start_in_2014() -> LocalChain {
    start(LocalChainConfig { start_time: Some(START_OF_2014), ..quick() })
}

async fn clock(chain: &LocalChain) -> i64 {
    clock_unix_seconds(&chain.rpc_url()).await.unwrap()
}

#[tokio::test]
async fn clock_with_start_in_2014_begins_there_and_goes_on_with_the_slots() {
    let chain = start_in_2014();
    let first = clock(&chain).await;
    assert!((START_OF_2014..START_OF_2014 + SLACK).contains(&first), "{first}");
    let (began, deadline) = (Instant::now(), Duration::from_secs(60));
    let mut now = first;
    while now < first + 3 {
        assert!(began.elapsed() < deadline, "the clock stands at {now}");
        now = clock(&chain).await;
    }
    // Slots may be late on a busy machine, never early: three seconds of chain time, of which
    // the first may have begun earlier, are at least two.
    assert!(began.elapsed() > Duration::from_secs(2) - Duration::from_millis(200));

    let latest = json!([{ "commitment": "processed" }]);
    let slot = call(&chain.rpc_url(), "getSlot", latest).await;
    let block_time = call(&chain.rpc_url(), "getBlockTime", json!([slot])).await;
    let block_time = block_time.as_i64().unwrap();
    // The block just closed may have begun in the second before.
    assert!((now - 1..now + SLACK).contains(&block_time), "{block_time} {now}");
}

#[tokio::test]
async fn clock_without_start_time_begins_now() {
    let chain = start(quick());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let shown = clock(&chain).await;
    assert!((now - SLACK..=now + 1).contains(&shown), "{shown} {now}");
}

#[tokio::test]
async fn time_travel_forward_repeatedly_arrives_and_transactions_go_on() {
    let chain = start_in_2014();
    let url = chain.rpc_url();
    let (payer, payee) = (Keypair::new(), Keypair::new().pubkey());
    let mut target = START_OF_2014;
    for (round, hours) in (1..).zip([1, 24, 365 * 24]) {
        let hash_before = block_hash(&url).await;
        target += hours * HOUR;
        let arrived = time_travel(&url, target).await.unwrap();
        assert!((target..target + SLACK).contains(&arrived), "{arrived}");
        let shown = clock(&chain).await;
        assert!((arrived..target + SLACK).contains(&shown), "{shown}");

        airdrop(&url, &payer.pubkey(), round * SOL).await;
        let hash = block_hash(&url).await;
        send(&url, &transfer(&payer, &payee, SOL / 2 + round, &hash)).await;
        let early = transfer(&payer, &payee, SOL / 4 + round, &hash_before);
        send(&url, &early).await;
        let received: u64 = (1..=round).map(|r| SOL / 4 * 3 + 2 * r).sum();
        wait_for_balance(&url, &payee, received).await;
    }
}

#[tokio::test]
async fn time_travel_backwards_is_refused_and_leaves_the_clock() {
    let chain = start_in_2014();
    let target = START_OF_2014 - HOUR;
    let error = time_travel(&chain.rpc_url(), target).await.unwrap_err();
    assert!(
        matches!(error, TimeTravelError::Backwards { clock, target: t }
            if t == target && clock >= START_OF_2014),
        "{error}"
    );
    assert!(clock(&chain).await >= START_OF_2014);
}

#[tokio::test]
async fn time_travel_beyond_the_last_year_is_refused() {
    let chain = start(quick());
    let target = LATEST_UNIX_SECONDS + 1;
    let error = time_travel(&chain.rpc_url(), target).await.unwrap_err();
    assert!(matches!(error, TimeTravelError::TooLate { target: t } if t == target), "{error}");
}

#[tokio::test]
async fn time_travel_with_cheat_codes_closed_gives_the_node_s_refusal() {
    let chain = start_in_2014();
    let url = chain.rpc_url();
    let params = json!(["all", { "lockout": true }]);
    call(&url, "surfnet_disableCheatcode", params).await;
    let client = RpcClient::new(&url).unwrap();
    let error = travel(&client, START_OF_2014 + HOUR, Duration::ZERO).await.unwrap_err();
    assert!(
        matches!(&error, TimeTravelError::Rpc(RpcError::Refused { method, .. })
            if *method == "surfnet_timeTravel"),
        "{error}"
    );
}

#[tokio::test]
async fn time_travel_with_clock_that_stands_is_not_reached() {
    const CLOCK: &str = r#"{"result":{"value":{"data":{"parsed":{"info":{"unixTimestamp":5}}}}}}"#;
    let url = fake_node(vec![CLOCK, r#"{"result":{}}"#, CLOCK]);
    let client = RpcClient::new(&url).unwrap();
    let error = travel(&client, 6, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, TimeTravelError::NotReached { clock: 5, target: 6, .. }), "{error}");
}

#[tokio::test]
async fn clock_with_no_chain_says_where_none_is() {
    let chain = start(quick());
    let url = chain.rpc_url();
    chain.stop();
    let error = clock_unix_seconds(&url).await.unwrap_err();
    assert!(matches!(&error, TimeTravelError::Rpc(RpcError::NoAnswer { .. })), "{error}");
    assert!(error.to_string().contains(&url), "{error}");
}

/// Answers each of `answers` to one request, as a node would.
fn fake_node(answers: Vec<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for body in answers {
            let (mut stream, _) = listener.accept().unwrap();
            // A request of these tests fits into one packet.
            assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n");
            let answer = format!("{head}connection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[tokio::test]
async fn call_with_answer_of_another_shape_is_unexpected() {
    let url = fake_node(vec!["{}"]);
    let client = RpcClient::new(&url).unwrap();
    let error = client.call("getHealth", json!([])).await.unwrap_err();
    assert!(matches!(error, RpcError::Unexpected { .. }), "{error}");

    let url = fake_node(vec![r#"{"result":{"value":null}}"#]);
    let error = clock_unix_seconds(&url).await.unwrap_err();
    assert!(matches!(error, TimeTravelError::Rpc(RpcError::Unexpected { .. })), "{error}");
}
