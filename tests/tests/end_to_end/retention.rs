//! Bundles are deleted when they are final for good, nothing needs them any more, and their copies are whole.

use serde_json::json;

use super::support::{
    device::attest,
    epoch::until_final,
    fresh_folder,
    network::{EPOCH_END_UNIX, EPOCH_SECONDS, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::trellis,
    s3::{BUCKET, S3, group, write_credentials},
};

/// Until the vault takes no claim against epoch 0's root any more, and one more.
const EPOCHS: u64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn bundles_go_when_nothing_needs_them_and_the_oracle_goes_on_without_them() {
    let (network, s3) = (Network::start().await, S3::start().await);
    s3.create_bucket().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("retention");
    write_credentials(&folder.join("s3-credentials"), "id", "secret");
    let store = group(&s3.url, "keep_epochs = 1");
    let mut oracle = Oracle::start_with(&folder, &network, |settings| format!("{settings}{store}")).await;
    let batch: Vec<_> =
        (0..5).map(|number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    oracle.sender().deliver(&batch).await;
    network.travel(GENESIS_UNIX + EPOCHS as i64 * i64::from(EPOCH_SECONDS) + GRACE_SECONDS).await;
    oracle.status_when("all are copied", |status| status["bundles"]["next_to_copy"] == EPOCHS).await;
    // Four roots can be claimed against, and the fifth epoch is not final: everything stays.
    until_final(&network, 4).await;
    assert_eq!(oracle.get("/v1/status").await.1["bundles"]["kept_from"], 0);
    // A copy that is not whole keeps the bundle here.
    let operators = "some/prefix/epoch-00000000/operators.parquet";
    let whole = s3.get(operators).await;
    let mut changed = whole.clone();
    changed[9] ^= 1;
    s3.put(operators, changed).await;
    until_final(&network, EPOCHS).await;
    let detail = oracle.alarm("bundles_failing").await;
    assert!(detail.contains("epoch 0 stays here") && detail.contains("operators.parquet"), "{detail}");
    assert_eq!(oracle.get("/v1/status").await.1["bundles"]["kept_from"], 0);
    // What was taken away there is brought there again.
    s3.delete(operators).await;
    oracle
        .status_when("two are gone", |status| status["bundles"]["kept_from"] == 2 && status["alarms"] == json!([]))
        .await;
    assert_eq!(s3.get(operators).await, whole);
    assert!(!oracle.bundle_folder(0).exists() && !oracle.bundle_folder(1).exists() && oracle.bundle_folder(2).exists());

    for path in ["/v1/epochs/0", "/v1/operators/0/proof?epoch=1"] {
        let (status, answer) = oracle.get(path).await;
        assert_eq!((status, &answer["error"]["code"]), (410, &json!("gone")), "{answer}");
        assert!(
            answer["error"]["detail"].as_str().unwrap().contains("s3://trellis/some/prefix/epoch-0000000"),
            "{answer}"
        );
    }
    assert_eq!(oracle.get("/v1/operators/0/proof?epoch=2").await.0, 200, "the vault still takes claims against it");
    let place = format!("s3://{BUCKET}/some/prefix/epoch-00000001");
    let credentials = folder.join("s3-credentials");
    let finished =
        trellis(&["audit", &place, "--json", "--endpoint", &s3.url, "--credentials", credentials.to_str().unwrap()]);
    assert_eq!((finished.code, &finished.json()["continues_previous"]), (Some(0), &json!(true)), "{finished:?}");

    // Started again without them, it closes and posts the next epoch.
    oracle.process.kill_hard();
    oracle.restart().await;
    network.travel(GENESIS_UNIX + (EPOCHS + 1) as i64 * i64::from(EPOCH_SECONDS) + GRACE_SECONDS).await;
    until_final(&network, EPOCHS + 1).await;
    oracle.status_when("the next is gone", |status| status["bundles"]["kept_from"] == 3).await;
    let status = oracle.status_when("nothing is wrong", |status| status["problem"].is_null()).await;
    assert_eq!((&status["alarms"], &status["acknowledged"]), (&json!([]), &json!(0)), "the log has forgotten them too");
}
