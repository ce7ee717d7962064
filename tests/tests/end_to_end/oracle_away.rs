//! An oracle that was away for many epochs.

use nix::sys::signal::Signal;
use serde_json::Value;
use trellis_client::{
    accounts::{Emission, MAX_EPOCHS_PER_CALL},
    addresses,
    instructions::token,
};
use trellis_core::Epoch;

use super::support::{
    fresh_folder,
    network::{EPOCH_END_UNIX, EPOCH_SECONDS, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::assert_words,
};

/// More than the 64 epochs that one call emits, and that an emission remembers.
const AWAY_EPOCHS: u64 = 70;

/// To the end of the last of these epochs.
async fn travel_far(network: &Network) {
    network.travel(GENESIS_UNIX + AWAY_EPOCHS as i64 * i64::from(EPOCH_SECONDS)).await;
}

async fn emission(network: &Network) -> Emission {
    network.chain.fetch(&addresses::emission(&network.address)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_that_was_away_emits_and_closes_every_epoch() {
    let network = Network::start().await;
    travel_far(&network).await;
    let mut oracle = Oracle::start(&fresh_folder("oracle-away"), &network).await;
    // The last epoch has just ended: it is emitted, and its grace runs.
    let last = AWAY_EPOCHS - 1;
    oracle.status_when("all but the last are closed", |status| status["next_to_close"] == last).await;
    oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
    let emission = emission(&network).await;
    assert_eq!(emission.next_epoch, AWAY_EPOCHS);
    for epoch in 0..last {
        let emitted = emission.schedule().emission_of(Epoch(epoch)).unwrap();
        assert_eq!(oracle.bundle(epoch).snapshot().unwrap().emission, Some(emitted.get()), "epoch {epoch}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_that_was_away_while_others_emitted_asks_for_their_bundles() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    let (there, away) = (fresh_folder("oracle-there"), fresh_folder("oracle-forgotten"));
    let mut oracle = Oracle::start(&there, &network).await;
    oracle.status_when("epoch 0 is closed", |status| status["next_to_close"] == 1).await;
    oracle.process.signal(Signal::SIGTERM);
    assert_eq!(oracle.process.wait().code, Some(0));

    travel_far(&network).await;
    let state = emission(&network).await;
    for (epoch, count) in [(1, MAX_EPOCHS_PER_CALL), (65, 5)] {
        network.chain.send(&[token::emit_epochs(&state, epoch, count)], &[&network.founder]).await.unwrap();
    }
    let mut oracle = Oracle::start(&away, &network).await;
    asks_for(&mut oracle, 0).await;
    // Epoch 0's bundle from the oracle that was there: it goes on, to the next one that is missing.
    let bundle = "bundles/epoch-00000000";
    let half_copied = away.join("bundles/copying");
    std::fs::create_dir_all(&half_copied).unwrap();
    for file in std::fs::read_dir(there.join(bundle)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), half_copied.join(file.file_name())).unwrap();
    }
    std::fs::rename(half_copied, away.join(bundle)).unwrap();
    asks_for(&mut oracle, 1).await;
}

async fn asks_for(oracle: &mut Oracle, epoch: u64) {
    let words = format!("copy epoch-{epoch:08} of another oracle");
    let asks = |status: &Value| status["problem"].as_str().is_some_and(|problem| problem.contains(&words));
    let status = oracle.status_when("it asks for a bundle", asks).await;
    assert_words(status["problem"].as_str().unwrap());
    assert_eq!(status["next_to_close"], epoch);
}
