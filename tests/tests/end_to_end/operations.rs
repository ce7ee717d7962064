//! What operators do: check the settings, change the log's level, stop the oracle while it works.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use nix::sys::signal::Signal;
use solana_keypair::Keypair;
use tokio::task::JoinSet;

use super::support::{
    device::{Receipts, attest},
    eventually, fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, Network, POLICY},
    oracle::{Oracle, write_files, write_key},
    process::{Finished, Process, program},
};

fn check(folder: &Path) -> Finished {
    let command = program("trellis-oracle");
    Process::spawn(&command, |command| command.args(["check", "oracle.toml"]).current_dir(folder)).wait()
}

/// Changes the settings, checks them, and puts them back.
fn check_with(folder: &Path, from: &str, to: &str) -> Finished {
    let file = folder.join("oracle.toml");
    let settings = fs::read_to_string(&file).unwrap();
    assert!(settings.contains(from), "`{from}` is not in {settings}");
    fs::write(&file, settings.replace(from, to)).unwrap();
    let finished = check(folder);
    fs::write(&file, settings).unwrap();
    finished
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_everything_that_is_wrong_and_what_to_do() {
    let network = Network::start().await;
    let folder = fresh_folder("check");
    write_files(&folder, &network);
    let fine = check(&folder);
    assert_eq!(fine.code, Some(0), "{fine:?}");
    for what in ["settings", "key", "policy", "data_dir", "bundle_dir", "rpc", "clock", "network", "vault"] {
        assert!(fine.stdout.contains(&format!("ok       {what}: ")), "{what}: {}", fine.stdout);
    }
    for what in ["policy hash", "oracle set: weight 1", "balance"] {
        assert!(fine.stdout.contains(what), "{what}: {}", fine.stdout);
    }
    assert!(fine.stdout.ends_with("all is in place\n"));
    assert!(!folder.join("data").exists(), "check changed something");

    let wrong = |finished: &Finished, words: &[&str]| {
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let problems: Vec<&str> = finished.stdout.lines().filter(|line| line.starts_with("problem  ")).collect();
        for words in words {
            assert!(problems.iter().any(|line| line.contains(words)), "`{words}` is not in: {}", finished.stdout);
        }
    };
    let rpc = format!("\"{}\"", network.rpc_url);
    wrong(&check_with(&folder, "poll_ms = 50", "poll_ms = 1"), &["`poll_ms` is `1`"]);
    wrong(&check_with(&folder, &rpc, "\"http://127.0.0.1:9\""), &["http://127.0.0.1:9 does not answer"]);
    wrong(&check_with(&folder, "\"data\"", "\"/proc/data\""), &["data_dir: /proc/data"]);
    let mint = network.mint.to_string();
    wrong(&check_with(&folder, &network.address.to_string(), &mint), &["network: no Network"]);
    wrong(&check_with(&folder, "poll_ms", "dashboard.dir = \"pages\"\npoll_ms"), &["dashboard: ", "pages", "make app"]);
    wrong(&check_with(&folder, "poll_ms", "balance_alarm_lamports = 50_000_000_000\npoll_ms"), &["send it some SOL"]);
    fs::write(folder.join("policy.toml"), POLICY.replace("500", "400")).unwrap();
    wrong(&check(&folder), &["policy hash: "]);
    fs::write(folder.join("policy.toml"), POLICY).unwrap();
    fs::set_permissions(folder.join("key.json"), fs::Permissions::from_mode(0o644)).unwrap();
    wrong(&check(&folder), &["chmod 600"]);
    write_key(&folder.join("key.json"), &Keypair::new());
    wrong(&check(&folder), &["oracle set: the vault's oracle set does not name", "balance: "]);

    // Beside a running oracle, and without a file.
    fs::remove_file(folder.join("key.json")).unwrap();
    let oracle = Oracle::start(&folder, &network).await;
    assert_eq!(check(&folder).code, Some(0));
    drop(oracle);
    fs::remove_file(folder.join("oracle.toml")).unwrap();
    wrong(&check(&folder), &["settings: ", "oracle.toml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_level_changes_at_sighup_and_over_http_while_the_oracle_runs() {
    let network = Network::start().await;
    let folder = fresh_folder("log-level");
    let oracle = Oracle::start(&folder, &network).await;
    let said = |words: &str| {
        eventually(words, || oracle.process.stderr().contains(words).then_some(()));
    };
    let file = folder.join("oracle.toml");
    let settings = fs::read_to_string(&file).unwrap();
    assert!(!oracle.process.stderr().contains("DEBUG"));
    fs::write(&file, format!("log_level = \"debug\"\n{settings}")).unwrap();
    oracle.process.signal(Signal::SIGHUP);
    said("log level: debug");
    said(" DEBUG ");
    fs::write(&file, format!("log_level = \"loud\"\n{settings}")).unwrap();
    oracle.process.signal(Signal::SIGHUP);
    said("the log level stays as it is");
    said("`log_level` is `loud`");

    let put = |level: &'static str| {
        let url = format!("{}/log-level", oracle.metrics_url);
        async move { reqwest::Client::new().put(url).body(level).send().await.unwrap() }
    };
    assert_eq!(put("warn,trellis_oracle=trace").await.status(), 200);
    said("log level: warn,trellis_oracle=trace");
    let refused = put("loud").await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("`loud` is no log level"));
    fs::write(&file, settings).unwrap();
    oracle.process.signal(Signal::SIGHUP);
    said("log level: warn,trellis_oracle=info");
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_until_the_registry_is_old() {
    let mut network = Network::start().await;
    let oracle = Oracle::start_with(&fresh_folder("ready"), &network, |settings| {
        format!("snapshot_max_age_seconds = 1\n{settings}")
    })
    .await;
    assert_eq!(oracle.get("/readyz").await.0, 200);
    network.stop_chain().await;
    let deadline = std::time::Instant::now() + super::support::PATIENCE;
    let problem = loop {
        let (status, body) = oracle.get("/readyz").await;
        if status == 503 {
            break body["error"]["detail"].as_str().unwrap().to_owned();
        }
        assert!(std::time::Instant::now() < deadline, "still ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(problem.contains("the registry was last read"), "{problem}");
    assert_eq!(oracle.get("/healthz").await.0, 200);
    assert_eq!(oracle.metric("trellis_oracle_ready").await, Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_told_to_stop_under_load_answers_what_it_has_and_ends_cleanly() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut oracle = Oracle::start(&fresh_folder("stop-under-load"), &network).await;
    let mut streams = JoinSet::new();
    for device in network.devices.clone() {
        let (sender, address) = (oracle.sender(), network.address.to_bytes());
        streams.spawn(async move {
            let mut receipts = Receipts::new();
            for number in 0..600 {
                receipts.extend(sender.offer(&[attest(&device, address, GENESIS_UNIX, number)]).await);
            }
            receipts
        });
    }
    oracle.status_when("the stream flows", |status| status["acknowledged"].as_u64() > Some(20)).await;
    oracle.process.signal(Signal::SIGTERM);
    let finished = oracle.process.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("oracle is down") && !finished.stderr.contains("panicked"), "{finished:?}");
    oracle.restart().await;
    let mut receipts = Receipts::new();
    while let Some(received) = streams.join_next().await {
        receipts.extend(received.unwrap());
    }
    assert_eq!(receipts.len(), 600 * network.devices.len());
    let status = oracle.status_when("any", |_| true).await;
    assert_eq!(status["acknowledged"], receipts.len(), "each is in the log once");
}
