//! Four oracles close epochs together.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;
use trellis_client::accounts::Vault;

use super::support::{
    device::attest,
    epoch::assert_claim_pays,
    network::{EPOCH_SECONDS, FIRST_AMOUNT, GENESIS_UNIX},
    process::trellis,
    quorum::{EXCHANGED_UNIX, LEADER_SECONDS, MEMBERS, Quorum, SEALED_UNIX},
};

#[tokio::test(flavor = "multi_thread")]
async fn four_oracles_agree_on_one_bundle_of_all_that_any_of_them_acknowledged() {
    let mut quorum = Quorum::whole("all-well").await;
    let mut sent = BTreeSet::new();
    for member in 0..MEMBERS {
        sent.extend(quorum.work(member, member, 0..5).await);
    }
    // The same attestations to another oracle, too.
    let again = quorum.work(2, 1, 0..5).await;
    assert!(again.is_subset(&sent));
    // All are there, so nobody waits for the exchange's end.
    quorum.travel(SEALED_UNIX).await;
    assert_eq!(quorum.until_approved().await, 0, "the first member leads epoch 0");
    quorum.until_adopted(0, &[0, 1, 2, 3]).await;

    assert_eq!(quorum.counted(0, &[0, 1, 2, 3]), sent);
    let vault: Vault = quorum.vault().await;
    assert_eq!((vault.next_epoch, vault.cumulative_total), (1, FIRST_AMOUNT));
    for member in 1..MEMBERS {
        assert!(quorum.proposal(0, member).await.is_none(), "oracle {member} proposed too");
    }
    let bundle = quorum.oracle(3).bundle(0);
    assert_eq!(bundle.manifest.accepted, 20);
    assert_eq!(bundle.signer().unwrap(), Some(solana_signer::Signer::pubkey(&quorum.keys[3]).to_bytes()));
    let (folder, address) = (quorum.oracle(3).bundle_folder(0), quorum.network.vault.to_string());
    let rpc_url = quorum.network.rpc_url.clone();
    let audited = trellis(&["audit", folder.to_str().unwrap(), "--json", "--url", &rpc_url, "--vault", &address]);
    assert_eq!((audited.code, &audited.json()["on_chain"]), (Some(0), &"same".into()), "{audited:?}");
    let candidates = quorum.oracle(3).folder.join("bundles/candidates");
    assert_eq!(std::fs::read_dir(candidates).unwrap().count(), 0, "candidates are left");
    assert_claim_pays(quorum.oracles[3].as_ref().unwrap(), &quorum.network).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_leader_is_replaced_and_what_it_acknowledged_goes_to_the_next_epoch() {
    let mut quorum = Quorum::whole("dead-leader").await;
    let lost = quorum.work(0, 0, 0..3).await;
    let kept = quorum.work(1, 1, 0..3).await;
    quorum.oracle(0).process.kill_hard();
    quorum.travel(SEALED_UNIX).await;
    quorum
        .oracle(1)
        .status_when("it waits for the dead one", |status| status["quorum"]["waiting_for"].is_array())
        .await;
    quorum.travel(EXCHANGED_UNIX + LEADER_SECONDS).await;
    assert_eq!(quorum.until_approved().await, 1, "the second member replaces the first");
    assert!(quorum.oracle(2).alarm("peer_missing").await.contains("cannot be reached"));
    quorum.until_adopted(0, &[1, 2, 3]).await;
    assert_eq!(quorum.counted(0, &[1, 2, 3]), kept);

    // It comes back, goes on from the others' root, and brings its own work along.
    quorum.oracle(0).restart().await;
    quorum.adopted(0, 0).await;
    assert_eq!(quorum.counted(0, &[0, 1, 2, 3]), kept);
    let left_out = quorum.oracle(0).alarm("left_out").await;
    assert!(left_out.contains("leaves out 3 attestations") && left_out.contains("as position 0"), "{left_out}");
    quorum.travel(SEALED_UNIX + i64::from(EPOCH_SECONDS)).await;
    assert_eq!(quorum.until_approved().await, 1, "the second member leads epoch 1");
    quorum.until_adopted(1, &[0, 1, 2, 3]).await;
    assert_eq!(quorum.counted(1, &[0, 1, 2, 3]), lost);
    quorum.oracle(0).status_when("nothing is left out", |status| status["alarms"] == serde_json::json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_oracle_holds_nobody_up_and_catches_up() {
    let mut quorum = Quorum::whole("slow").await;
    let mut sent = quorum.work(1, 1, 0..3).await;
    quorum.work(3, 3, 0..3).await;
    quorum.oracle(3).process.signal(Signal::SIGSTOP);
    quorum.travel(SEALED_UNIX).await;
    quorum.travel(EXCHANGED_UNIX).await;
    assert_eq!(quorum.until_approved().await, 0);
    quorum.oracle(3).process.signal(Signal::SIGCONT);
    quorum.until_adopted(0, &[0, 1, 2, 3]).await;
    assert_eq!(quorum.counted(0, &[0, 1, 2, 3]), sent);

    // What it acknowledges from now on counts with the rest.
    let start = GENESIS_UNIX + i64::from(EPOCH_SECONDS);
    quorum.travel(start + i64::from(EPOCH_SECONDS)).await;
    let network = quorum.network.address.to_bytes();
    let per_epoch = EPOCH_SECONDS / 60;
    let batch: Vec<_> = (per_epoch..per_epoch + 2)
        .map(|number| attest(&quorum.network.devices[2], network, GENESIS_UNIX, number))
        .collect();
    sent = quorum.oracle(3).sender().deliver(&batch).await.into_keys().collect();
    quorum.travel(SEALED_UNIX + i64::from(EPOCH_SECONDS)).await;
    quorum.until_approved().await;
    quorum.until_adopted(1, &[0, 1, 2, 3]).await;
    assert!(quorum.counted(1, &[0, 1, 2, 3]).is_superset(&sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn leader_that_is_killed_after_every_step_comes_to_the_same_bundle() {
    let mut quorum = Quorum::whole("killed").await;
    let mut sent = BTreeSet::new();
    for member in 0..MEMBERS {
        sent.extend(quorum.work(member, member, 0..2).await);
    }
    quorum.oracle(0).process.kill_hard();
    quorum.oracle(0).restart().await;
    quorum.travel(SEALED_UNIX).await;
    quorum.oracle(0).status_when("it has sealed the epoch", |status| !status["quorum"].is_null()).await;
    quorum.oracle(0).process.kill_hard();
    quorum.oracle(0).restart().await;
    quorum.until("the leader has proposed", |vault| vault.ballots[0] == 1).await;
    quorum.oracle(0).process.kill_hard();
    quorum.oracle(0).restart().await;
    assert_eq!(quorum.until_approved().await, 0);
    quorum.oracle(0).process.kill_hard();
    quorum.until_adopted(0, &[1, 2, 3]).await;
    quorum.oracle(0).restart().await;
    quorum.adopted(0, 0).await;
    quorum.oracle(0).process.kill_hard();
    quorum.oracle(0).restart().await;
    assert_eq!(quorum.counted(0, &[0, 1, 2, 3]), sent);
    let vault = quorum.vault().await;
    assert_eq!((vault.next_epoch, vault.cumulative_total), (1, FIRST_AMOUNT));
}
