//! A disk that is full: attestations are refused, none that was acknowledged is lost, and the oracle lives on.

use std::{ops::Range, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::sys::signal::Signal;
use serde_json::json;
use trellis_core::attestation::SignedAttestation;

use super::support::{
    device::{Receipts, attest},
    epoch::{assert_bundle_is, pass_challenge_window, until_approved},
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::{Process, program},
};

/// The oracle with files of at most 64 or 128 KiB, as the shell counts. A write beyond fails, as on a full disk.
fn spawn_limited(folder: &Path) -> Process {
    let limited = "trap '' XFSZ; ulimit -f 128; exec \"$0\" --config oracle.toml";
    Process::spawn(Path::new("sh"), |command| {
        command.args(["-c", limited]).arg(program("trellis-oracle")).current_dir(folder)
    })
}

fn batch(network: &Network, numbers: Range<u32>) -> Vec<SignedAttestation> {
    let of = |number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number);
    numbers.map(of).collect()
}

async fn stop(oracle: &mut Oracle) {
    oracle.process.signal(Signal::SIGTERM);
    assert_eq!(oracle.process.wait().code, Some(0));
}

/// Sends one batch after another until one is not taken; what was taken, and the first number that was not.
async fn fill(network: &Network, oracle: &Oracle) -> (Receipts, u32) {
    let (sender, mut receipts) = (oracle.sender(), Receipts::new());
    for first in (0..1_000).step_by(40) {
        let batch = batch(network, first..first + 40);
        let encoded: Vec<String> = batch.iter().map(|signed| BASE64_STANDARD.encode(signed.to_bytes())).collect();
        let request = sender.http.post(format!("{}/v1/attestations", sender.url));
        let response = request.json(&json!({ "attestations": encoded })).send().await.unwrap();
        if response.status().is_server_error() {
            return (receipts, first);
        }
        // It is stored: its receipts are those that sending it again gets.
        receipts.extend(sender.deliver(&batch).await);
    }
    panic!("the disk was never full");
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_on_a_full_disk_refuses_and_lives_on_and_loses_no_receipt() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("full-disk");
    let mut oracle = Oracle::start(&folder, &network).await;
    stop(&mut oracle).await;
    oracle.process = spawn_limited(&folder);
    oracle.status_when("it answers again", |_| true).await;

    let (mut receipts, refused) = fill(&network, &oracle).await;
    assert!(refused > 0);
    let status = oracle.status_when("it lives on", |_| true).await;
    assert_eq!(status["acknowledged"], receipts.len(), "nothing of the refused batch is in the log");
    // What fits is still taken.
    receipts.extend(oracle.sender().deliver(&batch(&network, refused..refused + 1)).await);
    stop(&mut oracle).await;

    // With room again, the rest is taken, and all of it is counted.
    oracle.restart().await;
    for (id, position) in oracle.sender().deliver(&batch(&network, 0..refused + 40)).await {
        let first = *receipts.entry(id).or_insert(position);
        assert_eq!(first, position, "another receipt than the first");
    }
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_bundle_is(&oracle, &network, &receipts);
}
