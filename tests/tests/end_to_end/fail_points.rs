//! The oracle is killed at every step boundary, and started again: the same root, posted once, with every receipt in it.
//!
//! Each walk goes through its points in the order of the work: the oracle that starts after one of them is the one that
//! dies at the next. A point that is not reached fails the walk.

use std::time::Instant;

use nix::sys::signal::Signal;
use trellis_client::{
    accounts::{Emission, Vault},
    addresses,
};
use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    bundle::FILES,
    close::{EpochInput, close_epoch},
};
use trellis_fail_point::POINTS;

use super::support::{
    LOOK_EVERY, PATIENCE,
    device::{Receipts, attest},
    epoch::{
        assert_bundle_is, assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved, until_final,
    },
    fresh_folder,
    network::{EPOCH_END_UNIX, EPOCH_SECONDS, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::trellis,
};

const INGEST: [&str; 5] = ["ingest.admitted", "log.written", "log.synced", "ingest.stored", "ingest.signed"];
const CLOSE_BEFORE: [&str; 3] = ["close.due", "close.sealed", "close.sorted"];
const CLOSE_FILES: &str = "bundle.file";
const CLOSE_AFTER: [&str; 5] = ["bundle.written", "bundle.synced", "bundle.renamed", "close.signed", "close.named"];
/// In an epoch of its own: a bundle that was renamed is found, and not placed again.
const CLOSE_PLACED: &str = "bundle.placed";
const POST: [&str; 4] = ["transaction.simulated", "transaction.signed", "transaction.sent", "transaction.confirmed"];
const COPY_FILES: &str = "copy.file";
const COPY_AFTER: [&str; 4] = ["copy.signature", "copy.checked", "copy.manifest", "copy.booked"];
const DELETE: [&str; 4] = ["delete.verified", "delete.renamed", "delete.booked", "delete.forgotten"];

#[test]
fn every_point_is_in_a_walk() {
    let single = [CLOSE_FILES, CLOSE_PLACED, COPY_FILES];
    let mut walked = [&INGEST[..], &CLOSE_BEFORE, &CLOSE_AFTER, &POST, &COPY_AFTER, &DELETE, &single].concat();
    let mut points = POINTS.to_vec();
    walked.sort_unstable();
    points.sort_unstable();
    assert_eq!(walked, points);
}

/// Waits until the oracle, which is to die at `point`, has; panics if it ends otherwise or lives on.
async fn died(oracle: &mut Oracle, point: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !oracle.process.has_ended() {
        assert!(Instant::now() < deadline, "{point} was not reached: {}", oracle.process.stderr());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    assert_died(oracle, point);
}

fn assert_died(oracle: &mut Oracle, point: &str) {
    let finished = oracle.process.wait();
    let name = point.split(':').next().unwrap();
    assert!(finished.stderr.contains(&format!("fail point {name}: ")), "{point}: {finished:?}");
    assert_eq!((finished.code, finished.signal), (None, Some(Signal::SIGABRT as i32)), "{point}: {finished:?}");
}

/// The oracle, started once for each of these points, and dead after each.
async fn walk(oracle: &mut Oracle, points: impl IntoIterator<Item = String>) {
    for point in points {
        oracle.start_to_die(&point);
        died(oracle, &point).await;
    }
}

fn owned<'a>(points: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    points.iter().map(|point| (*point).to_owned())
}

fn readings(network: &Network, device: usize, numbers: std::ops::Range<u32>) -> Vec<SignedAttestation> {
    let address = network.address.to_bytes();
    numbers.map(|number| attest(&network.devices[device], address, GENESIS_UNIX, number)).collect()
}

/// The root of epoch 0 when nothing goes wrong: computed here from the attestations as the devices signed them.
fn undisturbed(oracle: &Oracle, attestations: Vec<SignedAttestation>) -> [u8; 32] {
    let bundle = oracle.bundle(0);
    let (snapshot, policy) = (bundle.snapshot().unwrap(), bundle.policy().unwrap());
    let input = EpochInput {
        epoch: Epoch(0),
        snapshot,
        policy,
        opening: Default::default(),
        corrections: Vec::new(),
        attestations,
    };
    close_epoch(input).unwrap().rewards_tree.root()
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_killed_at_every_step_of_ingest_close_and_bundle_reaches_the_same_root_and_posts_once() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut oracle = Oracle::start(&fresh_folder("fail-points-close"), &network).await;
    let (mut receipts, mut sent) = (Receipts::new(), Vec::new());
    oracle.process.kill_hard();
    for (device, point) in INGEST.into_iter().enumerate() {
        // A device's readings are cut off at the point, and sent again: to the oracle as it starts after that.
        let batch = readings(&network, device % network.devices.len(), (device as u32) * 10..(device as u32 + 1) * 10);
        oracle.start_to_die(point);
        let (sender, again) = (oracle.sender(), batch.clone());
        let sending = tokio::spawn(async move { sender.deliver(&again).await });
        died(&mut oracle, point).await;
        oracle.restart().await;
        receipts.extend(sending.await.unwrap());
        oracle.process.kill_hard();
        sent.extend(batch);
    }
    assert_eq!(receipts.len(), sent.len());

    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    walk(&mut oracle, owned(&CLOSE_BEFORE)).await;
    // Each file of the bundle, and its manifest.
    walk(&mut oracle, (1..=FILES.len() + 1).map(|file| format!("{CLOSE_FILES}:{file}"))).await;
    walk(&mut oracle, owned(&CLOSE_AFTER)).await;
    oracle.restart().await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;

    assert_bundle_is(&oracle, &network, &receipts);
    sent.reverse();
    assert_eq!(oracle.bundle(0).manifest.root, undisturbed(&oracle, sent));
    assert_posted_once(&network).await;
    assert_claim_pays(&oracle, &network).await;
    let status = oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
    assert_eq!(status["acknowledged"], receipts.len());
}

/// What must hold when the first `epochs` epochs are final: each was emitted and posted once.
async fn assert_posted(network: &Network, oracle: &Oracle, epochs: u64) {
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    let last = oracle.bundle(epochs - 1);
    assert_eq!((vault.next_epoch, vault.cumulative_total), (epochs, last.manifest.cumulative_total));
    let emission: Emission = network.chain.fetch(&addresses::emission(&network.address)).await.unwrap();
    let emitted: u64 = (0..epochs).map(|epoch| oracle.bundle(epoch).manifest.emission).sum();
    assert_eq!((emission.next_epoch, emission.emitted), (epochs, emitted));
    let tokens = network.chain.token_balance(&addresses::vault_tokens(&network.vault)).await.unwrap();
    assert_eq!(tokens, Some(emitted));
    let (folder, vault) = (oracle.bundle_folder(epochs - 1), network.vault.to_string());
    let finished =
        trellis(&["audit", folder.to_str().unwrap(), "--json", "--url", &network.rpc_url, "--vault", &vault]);
    assert_eq!((finished.code, finished.json()["on_chain"].as_str()), (Some(0), Some("same")), "{finished:?}");
}

async fn final_epochs(network: &Network) -> u64 {
    network.chain.fetch::<Vault>(&network.vault).await.unwrap().next_epoch
}

/// Waits until the oracle has died at `point`: true; or until the first `epochs` epochs are final, so that nothing is left
/// to be sent: false, and the oracle is killed.
async fn died_or_final(oracle: &mut Oracle, network: &Network, point: &str, epochs: u64) -> bool {
    let (deadline, mut passed) = (Instant::now() + PATIENCE, false);
    loop {
        if oracle.process.has_ended() {
            assert_died(oracle, point);
            return true;
        }
        let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
        if vault.next_epoch >= epochs {
            oracle.process.kill_hard();
            return false;
        }
        if vault.approved != 0 && !passed {
            pass_challenge_window(network).await;
            passed = true;
        }
        assert!(Instant::now() < deadline, "{point} was not reached: {}", oracle.process.stderr());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_killed_at_every_step_of_every_transaction_posts_each_once() {
    const EPOCHS: u64 = 3;
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut oracle = Oracle::start(&fresh_folder("fail-points-post"), &network).await;
    oracle.sender().deliver(&readings(&network, 0, 0..10)).await;
    oracle.process.kill_hard();
    let mut reached = [0; POST.len()];
    // Each epoch takes emission, proposal with vote, finalization; the first a claim page, the others the closing of the
    // last proposal. The oracle dies at one step of one of them after the other, until there are no more.
    let mut turn = 0;
    for epoch in 1..=EPOCHS {
        network.travel(GENESIS_UNIX + epoch as i64 * i64::from(EPOCH_SECONDS) + GRACE_SECONDS).await;
        if epoch == EPOCHS {
            walk(&mut oracle, [CLOSE_PLACED.to_owned()]).await;
        }
        while final_epochs(&network).await < epoch {
            let point = POST[turn % POST.len()];
            oracle.start_to_die(point);
            if died_or_final(&mut oracle, &network, point, epoch).await {
                reached[turn % POST.len()] += 1;
            }
            turn += 1;
        }
        // Another step for each transaction than in the epoch before.
        turn += 1;
    }
    println!("{POST:?} were reached {reached:?} times");
    assert!(reached.iter().all(|times| *times >= 2), "{reached:?}");
    oracle.restart().await;
    oracle.status_when("all are final", |status| status["next_to_finalize"] == EPOCHS).await;
    oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
    assert_posted(&network, &oracle, EPOCHS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_killed_at_every_step_of_copying_and_deleting_loses_no_bundle() {
    // Four can still be claimed against.
    const EPOCHS: u64 = 8;
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("fail-points-copy");
    let copies = folder.join("copies");
    std::fs::create_dir(&copies).unwrap();
    let group = "\n[bundles]\nurl = \"copies\"\n";
    let mut oracle = Oracle::start_with(&folder, &network, |settings| format!("{settings}{group}")).await;
    let receipts = oracle.sender().deliver(&readings(&network, 0, 0..10)).await;
    oracle.process.kill_hard();

    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    walk(&mut oracle, (1..=FILES.len()).map(|file| format!("{COPY_FILES}:{file}"))).await;
    assert!(!copies.join("epoch-00000000/manifest.json").exists(), "nobody may see a part of a bundle");
    walk(&mut oracle, owned(&COPY_AFTER)).await;
    oracle.restart().await;

    network.travel(GENESIS_UNIX + EPOCHS as i64 * i64::from(EPOCH_SECONDS) + GRACE_SECONDS).await;
    oracle.status_when("all are copied", |status| status["bundles"]["next_to_copy"] == EPOCHS).await;
    until_final(&network, EPOCHS).await;
    oracle.process.kill_hard();
    let file = folder.join("oracle.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{settings}keep_epochs = 1\n")).unwrap();
    walk(&mut oracle, owned(&DELETE)).await;
    oracle.restart().await;
    let gone = EPOCHS - 4;
    oracle.status_when("all that may go are gone", |status| status["bundles"]["kept_from"] == gone).await;
    for epoch in 0..EPOCHS {
        assert_eq!(oracle.bundle_folder(epoch).exists(), epoch >= gone, "epoch {epoch}");
        let copy = copies.join(format!("epoch-{epoch:08}"));
        let finished = trellis(&["audit", copy.to_str().unwrap(), "--json"]);
        assert_eq!((finished.code, finished.json()["continues_previous"].as_bool()), (Some(0), Some(epoch > 0)));
    }
    let verdicts = trellis_epoch::bundle::Bundle::read(&copies.join("epoch-00000000")).unwrap().verdicts().unwrap();
    let counted: Vec<_> = verdicts.all().unwrap().into_iter().map(|verdict| verdict.id).collect();
    assert_eq!(counted.len(), receipts.len());
    assert!(counted.iter().all(|id| receipts.contains_key(id)));
    let hidden = std::fs::read_dir(folder.join("bundles")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(hidden.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}
