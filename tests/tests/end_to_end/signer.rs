//! The oracle's key in a process of its own.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use solana_instruction::{AccountMeta, Instruction};
use solana_message::Message;
use solana_signer::Signer;

use super::support::{
    device::attest,
    epoch::{assert_bundle_is, assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved},
    eventually, fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::{Oracle, write_key},
    process::{Process, program},
};

fn start(folder: &Path, network: &Network) -> Process {
    write_key(&folder.join("signer-key.json"), &network.oracle);
    let address = network.address.to_string();
    let command = program("trellis-oracle");
    let mut process = Process::spawn(&command, |command| {
        let arguments = ["signer", "--socket", "signer.sock", "--keypair", "signer-key.json", "--network", &address];
        command.args(arguments).current_dir(folder)
    });
    eventually("the signer", || {
        assert!(!process.has_ended(), "{}", process.stderr());
        process.stdout().contains("signing for ").then_some(())
    });
    process
}

/// Settings without a key, and with a signer.
fn with_signer(folder: &Path) -> impl FnOnce(String) -> String {
    let folder = folder.to_owned();
    move |settings| {
        fs::remove_file(folder.join("key.json")).unwrap();
        settings.replace("keypair = \"key.json\"", "signer = \"unix:signer.sock\"")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_with_a_signer_acknowledges_and_posts_without_a_key() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("signer");
    let mut signer = start(&folder, &network);
    let mut oracle = Oracle::start_with(&folder, &network, with_signer(&folder)).await;
    let batch: Vec<_> =
        (0..300).map(|number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    let mut receipts = oracle.sender().deliver(&batch[..280]).await;

    // Without the signer nothing is acknowledged; what was stored gets its receipt later, at the place it was given.
    signer.kill_hard();
    let encoded: Vec<String> = batch[280..].iter().map(|signed| BASE64_STANDARD.encode(signed.to_bytes())).collect();
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/v1/attestations", oracle.url)).json(&json!({ "attestations": encoded }));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 503);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "no_receipt");
    assert!(!body.to_string().contains("signer.sock"), "{body}");
    let _signer = start(&folder, &network);
    receipts.extend(oracle.sender().deliver(&batch[280..]).await);
    assert_eq!(receipts.len(), 300);

    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_bundle_is(&oracle, &network, &receipts);
    assert_posted_once(&network).await;
    assert_claim_pays(&oracle, &network).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signer_signs_for_its_own_user_and_by_its_rules_alone() {
    let network = Network::start().await;
    let folder = fresh_folder("signer-rules");
    let mut signer = start(&folder, &network);
    let socket = folder.join("signer.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = BufReader::new(UnixStream::connect(&socket).unwrap());
    let mut ask = |request: &str| -> Value {
        writeln!(stream.get_mut(), "{request}").unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("`{line}` to {request}"))
    };
    let key = network.oracle.pubkey();
    assert_eq!(ask("{\"ask\":\"address\"}"), json!({ "address": key.to_string() }));

    let transaction = |program, payer| {
        let accounts = vec![AccountMeta::new(key, true)];
        let message = Message::new(&[Instruction::new_with_bytes(program, &[0; 12], accounts)], Some(payer));
        json!({ "ask": "transaction", "message": BASE64_STANDARD.encode(message.serialize()) }).to_string()
    };
    let receipt = |network: &[u8; 32]| {
        json!({ "ask": "receipts", "network": hex::encode(network), "count": 1, "root": hex::encode([1; 32]) })
            .to_string()
    };
    let founder = network.founder.pubkey();
    for (request, words) in [
        (transaction(solana_sdk_ids::system_program::ID, &key), "no program of Trellis"),
        (transaction(trellis_client::REWARDS_ID, &founder), "needs 2 signatures"),
        (receipt(&[7; 32]), "only those of"),
        ("{\"ask\":\"message\",\"message\":\"aGVsbG8=\"}".to_owned(), "that is no request"),
        ("{\"ask\":\"transaction\",\"message\":\"aGVsbG8=\"}".to_owned(), "no legacy message"),
        ("hello".to_owned(), "that is no request"),
    ] {
        let answer = ask(&request);
        assert!(answer["refused"].as_str().is_some_and(|refused| refused.contains(words)), "{request}: {answer}");
    }
    for request in [transaction(trellis_client::REWARDS_ID, &key), receipt(&network.address.to_bytes())] {
        assert_eq!(ask(&request)["signature"].as_str().unwrap().len(), 128, "{request}");
    }

    // Where one listens, no other may; a file that is no socket is left alone.
    let second = |socket: &str| {
        let address = network.address.to_string();
        Process::spawn(&program("trellis-oracle"), |command| {
            let arguments = ["signer", "--socket", socket, "--keypair", "signer-key.json", "--network", &address];
            command.args(arguments).current_dir(&folder)
        })
        .wait()
    };
    let refused = second("signer.sock");
    assert!(refused.code == Some(1) && refused.stderr.contains("another signer listens"), "{refused:?}");
    let refused = second("signer-key.json");
    assert!(refused.code == Some(1) && refused.stderr.contains("is no socket"), "{refused:?}");
    signer.signal(Signal::SIGTERM);
    assert_eq!(signer.wait().code, Some(0));
    assert!(!socket.exists());
}
