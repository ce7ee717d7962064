//! Four oracles that cannot reach one another, though all of them reach the chain.

use std::collections::BTreeSet;

use super::support::{
    network::FIRST_AMOUNT,
    quorum::{EXCHANGED_UNIX, LEADER_SECONDS, MEMBERS, Quorum, SEALED_UNIX},
};

#[tokio::test(flavor = "multi_thread")]
async fn two_against_two_make_nothing_final_and_lose_nothing_until_they_are_one_again() {
    let mut quorum = Quorum::whole("partition").await;
    let mut sent = BTreeSet::new();
    for member in 0..MEMBERS {
        sent.extend(quorum.work(member, member, 0..3).await);
    }
    quorum.cut(&[0, 1], &[2, 3]);
    quorum.travel(EXCHANGED_UNIX).await;
    quorum.until("the first side votes for its leader", |vault| vault.ballots[..2] == [1, 1]).await;
    quorum.travel(EXCHANGED_UNIX + 2 * LEADER_SECONDS).await;
    // Each side has proposed what it holds, and neither can fetch the other's bundle.
    let vault = quorum.until("the second side votes for its own", |vault| vault.ballots[2..4] == [3, 3]).await;
    assert_eq!((vault.ballots[..2].to_vec(), vault.approved), (vec![1, 1], 0));
    assert_ne!(quorum.proposal(0, 0).await.unwrap().bundle_hash, quorum.proposal(0, 2).await.unwrap().bundle_hash);
    let is_unknown = |status: &serde_json::Value| status["quorum"]["proposals"][0]["verdict"] == "unknown";
    let status = quorum.oracle(3).status_when("it cannot look at the other side's", is_unknown).await;
    let detail = status["quorum"]["proposals"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("cannot be fetched"), "{detail}");

    quorum.heal(&[0, 1], &[2, 3]);
    for member in 0..MEMBERS {
        let whole = |status: &serde_json::Value| status["quorum"]["waiting_for"] == serde_json::json!([]);
        quorum.oracle(member).status_when("it has all batches", whole).await;
    }
    // Neither of the two proposals holds everything: whoever leads next proposes anew.
    quorum.travel(EXCHANGED_UNIX + 3 * LEADER_SECONDS).await;
    quorum.until_approved().await;
    quorum.until_adopted(0, &[0, 1, 2, 3]).await;
    assert_eq!(quorum.counted(0, &[0, 1, 2, 3]), sent);
    let vault = quorum.vault().await;
    assert_eq!((vault.next_epoch, vault.cumulative_total), (1, FIRST_AMOUNT));
}

#[tokio::test(flavor = "multi_thread")]
async fn lone_leader_cannot_decide_and_goes_on_from_what_the_others_decided() {
    let mut quorum = Quorum::whole("lone-leader").await;
    let alone = quorum.work(0, 0, 0..2).await;
    let together = quorum.work(2, 2, 0..2).await;
    quorum.cut(&[0], &[1, 2, 3]);
    quorum.travel(SEALED_UNIX).await;
    quorum.travel(EXCHANGED_UNIX).await;
    quorum.until("the lone leader votes for itself", |vault| vault.ballots[0] == 1).await;
    quorum.travel(EXCHANGED_UNIX + LEADER_SECONDS).await;
    assert_eq!(quorum.until_approved().await, 1);
    quorum.heal(&[0], &[1, 2, 3]);
    quorum.until_adopted(0, &[0, 1, 2, 3]).await;
    assert_eq!(quorum.counted(0, &[0, 1, 2, 3]), together);
    let left_out = quorum.oracle(0).alarm("left_out").await;
    assert!(left_out.contains(&format!("leaves out {} attestations", alone.len())), "{left_out}");
    let candidates = quorum.oracle(0).folder.join("bundles/candidates");
    assert_eq!(std::fs::read_dir(candidates).unwrap().count(), 0, "its own candidate is left");
}
