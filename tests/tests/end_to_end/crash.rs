//! The oracle is killed again and again, as by power cuts; no receipt may be broken, and nothing may happen twice.

use std::{
    hash::{BuildHasher, RandomState},
    ops::Range,
    time::Duration,
};

use tokio::task::JoinSet;
use trellis_core::attestation::SignedAttestation;

use super::support::{
    device::{Receipts, Sender, attest},
    epoch::{assert_bundle_is, assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved},
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
};

/// Kills while attestations stream in.
const STREAM_KILLS: u32 = 5;
/// Readings of each device between two kills.
const READINGS: u32 = 120;
/// Readings of each device while the epoch closes.
const LATE_READINGS: u32 = 800;
/// Sizes of the requests, over and over: single attestations and batches.
const BATCHES: [usize; 5] = [1, 7, 1, 24, 2];

/// A moment within `longest`, another in every run.
fn random_moment(longest: Duration) -> Duration {
    let random = RandomState::new().hash_one(0);
    longest.mul_f64(f64::from(u32::try_from(random >> 32).unwrap()) / f64::from(u32::MAX))
}

/// The whole group dies at a random moment, and comes back.
async fn kill_within(oracle: &mut Oracle, longest: Duration) {
    let moment = random_moment(longest);
    // Not to wait for anything: the kill is to come at any point of what goes on.
    tokio::time::sleep(moment).await;
    println!("killed after {} ms", moment.as_millis());
    oracle.process.kill_hard();
    oracle.restart().await;
}

/// All devices send their readings with these numbers, each in requests of changing sizes.
fn start_streams(network: &Network, sender: &Sender, numbers: Range<u32>) -> JoinSet<Receipts> {
    let mut streams = JoinSet::new();
    for device in &network.devices {
        let address = network.address.to_bytes();
        let readings: Vec<SignedAttestation> =
            numbers.clone().map(|number| attest(device, address, GENESIS_UNIX, number)).collect();
        let sender = sender.clone();
        streams.spawn(async move {
            let mut receipts = Receipts::new();
            let mut rest = readings.as_slice();
            for size in BATCHES.into_iter().cycle() {
                let (batch, later) = rest.split_at(size.min(rest.len()));
                if batch.is_empty() {
                    break;
                }
                receipts.extend(sender.offer(batch).await);
                rest = later;
            }
            receipts
        });
    }
    streams
}

async fn stream_through_kills(network: &Network, oracle: &mut Oracle) -> Receipts {
    let mut receipts = Receipts::new();
    for round in 0..STREAM_KILLS {
        let before = receipts.len();
        let mut streams = start_streams(network, &oracle.sender(), round * READINGS..(round + 1) * READINGS);
        oracle.status_when("the stream flows", |status| status["acknowledged"].as_u64() > Some(before as u64)).await;
        kill_within(oracle, Duration::from_millis(150)).await;
        while let Some(received) = streams.join_next().await {
            receipts.extend(received.unwrap());
        }
    }
    receipts
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_killed_at_random_moments_keeps_every_receipt_and_posts_once() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut oracle = Oracle::start(&fresh_folder("oracle-killed"), &network).await;
    let mut receipts = stream_through_kills(&network, &mut oracle).await;
    assert_eq!(receipts.len(), network.devices.len() * (STREAM_KILLS * READINGS) as usize);

    // What was acknowledged before all those kills is answered with its first receipt.
    let first = attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, 0);
    for (id, position) in oracle.sender().deliver(&[first]).await {
        assert_eq!(receipts.insert(id, position), Some(position), "another receipt than the first");
    }

    // The epoch closes while more come in: some make it, with a receipt, and the rest are refused.
    let in_time = receipts.len();
    let late = STREAM_KILLS * READINGS..STREAM_KILLS * READINGS + LATE_READINGS;
    let mut streams = start_streams(&network, &oracle.sender(), late);
    oracle.status_when("the stream flows", |status| status["acknowledged"].as_u64() > Some(in_time as u64)).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    kill_within(&mut oracle, Duration::from_millis(200)).await;
    while let Some(received) = streams.join_next().await {
        receipts.extend(received.unwrap());
    }
    println!("{} came in late enough to meet the closing", receipts.len() - in_time);
    assert!(receipts.len() > in_time);
    kill_within(&mut oracle, Duration::from_millis(400)).await;
    until_approved(&network).await;
    kill_within(&mut oracle, Duration::from_millis(100)).await;
    pass_challenge_window(&network).await;
    kill_within(&mut oracle, Duration::from_millis(200)).await;
    oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;

    assert_bundle_is(&oracle, &network, &receipts);
    assert_posted_once(&network).await;
    assert_claim_pays(&oracle, &network).await;
    assert_posted_once(&network).await;
    let status = oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
    assert_eq!(status["acknowledged"], receipts.len());
}
