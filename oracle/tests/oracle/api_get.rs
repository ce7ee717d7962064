//! What the API tells of epochs, operators and devices.

use serde_json::{Value, json};
use trellis_core::{Amount, Hash, leaf::RewardLeaf, merkle};
use trellis_epoch::encoding::base58;

use crate::{
    api_support::Api,
    world::{EMISSION, INTERVALS_PER_EPOCH, UNREGISTERED, VAULT, device_key, honest_epoch, reading},
};

fn name(device: u8) -> String {
    base58::encode(device_key(device).bytes())
}

fn hash(text: &Value) -> Hash {
    hex::decode(text.as_str().unwrap()).unwrap().try_into().unwrap()
}

/// Epoch 0 closed, with one refusal in it; two attestations of epoch 1 waiting.
async fn one_closed() -> Api {
    let api = Api::start().await;
    let mut first = honest_epoch(1, 0);
    first.push(reading(3, 0, 100, 50).signed());
    first.push(reading(3, 1, 100, 300).signed());
    assert_eq!(api.submit(&first).await.0, 200);
    assert_eq!(api.submit(&honest_epoch(1, 1)[..2]).await.0, 200);
    api.close_next();
    api
}

#[tokio::test]
async fn status_tells_network_time_and_counts() {
    let api = one_closed().await;
    let status = api.get_ok("/v1/status").await;
    assert_eq!(status["vault"], base58::encode(&VAULT));
    assert_eq!(status["current_epoch"], 2);
    assert_eq!((&status["next_to_close"], &status["next_to_finalize"]), (&json!(1), &Value::Null));
    assert_eq!((&status["acknowledged"], &status["operators"], &status["devices"]), (&json!(10), &json!(3), &json!(5)));
    assert_eq!(status.get("problem"), None);
    api.shared.update(|view| view.working_problem = Some("the chain is away".to_owned()));
    assert_eq!(api.get_ok("/v1/status").await["problem"], "the chain is away");
}

#[tokio::test]
async fn closed_epoch_is_listed_and_told() {
    let api = one_closed().await;
    let listed = api.get_ok("/v1/epochs").await;
    let epoch = api.get_ok("/v1/epochs/0").await;
    assert_eq!(listed["epochs"], json!([{ "epoch": 0, "bundle_hash": epoch["bundle_hash"], "final": false }]));
    assert_eq!(api.get_ok("/v1/epochs?from=1").await["epochs"], json!([]));
    assert_eq!((&epoch["attestations"], &epoch["leaf_count"]), (&json!(8), &json!(3)));
    assert_eq!(
        (&epoch["emission"], &epoch["distributed"], &epoch["carry"]),
        (&json!(EMISSION.to_string()), &json!(EMISSION.to_string()), &json!("0"))
    );
    api.finalize_before(1);
    assert_eq!(api.get_ok("/v1/epochs/0").await["final"], true);
    assert_eq!(api.get_ok("/v1/epochs").await["epochs"][0]["final"], true);
}

#[tokio::test]
async fn proof_of_every_operator_verifies_against_the_root() {
    let api = one_closed().await;
    let epoch = api.get_ok("/v1/epochs/0").await;
    for index in 0..3u32 {
        let proof = api.get_ok(&format!("/v1/operators/{index}/proof?epoch=0")).await;
        assert_eq!(proof["root"], epoch["root"]);
        let leaf = RewardLeaf {
            vault: base58::decode(proof["vault"].as_str().unwrap()).unwrap(),
            operator_index: index,
            payout_wallet: base58::decode(proof["payout_wallet"].as_str().unwrap()).unwrap(),
            cumulative: Amount(proof["cumulative"].as_str().unwrap().parse().unwrap()),
        };
        let nodes: Vec<Hash> = proof["proof"].as_array().unwrap().iter().map(hash).collect();
        let (root, count) = (hash(&proof["root"]), proof["leaf_count"].as_u64().unwrap());
        assert!(merkle::verify(&root, count, u64::from(index), &leaf.hash(), &nodes), "operator {index}");
        let by_wallet = base58::encode(&[0xb0 + index as u8; 32]);
        assert_eq!(api.get_ok(&format!("/v1/operators/{by_wallet}/proof?epoch=0")).await, proof);
    }
}

#[tokio::test]
async fn proof_without_an_epoch_is_of_the_last_final_one() {
    let api = one_closed().await;
    let problem = api.get_problem("/v1/operators/0/proof").await;
    assert_eq!((problem.status, problem.detail.as_str()), (404, "no epoch's root is final yet"));
    api.finalize_before(1);
    let proof = api.get_ok("/v1/operators/0/proof").await;
    assert_eq!((&proof["epoch"], &proof["final"]), (&json!(0), &json!(true)));
    assert!(proof["earned"].as_str().unwrap().parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn history_of_a_device_tells_what_became_of_each() {
    let api = one_closed().await;
    let states = |history: &Value| -> Vec<String> {
        let rows = history["attestations"].as_array().unwrap();
        rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    };
    let history = api.get_ok(&format!("/v1/devices/{}/attestations", name(1))).await;
    assert_eq!(states(&history), [vec!["counted"; 6], vec!["waiting"; 2]].concat());
    assert_eq!(history["attestations"][0]["accepted_wh"], 100);
    let history = api.get_ok(&format!("/v1/devices/{}/attestations", name(3))).await;
    assert_eq!(states(&history), ["refused", "counted"]);
    assert_eq!(history["attestations"][0]["refused"], "counter_mismatch");
    let from = format!("/v1/devices/{}/attestations?from_sequence=7", name(1));
    assert_eq!(states(&api.get_ok(&from).await), ["waiting"; 2]);
    let silent = api.get_ok(&format!("/v1/devices/{}/attestations", name(5))).await;
    assert_eq!(silent["attestations"], json!([]));
}

#[tokio::test]
async fn history_with_the_newest_first_is_the_same_backwards() {
    let api = one_closed().await;
    let rows = async |query: &str| {
        let history = api.get_ok(&format!("/v1/devices/{}/attestations{query}", name(1))).await;
        history["attestations"].as_array().unwrap().clone()
    };
    let mut backwards = rows("").await;
    backwards.reverse();
    assert_eq!(rows("?newest_first=true").await, backwards);
    assert_eq!(rows("?newest_first=true&from_sequence=6").await, backwards[2..]);
    assert!(rows("?newest_first=true&from_sequence=0").await.is_empty());
}

#[tokio::test]
async fn texts_that_name_nothing_are_400_and_repeated() {
    let api = one_closed().await;
    for (path, code, words) in [
        ("/v1/epochs/zero", "epoch", "`zero`"),
        ("/v1/epochs/-1", "epoch", "`-1`"),
        ("/v1/epochs/1.5", "epoch", "`1.5`"),
        ("/v1/epochs/18446744073709551616", "epoch", "`18446744073709551616`"),
        ("/v1/epochs?from=x", "query", "invalid digit"),
        ("/v1/epochs?form=1", "query", "unknown field `form`"),
        ("/v1/operators/nobody!/proof", "operator", "`nobody!`"),
        ("/v1/operators/4294967296/proof", "operator", "`4294967296`"),
        ("/v1/operators/0/proof?epoch=x", "epoch", "`x`"),
        ("/v1/operators/0/proof?epochs=1", "query", "unknown field `epochs`"),
        ("/v1/devices/short/attestations", "device", "`short`"),
        ("/v1/devices/0OIl/attestations", "device", "`0OIl`"),
        ("/v1/devices/1/attestations?from_sequence=-1", "query", "invalid digit"),
        ("/v1/devices/1/attestations?newest_first=yes", "query", "`true` or `false`"),
    ] {
        let problem = api.get_problem(path).await;
        assert_eq!((problem.status, problem.code.as_str()), (400, code), "{path}");
        assert!(problem.detail.contains(words), "{problem:?}");
    }
}

#[tokio::test]
async fn things_that_are_not_there_are_404_and_named() {
    let api = one_closed().await;
    let stranger = name(UNREGISTERED);
    for (path, words) in [
        ("/v1/epochs/1".to_owned(), "epoch 1 is not closed yet; the next to close is 1"),
        (format!("/v1/epochs/{}", u64::MAX), "is not closed yet"),
        ("/v1/operators/3/proof?epoch=0".to_owned(), "operator 3 was not in epoch 0"),
        (format!("/v1/operators/{}/proof?epoch=0", u32::MAX), "was not in epoch 0"),
        ("/v1/operators/0/proof?epoch=1".to_owned(), "epoch 1 is not closed yet"),
        (format!("/v1/operators/{stranger}/proof?epoch=0"), "is no operator of this network"),
        (format!("/v1/devices/{stranger}/attestations"), "is not registered in this network"),
    ] {
        let problem = api.get_problem(&path).await;
        assert_eq!((problem.status, problem.code.as_str()), (404, "not_found"), "{path}");
        assert!(problem.detail.contains(words), "{problem:?}");
    }
}

#[tokio::test]
async fn bundle_that_is_gone_is_500_without_its_path() {
    let api = one_closed().await;
    std::fs::remove_dir_all(api.bundles()).unwrap();
    let problem = api.get_problem("/v1/epochs/0").await;
    assert_eq!((problem.status, problem.code.as_str()), (500, "internal"));
    assert!(!problem.detail.contains("epoch-0"), "{problem:?}");
    assert_eq!(api.get_ok("/v1/status").await["next_to_close"], 1, "the server goes on");
}

#[tokio::test]
async fn closing_does_not_move_what_was_waiting() {
    let api = one_closed().await;
    api.close_next();
    let history = api.get_ok(&format!("/v1/devices/{}/attestations", name(1))).await;
    let rows = history["attestations"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["state"] == "counted"), "{history}");
    assert_eq!(rows.last().unwrap()["epoch"], 1);
    assert_eq!(rows.len(), INTERVALS_PER_EPOCH as usize + 2);
}
