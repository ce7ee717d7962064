//! Settings, keys and chains that `trellis-oracle` cannot use.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, process::Command};

use nix::sys::signal::Signal;
use solana_address::Address;
use solana_keypair::Keypair;

use super::support::{
    eventually, free_port, fresh_folder,
    network::{Network, POLICY, start_chain},
    oracle::{Oracle, spawn, write_files, write_key},
    process::{Finished, Process, assert_words, program},
};

const SETTINGS: &str = "rpc_url = \"http://127.0.0.1:9\"\nnetwork = \"4Q8TDc3b89NisNB4YyfBAwcuMEG7yHeirR2T9LTb6BAG\"\n\
                        data_dir = \"data\"\nbundle_dir = \"bundles\"\npolicy = \"policy.toml\"\nkeypair = \"key.json\"\n";

fn run_in(folder: &Path, change: impl FnOnce(&mut Command) -> &mut Command) -> Finished {
    Process::spawn(&program("trellis-oracle"), |command| change(command.current_dir(folder))).wait()
}

/// The oracle must have ended with `code` and a message with all of `named`.
fn assert_ended(finished: &Finished, code: i32, named: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "");
    assert_words(&finished.stderr);
    for named in named {
        assert!(finished.stderr.contains(named), "`{named}` is not in: {}", finished.stderr);
    }
}

/// A folder with settings, policy and key that are right but for the chain, which is not there.
fn folder_with_files(name: &str) -> std::path::PathBuf {
    let folder = fresh_folder(name);
    fs::write(folder.join("oracle.toml"), SETTINGS).unwrap();
    fs::write(folder.join("policy.toml"), POLICY).unwrap();
    write_key(&folder.join("key.json"), &Keypair::new_from_array([2; 32]));
    folder
}

#[test]
fn oracle_with_bad_settings_ends_with_code_2_and_names_the_value() {
    let folder = folder_with_files("oracle-settings");
    assert_ended(&run_in(&folder, |command| command), 2, &["--config"]);
    let with_file = |file: &str| run_in(&folder, |command| command.args(["--config", file]));
    assert_ended(&with_file("absent.toml"), 2, &["absent.toml", "not found"]);
    let with_settings = |text: &str| {
        fs::write(folder.join("other.toml"), text).unwrap();
        with_file("other.toml")
    };
    assert_ended(&with_settings(""), 2, &["network"]);
    let [no_server, no_key] = ["rpc_url", "keypair"]
        .map(|name| SETTINGS.lines().filter(|line| !line.starts_with(name)).collect::<Vec<_>>().join("\n"));
    assert_ended(&with_settings(&no_server), 2, &["`rpc_url` is ``", "rpc_urls"]);
    assert_ended(&with_settings(&no_key), 2, &["`keypair` is ``", "signer"]);
    assert_ended(&with_settings("not TOML at all"), 2, &["other.toml"]);
    for (from, to, named) in [
        ("rpc_url =", "rpc = 1\nrpc_url =", ["`rpc`", "rpc_url"]),
        ("http://", "ftp://", ["`rpc_url` is `ftp://127.0.0.1:9`", "http://"]),
        ("4Q8TDc3b", "0000", ["`network` is `0000", "base58"]),
        ("rpc_url =", "vault = \"mine\"\nrpc_url =", ["`vault` is `mine`", "base58"]),
        ("rpc_url =", "poll_ms = 1\nrpc_url =", ["`poll_ms` is `1`", "10 ms"]),
        ("rpc_url =", "clock = \"sundial\"\nrpc_url =", ["sundial", "clock"]),
        ("rpc_url =", "listen = \"here\"\nrpc_url =", ["listen", "socket address"]),
    ] {
        assert_ended(&with_settings(&SETTINGS.replace(from, to)), 2, &named);
    }
}

#[test]
fn oracle_with_a_bad_key_ends_with_code_2_and_says_what_to_do() {
    let folder = folder_with_files("oracle-key");
    let key = folder.join("key.json");
    let finished = || run_in(&folder, |command| command.args(["--config", "oracle.toml"]));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert_ended(&finished(), 2, &["key.json", "mode 640", "chmod 600 key.json"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    for garbage in ["", "garbage", "[1, 2, 3]", "{}"] {
        fs::write(&key, garbage).unwrap();
        assert_ended(&finished(), 2, &["key.json", "64 bytes"]);
    }
    fs::remove_file(&key).unwrap();
    assert_ended(&finished(), 2, &["key.json", "No such file"]);
}

#[test]
fn oracle_without_a_chain_or_a_policy_ends_with_words() {
    let folder = folder_with_files("oracle-no-chain");
    let finished = || run_in(&folder, |command| command.args(["--config", "oracle.toml"]));
    assert_ended(&finished(), 1, &["http://127.0.0.1:9", "RPC"]);
    fs::write(folder.join("policy.toml"), POLICY.replace("version = 1", "version = 2")).unwrap();
    assert_ended(&finished(), 1, &["policy.toml", "version 2"]);
    fs::remove_file(folder.join("policy.toml")).unwrap();
    assert_ended(&finished(), 1, &["policy.toml", "No such file"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_of_a_network_that_is_not_on_the_chain_ends_with_words() {
    let chain = start_chain(free_port(), Vec::new()).await;
    let folder = folder_with_files("oracle-wrong-chain");
    let with_network = |network: &str| {
        run_in(&folder, |command| {
            let command = command.args(["--config", "oracle.toml"]).env("TRELLIS_ORACLE_RPC_URL", chain.rpc_url());
            command.env("TRELLIS_ORACLE_NETWORK", network)
        })
    };
    let nowhere = Address::new_from_array([7; 32]).to_string();
    assert_ended(&with_network(&nowhere), 1, &["no account", &nowhere, "right network"]);
    let program = trellis_client::REGISTRY_ID.to_string();
    assert_ended(&with_network(&program), 1, &["no Network", &program]);
    tokio::task::spawn_blocking(move || chain.stop()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_that_contradicts_its_network_or_another_oracle_ends_with_words() {
    let network = Network::start().await;
    let oracle = Oracle::start(&fresh_folder("oracle-first"), &network).await;
    let folder = fresh_folder("oracle-other");
    write_files(&folder, &network);
    let with = |variables: &[(&str, &str)]| {
        run_in(&folder, |command| command.args(["--config", "oracle.toml"]).envs(variables.iter().copied()))
    };

    fs::write(folder.join("other-policy.toml"), POLICY.replace("500", "400")).unwrap();
    let finished = with(&[("TRELLIS_ORACLE_POLICY", "other-policy.toml")]);
    assert_ended(&finished, 1, &["policy's hash", "the right policy file"]);

    let data = oracle.folder.join("data");
    let data = data.to_str().unwrap();
    assert_ended(&with(&[("TRELLIS_ORACLE_DATA_DIR", data)]), 1, &[data, "one oracle, one data folder"]);

    let mint = network.mint.to_string();
    assert_ended(&with(&[("TRELLIS_ORACLE_VAULT", &mint)]), 1, &["no Vault", &mint]);

    let address = oracle.url.strip_prefix("http://").unwrap();
    assert_ended(&with(&[("TRELLIS_ORACLE_LISTEN", address)]), 1, &[address, "another server"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn environment_overrides_the_settings_file() {
    let network = Network::start().await;
    let folder = fresh_folder("oracle-environment");
    let in_file = write_files(&folder, &network);
    let wanted = format!("127.0.0.1:{}", free_port());
    let mut process = Process::spawn(&program("trellis-oracle"), |command| {
        command.args(["--config", "oracle.toml"]).current_dir(&folder).env("TRELLIS_ORACLE_LISTEN", &wanted)
    });
    eventually("the line that says where it listens", || {
        assert!(!process.has_ended(), "{}", process.stderr());
        process.stdout().contains(&format!("http://{wanted}\n")).then_some(())
    });
    assert!(reqwest::get(format!("http://{wanted}/v1/status")).await.unwrap().status().is_success());
    // Nothing listens where the file says.
    drop(TcpListener::bind(("127.0.0.1", in_file)).unwrap());
    process.signal(Signal::SIGTERM);
    assert_eq!(process.wait().code, Some(0));

    // Without the variable, the file holds again.
    let process = spawn(&folder);
    eventually("the line that says where it listens", || {
        process.stdout().contains(&format!("http://127.0.0.1:{in_file}\n")).then_some(())
    });
}
