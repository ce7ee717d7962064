//! Posting through RPC servers that fail, drop, repeat, lag and lie. The chain behind them is real.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use solana_signer::Signer;
use trellis_client::{
    accounts::{Emission, Vault},
    addresses,
};
use trellis_core::Epoch;

use super::support::{
    epoch::{pass_challenge_window, until_approved},
    fault::{Fault, FaultyRpc, asks_for_clock, price, shifted_clock},
    fresh_folder,
    network::{EPOCH_END_UNIX, FIRST_AMOUNT, GRACE_SECONDS, Network},
    oracle::Oracle,
};

const FAILED: Fault = Fault::Status(503);

/// Settings that ask these servers instead.
fn through(urls: &[&str]) -> impl FnOnce(String) -> String + use<> {
    let urls = json!(urls).to_string();
    move |settings| {
        let rest = settings.lines().filter(|line| !line.starts_with("rpc_url")).collect::<Vec<_>>().join("\n");
        format!("rpc_urls = {urls}\n{rest}\n")
    }
}

/// A network whose first epoch is over, with its grace, and nothing posted.
async fn elapsed() -> Network {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    network
}

/// Epoch 0, in which nobody worked, was emitted once and its root made final once; nothing after it was.
async fn assert_once(network: &Network) {
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    assert_eq!((vault.next_epoch, vault.cumulative_total), (1, 0));
    let emission: Emission = network.chain.fetch(&addresses::emission(&network.address)).await.unwrap();
    assert_eq!((emission.next_epoch, emission.emitted), (1, FIRST_AMOUNT));
}

async fn until_final(network: &Network, oracle: &mut Oracle) {
    until_approved(network).await;
    pass_challenge_window(network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_once(network).await;
    oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn posting_through_errors_delays_drops_and_repeats_posts_once() {
    let network = elapsed().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let (mut calls, mut sends) = (0, 0);
    rpc.set(move |method, _| {
        calls += 1;
        if method == "sendTransaction" {
            sends += 1;
            return match sends % 3 {
                1 => Fault::Swallow,
                2 => Fault::Twice,
                _ => FAILED,
            };
        }
        match calls % 11 {
            3 => FAILED,
            5 => Fault::Delay(Duration::from_millis(80)),
            7 => Fault::Status(429),
            9 => Fault::Result(json!("nonsense")),
            _ => Fault::Pass,
        }
    });
    // The oracle reads the chain once before it serves, and a failure then ends it.
    let mut oracle = {
        let healthy = network.rpc_url.clone();
        Oracle::start_with(&fresh_folder("posting-faults"), &network, through(&[&healthy, &rpc.url])).await
    };
    // One that works beside it: what fails there is asked here.
    until_final(&network, &mut oracle).await;
    drop(oracle);

    let network = elapsed().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let mut oracle = Oracle::start_with(&fresh_folder("posting-faults-alone"), &network, through(&[&rpc.url])).await;
    let mut sends = 0;
    let mut calls = 0;
    rpc.set(move |method, _| {
        calls += 1;
        if method == "sendTransaction" {
            sends += 1;
            return match sends % 3 {
                1 => Fault::Swallow,
                2 => Fault::Twice,
                _ => FAILED,
            };
        }
        match calls % 13 {
            3 => FAILED,
            5 => Fault::Delay(Duration::from_millis(80)),
            9 => Fault::Result(json!("nonsense")),
            _ => Fault::Pass,
        }
    });
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_once(&network).await;
    let sent = rpc.transactions();
    let distinct: BTreeSet<_> = sent.iter().map(|transaction| transaction.signatures[0]).collect();
    assert!(sent.len() > distinct.len(), "nothing was sent again");
    assert!(oracle.metric("trellis_oracle_rpc_errors_total{server=\"0\"}").await.unwrap() > 0.0);
    rpc.heal();
    oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_that_expires_is_signed_anew_for_more_and_lands_once() {
    let network = Network::start().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let mut oracle = Oracle::start_with(&fresh_folder("posting-expired"), &network, through(&[&rpc.url])).await;
    let mut lost = None;
    rpc.set(move |method, params| match method {
        "sendTransaction" => {
            let signature = super::support::fault::transaction(params).signatures[0];
            match *lost.get_or_insert(signature) == signature {
                true => Fault::Swallow,
                false => Fault::Pass,
            }
        }
        _ => Fault::Pass,
    });
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_final(&network, &mut oracle).await;
    let sent = rpc.transactions();
    let first: Vec<_> = sent.iter().filter(|other| other.signatures == sent[0].signatures).collect();
    assert!(first.len() > 2, "it was sent {} times before it expired", first.len());
    assert!(first.iter().all(|copy| **copy == sent[0]));
    let second = &sent[first.len()];
    assert_ne!(second.message.recent_blockhash, sent[0].message.recent_blockhash);
    assert_eq!((price(&sent[0]), price(second)), (0, 2), "what expired was too cheap");
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_blockhash_is_replaced_by_a_fresh_one() {
    let network = Network::start().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let mut oracle = Oracle::start_with(&fresh_folder("posting-stale"), &network, through(&[&rpc.url])).await;
    let mut asked = 0;
    rpc.set(move |method, _| match method {
        "getLatestBlockhash" => {
            asked += 1;
            let unknown = solana_address::Address::new_from_array([7; 32]).to_string();
            match asked % 2 {
                1 => Fault::Change(Box::new(move |result| result["value"]["blockhash"] = json!(unknown))),
                _ => Fault::Pass,
            }
        }
        _ => Fault::Pass,
    });
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_final(&network, &mut oracle).await;
    assert!(rpc.count("getLatestBlockhash") > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn priority_fee_is_the_percentile_of_the_recent_ones_and_never_above_the_limit() {
    let network = elapsed().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let fees: Vec<Value> = (0..=100).map(|slot| json!({ "slot": slot, "prioritizationFee": slot * 100 })).collect();
    rpc.set(move |method, _| match method {
        "getRecentPrioritizationFees" => Fault::Result(json!(fees)),
        _ => Fault::Pass,
    });
    let url = rpc.url.clone();
    let change = |limit: u64| {
        let urls = through(&[&url]);
        move |settings| {
            let fees = format!("priority_fee_max_micro_lamports = {limit}\npriority_fee_percentile = 60");
            format!("{fees}\n{}", urls(settings))
        }
    };
    let mut oracle = Oracle::start_with(&fresh_folder("posting-fees"), &network, change(1_000_000)).await;
    until_approved(&network).await;
    assert!(rpc.transactions().iter().all(|transaction| price(transaction) == 6_000), "{:?}", rpc.transactions());
    assert_eq!(oracle.metric("trellis_oracle_priority_fee_micro_lamports").await, Some(6_000.0));
    let before = rpc.transactions().len();
    assert!(before >= 2);
    oracle.process.kill_hard();
    let mut oracle = Oracle::start_with(&oracle.folder.clone(), &network, change(50)).await;
    until_final(&network, &mut oracle).await;
    let later = &rpc.transactions()[before..];
    assert!(!later.is_empty() && later.iter().all(|transaction| price(transaction) == 50), "{later:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_lags_or_fails_is_passed_over() {
    let network = elapsed().await;
    let [lagging, good] = [FaultyRpc::start(&network.rpc_url).await, FaultyRpc::start(&network.rpc_url).await];
    lagging.set(|method, params| match asks_for_clock(method, params) {
        true => shifted_clock(-1_000, 0),
        false => Fault::Pass,
    });
    let servers = [lagging.url.as_str(), &good.url];
    let mut oracle = Oracle::start_with(&fresh_folder("posting-lagging"), &network, through(&servers)).await;
    until_approved(&network).await;
    let behind = oracle.metric("trellis_oracle_rpc_slots_behind{server=\"0\"}").await.unwrap();
    assert!((900.0..1_100.0).contains(&behind), "{behind}");
    assert_eq!(lagging.transactions().len(), 0, "a transaction went through a server that lags");
    assert_eq!(lagging.count("getProgramAccounts"), 0);

    // The good one goes away: better one that lags than none.
    good.set(|_, _| FAILED);
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert!(oracle.metric("trellis_oracle_rpc_errors_total{server=\"1\"}").await.unwrap() > 0.0);
    assert!(!lagging.transactions().is_empty());
    assert_once(&network).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_time_that_one_server_shows_ahead_closes_nothing() {
    let network = Network::start().await;
    let mut rpcs = Vec::new();
    for _ in 0..3 {
        rpcs.push(FaultyRpc::start(&network.rpc_url).await);
    }
    let urls: Vec<&str> = rpcs.iter().map(|rpc| rpc.url.as_str()).collect();
    let mut oracle = Oracle::start_with(&fresh_folder("posting-clock"), &network, through(&urls)).await;
    rpcs[0].set(|method, params| match asks_for_clock(method, params) {
        true => shifted_clock(0, 5 * 86_400),
        false => Fault::Pass,
    });
    let asked = rpcs[0].count("getMultipleAccounts");
    oracle.status_when("the liar was heard often", |_| rpcs[0].count("getMultipleAccounts") > asked + 20).await;
    let status = oracle.status_when("any", |_| true).await;
    assert!(status["now_unix"].as_i64().unwrap() < EPOCH_END_UNIX, "{status}");
    assert_eq!((&status["next_to_close"], &status["problem"]), (&json!(0), &Value::Null));
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_final(&network, &mut oracle).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_time_far_ahead_of_the_machine_is_refused_and_raises_an_alarm() {
    let network = Network::start().await;
    let rpc = FaultyRpc::start(&network.rpc_url).await;
    let mut oracle = Oracle::start_with(&fresh_folder("posting-future"), &network, through(&[&rpc.url])).await;
    // From 2014 to more than the machine's own time.
    rpc.set(|method, params| match asks_for_clock(method, params) {
        true => shifted_clock(0, 30 * 365 * 86_400),
        false => Fault::Pass,
    });
    let detail = oracle.alarm("clock_refused").await;
    assert!(detail.contains("ahead of this machine's") && detail.contains("clock_max_ahead_seconds"), "{detail}");
    let status = oracle.status_when("it is said", |status| status["problem"].is_string()).await;
    assert_eq!(status["next_to_close"], 0);
    assert!(status["now_unix"].as_i64().unwrap() < EPOCH_END_UNIX, "{status}");
    rpc.heal();
    oracle.status_when("it is over", |status| status["alarms"] == json!([]) && status["problem"].is_null()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proposal_that_a_reorganisation_takes_back_is_made_again() {
    let network = Network::start().await;
    let mut oracle = Oracle::start(&fresh_folder("posting-reorg"), &network).await;
    let proposal = addresses::proposal(&network.vault, Epoch(0), &network.oracle.pubkey());
    let before = network.chain.account(&network.vault).await.unwrap().unwrap();
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    let first = network.chain.account(&proposal).await.unwrap().unwrap();

    // The block with the proposal and the vote is gone, as if another fork had won. (The tokens were emitted before.)
    let set = |address: solana_address::Address, data: String, lamports: u64, owner: String| {
        let params = json!([address.to_string(), { "data": data, "lamports": lamports, "owner": owner }]);
        call(&network.rpc_url, "surfnet_setAccount", params)
    };
    let system = solana_sdk_ids::system_program::ID.to_string();
    set(network.vault, hex::encode(&before.data), before.lamports, before.owner.to_string()).await;
    set(proposal, String::new(), 0, system).await;

    until_final(&network, &mut oracle).await;
    assert!(first.data.len() > 8);
    assert!(oracle.metric("trellis_oracle_epochs_posted_total").await.unwrap() >= 2.0, "it was not proposed again");
}

async fn call(url: &str, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer: Value = reqwest::Client::new().post(url).json(&request).send().await.unwrap().json().await.unwrap();
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer
}
