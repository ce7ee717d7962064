//! The README's quick start: `trellis init`, `trellis up`, a device that earns; then stake.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use ed25519_dalek::SigningKey;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use solana_keypair::{Keypair, read_keypair_file};
use trellis_cli::localnet::time_travel;
use trellis_client::{
    Chain,
    accounts::{Network, Vault},
    addresses,
};
use trellis_core::{
    DeviceKey, WattHours,
    attestation::{Attestation, SignedAttestation, VERSION, WorkKind},
    energy::EnergyReading,
};

use super::support::{
    LOOK_EVERY, PATIENCE,
    device::Sender,
    eventually, free_port, fresh_folder,
    oracle::write_key,
    process::{Finished, Process, assert_refused, assert_words, program, trellis},
};

/// Runs `trellis` in the network's folder, whose `trellis.toml` says the rest.
fn here(folder: &Path, arguments: &[&str]) -> Finished {
    let command = program("trellis");
    Process::spawn(&command, |command| command.args(arguments).arg("--json").current_dir(folder)).wait()
}

fn answer(folder: &Path, arguments: &[&str]) -> Value {
    let finished = here(folder, arguments);
    assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
    finished.json()
}

/// A network's folder, with ports of its own.
fn init(name: &str) -> (std::path::PathBuf, Value) {
    let folder = fresh_folder(name);
    let (answers, made) = (folder.join("answers.toml"), folder.join("my-network"));
    let (rpc, oracle) = (free_port(), free_port());
    fs::write(&answers, format!("url = \"http://127.0.0.1:{rpc}\"\noracle_listen = \"127.0.0.1:{oracle}\"\n")).unwrap();
    let said = trellis(&["init", made.to_str().unwrap(), "--answers", answers.to_str().unwrap(), "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    (made, said.json())
}

/// What a device with the key in `file` signs for one interval of ten seconds.
fn reading(file: &Path, network: [u8; 32], start_unix: i64, number: u64) -> SignedAttestation {
    let keypair = read_keypair_file(file).unwrap();
    let key = SigningKey::from_keypair_bytes(&keypair.to_bytes()).unwrap();
    let reading = EnergyReading { energy: WattHours(20), counter: WattHours(20 * number) };
    let attestation = Attestation {
        version: VERSION,
        network,
        device: DeviceKey::Ed25519(key.verifying_key().to_bytes()),
        sequence: number,
        interval_start_unix: start_unix,
        interval_seconds: 10,
        work_kind: WorkKind::Energy,
        payload: reading.to_bytes().to_vec(),
    };
    let signature = ed25519_dalek::Signer::sign(&key, &attestation.signing_bytes()).to_bytes();
    SignedAttestation { attestation, signature }
}

/// Waits until the oracle's status is as wanted.
async fn until_oracle(url: &str, wanted: impl Fn(&Value) -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let status: Value = reqwest::get(format!("{url}/v1/status")).await.unwrap().json().await.unwrap();
        if wanted(&status) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{status}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Moves the clock on until epoch 0 is final.
async fn until_first_root(chain: &Chain, vault: &solana_address::Address) {
    let (deadline, mut passed) = (std::time::Instant::now() + PATIENCE, false);
    loop {
        let vault: Vault = chain.fetch(vault).await.unwrap();
        if vault.next_epoch > 0 {
            return;
        }
        if vault.approved != 0 && !passed {
            time_travel(&chain.url(), chain.unix_time().await.unwrap() + 60).await.unwrap();
            passed = true;
        }
        assert!(std::time::Instant::now() < deadline, "epoch 0 does not become final");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_network_from_init_to_a_device_that_earns_and_stake_that_earns() {
    let (folder, made) = init("own-network");
    let mut up = Process::spawn(&program("trellis"), |command| {
        command.args(["up", "--ws-port", "0", "--slot-ms", "100", "--json"]).current_dir(&folder)
    });
    let running: Value = eventually("the network runs", || {
        assert!(!up.has_ended(), "{}", up.stderr());
        serde_json::from_str(&up.stdout()).ok()
    });
    assert_eq!(running["network"], made["network"]);
    let chain = Chain::new(running["rpc_url"].as_str().unwrap());
    let network: solana_address::Address = made["network"].as_str().unwrap().parse().unwrap();
    let account: Network = chain.fetch(&network).await.unwrap();
    // The network is as old as the chain, and its epochs divide into the policy's intervals.
    assert_eq!((account.epoch_seconds, account.genesis_unix % 10), (120, 0));

    // The founder is the first owner, too.
    let registered = answer(&folder, &["device", "register", "device/device-key.json"]);
    assert_eq!((&registered["new_operator"], &registered["device"]), (&json!(true), &made["device"]));
    let oracle_url = running["oracle_url"].as_str().unwrap();
    until_oracle(oracle_url, |status| status["devices"] == 1).await;
    let end_unix = account.genesis_unix + 120;
    time_travel(&chain.url(), end_unix).await.unwrap();
    until_oracle(oracle_url, |status| status["now_unix"].as_i64().unwrap() >= end_unix).await;
    let sender = Sender {
        http: reqwest::Client::new(),
        url: oracle_url.to_owned(),
        oracle: made["oracle"].as_str().unwrap().parse::<solana_address::Address>().unwrap().to_bytes(),
    };
    // Registered in the middle of the epoch: its first intervals are before that.
    let device = folder.join("device/device-key.json");
    let batch: Vec<_> = (0..3)
        .map(|number| reading(&device, network.to_bytes(), end_unix - 30 + 10 * number, number as u64 + 1))
        .collect();
    sender.deliver(&batch).await;
    time_travel(&chain.url(), end_unix + 10).await.unwrap();
    let vault = addresses::vault(&network, &addresses::mint(&network));
    until_first_root(&chain, &vault).await;
    let earned = eventually("the oracle knows of the final root", || {
        let shown = answer(&folder, &["rewards", "show"]);
        (shown["final_epoch"] == 0).then_some(shown)
    });
    // Eight tenths of a thousand tokens; a tenth is for stakers, and a tenth came to the founder's wallet.
    assert_eq!(earned["claimable"], "800000000", "{earned}");
    let claimed = answer(&folder, &["rewards", "claim"]);
    assert_eq!((&claimed["claimed"], &claimed["balance"]), (&json!("800000000"), &json!("900000000")), "{claimed}");
    let explained = answer(&folder, &["explain", "device/device-key.json", "0"]);
    assert_eq!((&explained["accepted_wh"], &explained["chain"]["state"]), (&json!(60), &json!("final")));
    let status = answer(&folder, &["oracle", "status"]);
    assert_eq!((&status["own"]["oracle"], &status["own"]["acknowledged"]), (&made["oracle"], &json!(3)));
    stakes(&folder, &chain, &made).await;

    up.signal(Signal::SIGTERM);
    let finished = up.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(up.group_is_gone(), "the oracle was left behind");
}

/// With the founder's own tokens, from deposit to withdrawal.
async fn stakes(folder: &Path, chain: &Chain, made: &Value) {
    let refused = |arguments: &[&str], code, named: &[&str]| assert_refused(&here(folder, arguments), code, named);
    refused(&["stake", "claim"], 1, &["has nothing staked", "trellis stake deposit"]);
    refused(&["stake", "unstake", "all"], 1, &["has nothing staked with operator 0"]);
    refused(&["stake", "withdraw"], 1, &["has nothing on its way out"]);
    refused(&["stake", "deposit", "901"], 1, &["has 900.000000 tokens", "901.000000 are to be staked"]);
    refused(&["stake", "deposit", "1.2345678"], 2, &["`1.2345678`", "at most 6 decimals"]);
    refused(&["stake", "deposit", "0"], 2, &["nothing to stake"]);
    refused(&["stake", "deposit", "1", "--operator", "3"], 1, &["no operator 3"]);

    // A second operator, whose wallet has neither SOL nor tokens.
    write_key(&folder.join("second.json"), &Keypair::new());
    write_key(&folder.join("second-device.json"), &Keypair::new());
    let second =
        ["device", "register", "second-device.json", "--keypair", "second.json", "--payer", "keys/founder.json"];
    assert_eq!(answer(folder, &second)["operator_index"], 1);
    assert_eq!(answer(folder, &["stake", "deposit", "500"])["staked"], "500000000");
    let shown = answer(folder, &["stake", "show"]);
    let position = &shown["positions"][0];
    assert_eq!(
        (&position["staked"], &position["is_bond"], &position["tier"]),
        (&json!("500000000"), &json!(true), &json!(0))
    );
    assert_eq!(position["operator_wallet"], made["founder"]);
    // The stakers' tenth of the first epoch waited for somebody to stake; what the division leaves over is nobody's.
    let rewards: u64 = position["rewards"].as_str().unwrap().parse().unwrap();
    assert!(rewards >= 99_999_999, "{position}");
    let claimed: u64 = answer(folder, &["stake", "claim"])["claimed"].as_str().unwrap().parse().unwrap();
    assert!(claimed >= rewards, "{claimed} of {rewards}");

    refused(&["stake", "unstake", "501"], 1, &["500.000000 tokens are staked", "501.000000 are to leave"]);
    let left = answer(folder, &["stake", "unstake", "200"]);
    let release_unix = left["release_unix"].as_i64().unwrap();
    assert_eq!(left["unstaked"], "200000000");
    refused(&["stake", "withdraw"], 1, &["nothing is free yet", "200.000000"]);
    let moving = answer(folder, &["stake", "unstake", "50", "--move-to", "1"]);
    assert_eq!(moving["unstaked"], "50000000");
    let release_unix = release_unix.max(moving["release_unix"].as_i64().unwrap());
    time_travel(&chain.url(), release_unix).await.unwrap();
    let withdrawn = answer(folder, &["stake", "withdraw"]);
    assert_eq!((&withdrawn["withdrawn"], &withdrawn["moved"]), (&json!("200000000"), &json!("50000000")));
    let shown = answer(folder, &["stake", "show"]);
    assert_eq!(shown["tickets"], json!([]));
    let mut staked: Vec<_> =
        shown["positions"].as_array().unwrap().iter().map(|held| (&held["is_bond"], &held["staked"])).collect();
    staked.sort_by_key(|(is_bond, _)| **is_bond != true);
    assert_eq!(staked, [(&json!(true), &json!("250000000")), (&json!(false), &json!("50000000"))]);
}

#[test]
fn init_makes_keys_for_their_owner_alone_and_overwrites_nothing() {
    let (folder, made) = init("init");
    for (name, file) in [
        ("founder", "keys/founder.json"),
        ("oracle", "keys/oracle.json"),
        ("guardian", "keys/guardian.json"),
        ("device", "device/device-key.json"),
    ] {
        let file = folder.join(file);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert_eq!(solana_signer::Signer::pubkey(&read_keypair_file(&file).unwrap()).to_string(), made[name], "{name}");
    }
    let before = fs::read(folder.join("network.toml")).unwrap();
    let again = trellis(&["init", folder.to_str().unwrap(), "--defaults", "--json"]);
    assert_refused(&again, 2, &["is not empty", "name a new folder"]);
    assert_eq!(fs::read(folder.join("network.toml")).unwrap(), before);

    let parent = folder.parent().unwrap();
    let other = parent.join("other");
    let other = other.to_str().unwrap();
    let answers = parent.join("wrong.toml");
    fs::write(&answers, "epoch_seconds = 59\n").unwrap();
    let wrong = trellis(&["init", other, "--answers", answers.to_str().unwrap(), "--json"]);
    assert_refused(&wrong, 2, &["epoch_seconds is 59"]);
    assert_refused(&trellis(&["init", other, "--answers", "none.toml", "--json"]), 2, &["none.toml"]);
    assert_refused(&trellis(&["init", other, "--url", "mainnet", "--json"]), 2, &["mainnet-beta"]);
    assert_refused(&trellis(&["init", "/proc/trellis", "--json"]), 2, &["/proc/trellis"]);
    assert!(!Path::new(other).exists(), "an answer that cannot be left a folder behind");

    // For a cluster: `up` has nothing to do with it, and what comes next is said.
    let devnet = trellis(&["init", other, "--url", "devnet"]);
    assert!(devnet.code == Some(0) && devnet.stdout.contains("trellis network create"), "{devnet:?}");
    let refused = here(Path::new(other), &["up"]);
    assert_refused(&refused, 2, &["api.devnet.solana.com", "not on this machine"]);
    assert_refused(&here(parent, &["up"]), 2, &["trellis.toml", "trellis init"]);
    fs::write(Path::new(other).join("trellis.toml"), "netwrok = \"\"\n").unwrap();
    assert_refused(&here(Path::new(other), &["class", "list"]), 2, &["trellis.toml", "netwrok"]);
}

#[test]
fn completions_and_man_pages_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let said = trellis(&["completions", shell]);
        assert_eq!(said.code, Some(0), "{said:?}");
        for command in ["explain", "rewards", "simulate"] {
            assert!(said.stdout.contains(command), "{shell}: {command}");
        }
    }
    let folder = fresh_folder("man");
    let said = trellis(&["man", folder.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for page in ["trellis", "trellis-explain", "trellis-rewards-claim", "trellis-device-move"] {
        let text = fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME"), "{page}: {text}");
    }
    let refused = trellis(&["man", "/proc/trellis"]);
    assert_eq!(refused.code, Some(2));
    assert_words(&refused.stderr);
}
