//! Another oracle process with the same key, and a log of its own.

use super::support::{
    device::attest,
    epoch::{assert_bundle_is, assert_claim_pays, assert_posted_once, pass_challenge_window, until_approved},
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::assert_words,
};

#[tokio::test(flavor = "multi_thread")]
async fn second_oracle_with_an_empty_log_does_not_change_what_the_first_proposed() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut first = Oracle::start(&fresh_folder("second-oracle-first"), &network).await;
    let address = network.address.to_bytes();
    let batch: Vec<_> = (0..20).map(|number| attest(&network.devices[1], address, GENESIS_UNIX, number)).collect();
    let receipts = first.sender().deliver(&batch).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;

    // The second has no attestation, so it computes another root, finds the first's, and leaves it alone.
    let mut second = Oracle::start(&fresh_folder("second-oracle-second"), &network).await;
    let status = second.status_when("it sees that something is wrong", |status| status["problem"].is_string()).await;
    let problem = status["problem"].as_str().unwrap();
    assert_words(problem);
    assert!(problem.contains("another root than our bundle"), "{problem}");

    pass_challenge_window(&network).await;
    for oracle in [&mut first, &mut second] {
        oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    }
    assert_bundle_is(&first, &network, &receipts);
    assert_posted_once(&network).await;
    assert_claim_pays(&first, &network).await;
    assert_posted_once(&network).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_oracle_with_the_same_attestations_posts_nothing_twice() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let mut first = Oracle::start(&fresh_folder("twin-oracle-first"), &network).await;
    let mut second = Oracle::start(&fresh_folder("twin-oracle-second"), &network).await;
    let address = network.address.to_bytes();
    let batch: Vec<_> = (0..20).map(|number| attest(&network.devices[2], address, GENESIS_UNIX, number)).collect();
    first.sender().deliver(&batch).await;
    second.sender().deliver(&batch).await;

    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    for oracle in [&mut first, &mut second] {
        oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    }
    assert_posted_once(&network).await;
    assert_eq!(first.bundle(0).manifest.root, second.bundle(0).manifest.root);
    assert_claim_pays(&second, &network).await;
    assert_posted_once(&network).await;
}
