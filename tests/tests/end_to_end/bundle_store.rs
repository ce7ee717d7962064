//! Bundles in a real S3 server: copied by the oracle, audited from there; and the server away, failing, refusing, changed.

use std::path::Path;

use axum::http::Method;
use serde_json::json;
use trellis_client::{accounts::Vault, addresses};
use trellis_epoch::bundle::Bundle;
use trellis_store::{Access, BundleStore, Credentials, Location};

use super::support::{
    device::attest,
    epoch::{pass_challenge_window, until_approved},
    fresh_folder,
    network::{EPOCH_END_UNIX, FIRST_AMOUNT, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::{Finished, Process, assert_words, program, trellis},
    run::DemoRun,
    s3::{BUCKET, FaultyStore, S3, group, write_credentials},
};

const PREFIX: &str = "some/prefix/epoch-00000000";

/// An oracle whose bundles go to the server at `endpoint`, in the first epoch's grace, with some attestations.
async fn oracle_with_store(name: &str, network: &Network, endpoint: &str, key: (&str, &str)) -> Oracle {
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder(name);
    write_credentials(&folder.join("s3-credentials"), key.0, key.1);
    let store = group(endpoint, "");
    let oracle = Oracle::start_with(&folder, network, |settings| format!("{settings}{store}")).await;
    let batch: Vec<_> =
        (0..20).map(|number| attest(&network.devices[0], network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    oracle.sender().deliver(&batch).await;
    oracle
}

async fn until_copied(oracle: &mut Oracle, epochs: u64) {
    oracle.status_when("it is copied", |status| status["bundles"]["next_to_copy"] == epochs).await;
}

fn audit(place: &str, folder: &Path, endpoint: &str) -> Finished {
    let credentials = folder.join("s3-credentials");
    trellis(&["audit", place, "--json", "--endpoint", endpoint, "--credentials", credentials.to_str().unwrap()])
}

fn assert_fails(finished: &Finished, code: i32, words: &str) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    let error = finished.json()["error"].as_str().unwrap().to_owned();
    assert_words(&error);
    assert!(error.contains(words), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bundle_is_copied_whole_and_audited_from_the_store_until_somebody_changes_it() {
    let (network, s3) = (Network::start().await, S3::start().await);
    s3.create_bucket().await;
    let mut oracle = oracle_with_store("store-copied", &network, &s3.url, ("id", "secret")).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_copied(&mut oracle, 1).await;
    let bundle = oracle.bundle(0);
    let names = bundle.manifest.files.keys().map(String::as_str).chain(["manifest.json", "manifest.sig"]);
    let mut wanted: Vec<String> = names.map(|name| format!("{PREFIX}/{name}")).collect();
    wanted.sort();
    assert_eq!(s3.objects().await, wanted);
    assert_eq!(oracle.metric("trellis_oracle_bundles_copied_total").await, Some(1.0));

    let place = format!("s3://{BUCKET}/{PREFIX}");
    let web = format!("{}/{BUCKET}/{PREFIX}/", s3.url);
    s3.publish().await;
    for finished in [audit(&place, &oracle.folder, &s3.url), trellis(&["audit", &web, "--json"])] {
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_eq!(finished.json()["root"], hex::encode(bundle.manifest.root));
        assert_eq!(finished.json()["signed_by"], oracle.get("/v1/status").await.1["oracle"]);
        assert_eq!(finished.json()["attestations"], 20);
    }

    let operators = format!("{PREFIX}/operators.parquet");
    let whole = s3.get(&operators).await;
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    s3.put(&operators, changed).await;
    assert_fails(&audit(&place, &oracle.folder, &s3.url), 1, "operators.parquet has BLAKE3");
    s3.put(&operators, whole[..last].to_vec()).await;
    assert_fails(&audit(&place, &oracle.folder, &s3.url), 1, &format!("operators.parquet has {last} bytes"));
    s3.put(&operators, [&whole[..], b"more"].concat()).await;
    assert_fails(&trellis(&["audit", &web, "--json"]), 1, "operators.parquet has");
    s3.delete(&operators).await;
    assert_fails(&audit(&place, &oracle.folder, &s3.url), 2, "there is no such object");

    let endpoint = |url: &str| trellis(&["audit", &place, "--json", "--endpoint", url]);
    assert_fails(&endpoint("minio:9000"), 2, "endpoint is `minio:9000`");
    assert_fails(&audit("s3://nobody/x", &oracle.folder, &s3.url), 2, "no such bucket");
    assert_fails(&audit("gs://b/x", &oracle.folder, &s3.url), 2, "`gs://b/x`");
    assert_fails(&audit("a/folder", &oracle.folder, &s3.url), 2, "are for s3://");
    assert_fails(&audit(&place, &oracle.folder, "http://127.0.0.1:9"), 2, "does not answer as it should");
    assert_fails(&trellis(&["audit", "http://127.0.0.1:9/x", "--json"]), 2, "http://127.0.0.1:9/x/manifest.json");
}

/// A bundle as it is in `folder`, but with a file of 20 MiB.
fn with_a_large_file(folder: &Path, name: &str) -> Bundle {
    let large = fresh_folder(name);
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), large.join(entry.file_name())).unwrap();
    }
    let bytes: Vec<u8> = (0..20_u32 << 20).map(|number| (number % 251) as u8).collect();
    std::fs::write(large.join("verdicts.parquet"), &bytes).unwrap();
    let mut manifest = Bundle::open(&large).unwrap().manifest;
    let entry = manifest.files.get_mut("verdicts.parquet").unwrap();
    (entry.bytes, entry.blake3) = (bytes.len() as u64, blake3::hash(&bytes).to_hex().to_string());
    std::fs::write(large.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    Bundle::read(&large).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn large_file_goes_up_in_parts_and_is_not_seen_before_it_is_whole() {
    let s3 = S3::start().await;
    s3.create_bucket().await;
    let bundle = with_a_large_file(&DemoRun::first().bundle(6), "store-large");
    let proxy = FaultyStore::start(&s3.url).await;
    let location = Location::parse(&format!("s3://{BUCKET}")).unwrap();
    let key = |text: &str| text.to_owned();
    let credentials = Credentials { access_key_id: key("id"), secret_access_key: key("secret"), session_token: None };
    let access = Access { endpoint: Some(proxy.url.clone()), credentials: Some(credentials), ..Access::default() };
    let store = BundleStore::open(&location, &access).unwrap();
    proxy.set(|_, path| path.contains("partNumber=2").then_some(400));
    let failed = store.upload(&bundle).await.unwrap_err().to_string();
    assert!(failed.contains("verdicts.parquet"), "{failed}");
    let seen = s3.objects().await;
    assert!(!seen.iter().any(|name| name.contains("verdicts") || name.contains("manifest")), "{seen:?}");
    assert_eq!(proxy.count(&Method::DELETE, "uploadId="), 1, "what went up is thrown away");
    proxy.heal();
    let parts = proxy.count(&Method::PUT, "partNumber=");
    store.upload(&bundle).await.unwrap();
    store.verify(&bundle).await.unwrap();
    assert_eq!(proxy.count(&Method::PUT, "partNumber=") - parts, 3);
    // A connection that breaks once is no failure.
    s3.delete("epoch-00000006/policy.json").await;
    let mut broken = false;
    proxy.set(move |method, _| (method == Method::PUT && !std::mem::replace(&mut broken, true)).then_some(503));
    store.upload(&bundle).await.unwrap();
    store.verify(&bundle).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn store_that_is_away_delays_nothing_and_gets_everything_when_it_is_back() {
    let (network, s3) = (Network::start().await, S3::start().await);
    s3.create_bucket().await;
    let store = FaultyStore::start(&s3.url).await;
    store.set(|_, _| Some(503));
    let mut oracle = oracle_with_store("store-away", &network, &store.url, ("id", "secret")).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    pass_challenge_window(&network).await;
    let status = oracle.status_when("the root is final", |status| status["next_to_finalize"] == 1).await;
    assert_eq!((&status["problem"], &status["bundles"]["next_to_copy"]), (&json!(null), &json!(0)));
    let detail = oracle.alarm("bundles_failing").await;
    assert!(detail.contains("epoch 0") && detail.contains("s3://trellis/some/prefix/epoch-00000000"), "{detail}");
    assert!(oracle.metric("trellis_oracle_bundle_failures_total").await.unwrap() >= 1.0);

    // Half of the files go up, and then the oracle is killed.
    store.set(|method, path| (method == Method::PUT && path.ends_with("/policy.json")).then_some(503));
    oracle.process.kill_hard();
    oracle.restart().await;
    let detail = oracle.alarm("bundles_failing").await;
    assert!(detail.contains("policy.json"), "{detail}");
    let seen = s3.objects().await;
    assert!(!seen.is_empty() && !seen.iter().any(|name| name.contains("manifest")), "{seen:?}");
    oracle.process.kill_hard();
    store.heal();
    oracle.restart().await;
    until_copied(&mut oracle, 1).await;
    oracle.status_when("the alarm is over", |status| status["alarms"] == json!([])).await;
    let finished = audit(&format!("s3://{BUCKET}/{PREFIX}"), &oracle.folder, &store.url);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    // Nothing is sent again once it is there.
    let puts = store.count(&Method::PUT, "");
    oracle.process.kill_hard();
    oracle.restart().await;
    oracle.status_when("it is up", |status| status["bundles"]["next_to_copy"] == 1).await;
    assert_eq!(store.count(&Method::PUT, ""), puts);
    let vault: Vault = network.chain.fetch(&network.vault).await.unwrap();
    let tokens = network.chain.token_balance(&addresses::vault_tokens(&network.vault)).await.unwrap();
    assert_eq!((vault.next_epoch, tokens), (1, Some(FIRST_AMOUNT)));
}

#[tokio::test(flavor = "multi_thread")]
async fn store_that_refuses_the_credentials_or_has_no_bucket_is_told_and_used_once_that_is_mended() {
    let (network, s3) = (Network::start().await, S3::start_strict(3).await);
    let (id, secret) = s3.account().await;
    let mut oracle = oracle_with_store("store-refused", &network, &s3.url, (&id, "not the secret")).await;
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    let detail = oracle.alarm("bundles_failing").await;
    assert!(detail.contains("refuses these credentials") && !detail.contains("not the secret"), "{detail}");
    let check = |folder: &Path| {
        let command = program("trellis-oracle");
        Process::spawn(&command, |command| command.args(["check", "oracle.toml"]).current_dir(folder)).wait()
    };
    let said = check(&oracle.folder).stdout;
    assert!(said.contains("problem  bundle store: s3://trellis/some/prefix") && said.contains("refuses"), "{said}");

    oracle.process.kill_hard();
    write_credentials(&oracle.folder.join("s3-credentials"), &id, &secret);
    oracle.restart().await;
    let detail = oracle.alarm("bundles_failing").await;
    assert!(detail.contains("no such bucket"), "{detail}");
    s3.create_bucket_with(&id, &secret).await;
    until_copied(&mut oracle, 1).await;
    oracle.status_when("the alarm is over", |status| status["alarms"] == json!([])).await;
    assert!(check(&oracle.folder).stdout.contains("ok       bundle store: s3://trellis/some/prefix"));
    let finished = audit(&format!("s3://{BUCKET}/{PREFIX}"), &oracle.folder, &s3.url);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    // Others, and unsigned requests, see nothing.
    write_credentials(&oracle.folder.join("s3-credentials"), &id, "wrong");
    assert_fails(&audit(&format!("s3://{BUCKET}/{PREFIX}"), &oracle.folder, &s3.url), 2, "refuses these credentials");
}
