//! `trellis rewards` and `trellis explain`: what a device's owner sees and does, and every way in which it can go wrong.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::{
        registry::{self, SuspendDeviceArgs},
        rewards,
    },
};
use trellis_core::{WattHours, attestation::SignedAttestation, energy::EnergyReading};
use trellis_epoch::encoding::base58;

use super::support::{
    commands::{Commands, text},
    device::attest,
    epoch::{until_approved, until_final},
    fault::{Fault, FaultyRpc, price},
    fresh_folder,
    network::{EPOCH_END_UNIX, EPOCH_SECONDS, FIRST_AMOUNT, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::{assert_refused, trellis},
};

/// Five honest readings of the first device, and one whose counter fell.
fn readings(network: &Network) -> Vec<SignedAttestation> {
    let (device, address) = (&network.devices[0], network.address.to_bytes());
    let mut batch: Vec<_> = (0..6).map(|number| attest(device, address, GENESIS_UNIX, number)).collect();
    let last = &mut batch[5];
    last.attestation.payload = EnergyReading { energy: WattHours(1), counter: WattHours(2) }.to_bytes().to_vec();
    last.signature = ed25519_dalek::Signer::sign(device, &last.attestation.signing_bytes()).to_bytes();
    batch
}

fn device_key(network: &Network, number: usize) -> String {
    base58::encode(network.devices[number].verifying_key().as_bytes())
}

/// An oracle that gives another's proof with more in it.
async fn liar(honest: String) -> String {
    async fn forged(State(honest): State<Arc<String>>, path: axum::extract::OriginalUri) -> Json<Value> {
        let answer = reqwest::get(format!("{honest}{}", path.0)).await.unwrap();
        let mut answer: Value = answer.json().await.unwrap();
        if answer["cumulative"].is_string() {
            answer["cumulative"] = json!((FIRST_AMOUNT + 1).to_string());
        }
        Json(answer)
    }
    let routes = Router::new().fallback(get(forged)).with_state(Arc::new(honest));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn rewards_are_shown_explained_and_claimed_once_and_every_mistake_has_words() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("rewards");
    let mut oracle = Oracle::start(&folder, &network).await;
    let commands = Commands { network: &network, oracle_url: oracle.url.clone(), folder: folder.clone() };
    let founder = commands.key("founder", &network.founder);
    let operator = commands.key("operator", &network.operator);
    let stranger = commands.key("stranger", &Keypair::new());
    let device = device_key(&network, 0);
    oracle.sender().deliver(&readings(&network)).await;

    // Nothing is final yet.
    let early = commands.run(&["rewards", "claim"], &operator);
    assert_refused(&early, 1, &["no epoch's root is final yet", "Epoch 0", "2014-02-05 00:00:00 UTC"]);
    let shown = commands.answer(&["rewards", "show"], &operator);
    assert_eq!(
        (&shown["earned"], &shown["final_epoch"], &shown["operator_index"]),
        (&json!("0"), &Value::Null, &json!(0))
    );
    assert_refused(&commands.run(&["explain", &device, "0"], ""), 1, &["epoch 0 is not closed yet"]);

    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    oracle.status_when("it is closed", |status| status["next_to_close"] == 1).await;
    assert_refused(&commands.run(&["rewards", "claim", "--epoch", "0"], &operator), 1, &["epoch 0 is not final yet"]);
    let approved = commands.answer(&["explain", &device, "0"], "");
    assert_eq!(approved["chain"]["state"], "approved");
    assert!(approved["chain"]["proposed_in"].is_string() && approved["chain"]["finalized_in"].is_null(), "{approved}");

    until_final(&network, 1).await;
    oracle.status_when("it is final", |status| status["next_to_finalize"] == 1).await;
    explains(&commands, &oracle, &device);
    let whole = FIRST_AMOUNT.to_string();
    let shown = commands.answer(&["rewards", "show"], &operator);
    assert_eq!((&shown["earned"], &shown["claimed"], &shown["claimable"]), (&json!(whole), &json!("0"), &json!(whole)));
    assert_eq!(shown["devices"].as_array().unwrap().len(), 4);

    // Wrong wallet, no SOL, wrong network, nobody there, somebody else there, a proof of more than there is.
    let wrong = commands.run(&["rewards", "claim"], &stranger);
    assert_refused(&wrong, 1, &["is no operator of network", "--keypair", "trellis device register"]);
    let poor = commands.run(&["rewards", "claim"], &operator);
    assert_refused(&poor, 1, &["has 0 SOL", "send at least", &network.operator.pubkey().to_string()]);
    assert_refused(&commands.run(&["rewards", "claim", "7"], &founder), 1, &["has no operator 7"]);
    assert_refused(&commands.run(&["rewards", "claim", "xyz"], &founder), 2, &["`xyz` names no operator"]);
    assert_refused(&commands.run(&["rewards", "claim"], "none.json"), 2, &["none.json", "--keypair"]);
    let claim = |network_address: &str, url: &str, oracle: &str| {
        let target = ["--url", url, "--network", network_address, "--oracle", oracle, "--keypair", &founder];
        trellis(&[&["rewards", "claim", "0", "--json"], &target[..]].concat())
    };
    let (address, rpc) = (network.address.to_string(), network.rpc_url.clone());
    let other = network.mint.to_string();
    assert_refused(&claim(&other, &rpc, &oracle.url), 1, &["works for network", &address, &other]);
    assert_refused(&claim(&address, "http://127.0.0.1:9", &oracle.url), 1, &["http://127.0.0.1:9"]);
    assert_refused(
        &claim(&address, &rpc, "http://127.0.0.1:9"),
        1,
        &["no oracle answers at http://127.0.0.1:9", "--oracle"],
    );
    assert_refused(&claim(&address, &rpc, &rpc), 1, &["does not speak as an oracle"]);
    assert_refused(&claim(&address, &rpc, "localhost"), 2, &["`localhost`", "http://"]);
    let forged = claim(&address, &rpc, &liar(oracle.url.clone()).await);
    assert_refused(&forged, 1, &["does not lead to the root", "do not trust"]);

    // Somebody else pays the fee; the operator is paid.
    let dry = commands.answer(&["rewards", "claim", "0", "--dry-run"], &founder);
    assert_eq!((&dry["dry_run"], &dry["claimed"], &dry["signature"]), (&json!(true), &json!(whole), &Value::Null));
    // Others pay a lot for the vault now: no more is offered than the owner allows.
    let busy = FaultyRpc::start(&network.rpc_url).await;
    busy.set(|method, _| match method {
        "getRecentPrioritizationFees" => Fault::Result(json!([{ "slot": 1, "prioritizationFee": 5_000 }])),
        _ => Fault::Pass,
    });
    let target = ["--json", "--url", &busy.url, "--oracle", &oracle.url, "--keypair", &founder];
    let claimed = trellis(&[&["rewards", "claim", "0", "--max-compute-unit-price", "700"], &target[..]].concat());
    assert_eq!((claimed.code, price(&busy.transactions()[0])), (Some(0), 700), "{claimed:?}");
    let claimed = claimed.json();
    assert_eq!((&claimed["claimed"], &claimed["balance"]), (&json!(whole), &json!(whole)), "{claimed}");
    assert_eq!(claimed["payout_wallet"], network.operator.pubkey().to_string());
    let account = addresses::associated_token_account(&network.operator.pubkey(), &network.mint);
    assert_eq!(network.chain.token_balance(&account).await.unwrap(), Some(FIRST_AMOUNT));
    let again = commands.answer(&["rewards", "claim", &network.operator.pubkey().to_string()], &founder);
    assert_eq!((&again["claimed"], &again["claimed_before"]), (&json!("0"), &json!(whole)));
    let words = commands.network.rpc_url.clone();
    let words = trellis(&["rewards", "claim", "0", "--url", &words, "--oracle", &oracle.url, "--keypair", &founder]);
    assert!(words.code == Some(0) && words.stdout.starts_with("nothing to claim: all that operator 0"), "{words:?}");

    // A device that is suspended.
    let suspended = addresses::device(
        &network.address,
        &trellis_core::DeviceKey::Ed25519(network.devices[1].verifying_key().to_bytes()),
    );
    let args = SuspendDeviceArgs { reason_code: 7, evidence_hash: [9; 32] };
    let suspend = registry::suspend_device(network.founder.pubkey(), network.address, suspended, args);
    network.chain.send(&[suspend], &[&network.founder]).await.unwrap();
    let shown = commands.answer(&["rewards", "show", "0"], &stranger);
    let devices = shown["devices"].as_array().unwrap();
    assert_eq!(devices.iter().filter(|device| device["suspended"] == true && device["reason_code"] == 7).count(), 1);
    let retire = commands.run(&["device", "retire", &device_key(&network, 1), "--yes"], &operator);
    assert_refused(&retire, 1, &["is suspended, for reason 7", "trellis device appeal"]);

    // Paused claims, then a proof that four later roots have replaced.
    let pause = rewards::pause_vault(network.founder.pubkey(), network.vault, 3_600);
    network.chain.send(&[pause], &[&network.founder]).await.unwrap();
    assert_refused(&commands.run(&["rewards", "claim", "0"], &founder), 1, &["paused claims until", "nothing is lost"]);
    network.travel(EPOCH_END_UNIX + 4 * i64::from(EPOCH_SECONDS) + GRACE_SECONDS).await;
    until_final(&network, 5).await;
    let stale = commands.run(&["rewards", "claim", "0", "--epoch", "0"], &founder);
    assert_refused(&stale, 1, &["the proof is stale", "epoch 0", "leave --epoch out"]);
    let replaced = commands.answer(&["explain", &device, "0"], "");
    assert_eq!(replaced["chain"]["state"], "final_and_replaced");
}

/// From the oracle and from a folder, the same; with every figure.
fn explains(commands: &Commands<'_>, oracle: &Oracle, device: &str) {
    let explained = commands.answer(&["explain", device, "0"], "");
    let bundles = text(&oracle.folder.join("bundles"));
    let folder = commands.answer(&["explain", device, "0", "--bundle", &bundles], "");
    assert_eq!(explained, folder);
    let bundle = text(&oracle.bundle_folder(0));
    let alone = trellis(&["explain", device, "0", "--bundle", &bundle, "--json"]);
    let mut offline = explained.clone();
    offline.as_object_mut().unwrap().remove("chain");
    assert_eq!(alone.json(), offline, "{alone:?}");

    let attestations = explained["attestations"].as_array().unwrap();
    assert_eq!(attestations.len(), 6);
    assert!(attestations[..5].iter().all(|line| line["accepted_wh"] == 10 && line["reported_wh"] == 10), "{explained}");
    assert_eq!((&attestations[5]["refused"], &attestations[5]["reported_wh"]), (&json!("counter_fell"), &json!(1)));
    assert_eq!((&explained["accepted_wh"], &explained["points"]), (&json!(50), &json!(50)));
    let share = &explained["share"];
    assert_eq!((&share["operator_points"], &share["all_points"]), (&json!(50), &json!(50)));
    for name in ["emission", "shared_out", "earned", "earned_by_device", "cumulative"] {
        assert_eq!(share[name], FIRST_AMOUNT, "{name}");
    }
    assert_eq!(explained["reward_leaf"]["leaf_count"], 1);
    assert_eq!(explained["device_leaf"]["proof"].as_array().unwrap().len(), 2);
    let chain = &explained["chain"];
    assert_eq!((&chain["state"], &chain["claimed"]), (&json!("final"), &json!(0)));
    assert!(chain["proposed_in"].is_string() && chain["finalized_in"].is_string(), "{chain}");
    assert_ne!(chain["proposed_in"], chain["finalized_in"]);

    // A device that sent nothing; one that nobody knows; another epoch's bundle; no bundle.
    let idle = commands.answer(&["explain", &device_key(commands.network, 1), "0"], "");
    assert_eq!((&idle["points"], &idle["share"]["earned_by_device"]), (&json!(0), &json!(0)));
    let unknown = base58::encode(&[1; 32]);
    let refused = commands.run(&["explain", &unknown, "0"], "");
    assert_refused(&refused, 1, &["was not registered when epoch 0 was closed", &unknown]);
    let other = trellis(&["explain", device, "3", "--bundle", &bundle, "--json"]);
    assert_refused(&other, 2, &["is the bundle of epoch 0, not of 3"]);
    let nowhere = trellis(&["explain", device, "0", "--json"]);
    assert_refused(&nowhere, 2, &["--oracle URL or --bundle PLACE"]);
    // A bundle that somebody changed, and one that is cut off.
    let changed = oracle.folder.join("changed");
    copy(&oracle.bundle_folder(0), &changed);
    let mut points = std::fs::read(changed.join("devices.parquet")).unwrap();
    points[100] ^= 1;
    std::fs::write(changed.join("devices.parquet"), points).unwrap();
    let explain = |place: &std::path::Path| trellis(&["explain", device, "0", "--bundle", &text(place), "--json"]);
    assert_refused(&explain(&changed), 1, &["devices.parquet", "the file was changed"]);
    std::fs::remove_file(changed.join("verdicts.parquet")).unwrap();
    assert_refused(&explain(&changed), 2, &["cannot read", "verdicts.parquet"]);
    let words = trellis(&["explain", device, "0", "--bundle", &bundle]);
    for said in ["50 Wh × weight 1 = 50", "refused: counter_fell", "not asked: compare with --url", "OK: every figure"]
    {
        assert!(words.stdout.contains(said), "`{said}` is not in: {words:?}");
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_status_ends_with_code_1_while_the_oracle_has_a_problem() {
    let network = Network::start().await;
    let folder = fresh_folder("oracle-status");
    let alarm = |settings: String| format!("balance_alarm_lamports = 1000000000000000\n{settings}");
    let mut oracle = Oracle::start_with(&folder, &network, alarm).await;
    oracle.alarm("balance_low").await;
    let commands = Commands { network: &network, oracle_url: oracle.url.clone(), folder };
    let status = commands.run(&["oracle", "status"], "");
    let said = status.json();
    assert_eq!((status.code, &said["ok"], &said["own"]["alarms"]), (Some(1), &json!(false), &json!(["balance_low"])));
    let words = trellis(&["oracle", "status", "--url", &network.rpc_url, "--oracle", &oracle.url]);
    assert!(words.code == Some(1) && words.stderr.starts_with("FAILED: balance_low"), "{words:?}");
    assert!(words.stdout.contains("weight 1, 10 SOL, has not voted"), "{words:?}");
}
