//! `trellis doctor`.

use serde_json::{Value, json};
use solana_signer::Signer;

use super::support::{
    cluster::{Build, Cluster, SOL, elf},
    process::{Finished, assert_words, trellis},
};

/// What is said of `what`: state, finding and what to do next.
fn check(finished: &Finished, what: &str) -> (String, String, String) {
    let report = finished.json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["what"] == what);
    let found = found.unwrap_or_else(|| panic!("nothing on {what}: {report}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&found["state"]), text(&found["found"]), text(&found["next"]))
}

const EVERYTHING: [&str; 9] = [
    "RPC server",
    "cluster",
    "feature SBPFv3",
    "feature secp256r1",
    "program registry",
    "program token",
    "program staking",
    "program rewards",
    "payer",
];

#[tokio::test(flavor = "multi_thread")]
async fn doctor_of_a_cluster_with_everything_finds_nothing_wrong() {
    let cluster = Cluster::with_programs("doctor-well", SOL).await;
    let healthy = cluster.trellis(&["doctor", "--json"]);
    assert_eq!((healthy.code, &healthy.json()["ok"]), (Some(0), &json!(true)), "{healthy:?}");
    for what in EVERYTHING {
        assert_eq!(check(&healthy, what).0, "ok", "{what}");
    }
    assert!(check(&healthy, "program token").1.contains("the build's"));
    let words = cluster.trellis(&["doctor"]);
    assert_eq!((words.code, words.stderr.as_str()), (Some(0), ""));
    assert_eq!(words.stdout.lines().count(), EVERYTHING.len());

    // Without a build, the hash is all that can be said.
    let nowhere = cluster.folder.join("none");
    let unbuilt = cluster.trellis(&["doctor", "--json", "--programs", nowhere.to_str().unwrap()]);
    assert_eq!((unbuilt.code, check(&unbuilt, "build").0.as_str()), (Some(0), "note"));
    assert!(check(&unbuilt, "program token").1.contains("SHA-256"));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_of_a_bare_cluster_says_what_is_missing_and_what_to_do() {
    let cluster = Cluster::bare("doctor-bare", SOL / 10, &[]).await;
    let bare = cluster.trellis(&["doctor", "--json"]);
    assert_eq!((bare.code, &bare.json()["ok"]), (Some(1), &json!(false)), "{bare:?}");
    for what in EVERYTHING.iter().filter(|what| what.starts_with("program ")) {
        let (state, _, next) = check(&bare, what);
        assert_eq!((state.as_str(), next.contains("trellis deploy")), ("bad", true), "{what}: {next}");
    }
    let (state, found, next) = check(&bare, "payer");
    assert_eq!(state, "bad");
    assert!(found.contains("0.1 SOL") && next.contains("fund it"), "{found} {next}");
    let words = cluster.trellis(&["doctor"]);
    assert_eq!(words.code, Some(1));
    assert!(words.stderr.contains("FAILED") && words.stderr.contains("program registry"), "{words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_sees_other_bytes_other_ids_and_inactive_features() {
    let cluster = Cluster::with_programs("doctor-ill", SOL).await;
    let build = Build::under_default_ids(&cluster.folder);
    build.put("token", &elf("registry"));
    let doctor = |build: &Build| cluster.trellis(&["doctor", "--json", "--programs", build.programs.to_str().unwrap()]);
    let other = doctor(&build);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert_eq!((check(&other, "program registry").0, check(&other, "program token").0), ("ok".into(), "bad".into()));
    let foreign = doctor(&Build::under_new_keys(&cluster.folder.join("foreign")));
    assert!(check(&foreign, "program registry").2.contains("program-ids.toml"), "{foreign:?}");

    for (id, what) in [
        ("5cC3foj77CWun58pC51ebHFUWavHWKarWyR5UUik7dnC", "feature SBPFv3"),
        ("srremy31J5Y25FrAApwVb9kZcfXbusYMMsvTK9aWv5q", "feature secp256r1"),
    ] {
        set_account(&cluster.url, id, &cluster.payer.pubkey().to_string()).await;
        let (state, found, next) = check(&doctor(&build), what);
        assert_eq!((state.as_str(), found.contains(id)), ("bad", true), "{found}");
        assert_words(&next);
    }
}

/// Gives an account another owner, as only a local chain lets one do.
async fn set_account(url: &str, address: &str, owner: &str) {
    let change = json!({ "lamports": 1_000_000, "owner": owner, "data": "" });
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "surfnet_setAccount", "params": [address, change] });
    let answer: Value = reqwest::Client::new().post(url).json(&request).send().await.unwrap().json().await.unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
}

#[test]
fn doctor_without_a_server_says_so() {
    let finished = trellis(&["doctor", "--json", "--url", "http://127.0.0.1:9"]);
    assert_eq!(finished.code, Some(1));
    let (state, found, next) = check(&finished, "RPC server");
    assert_eq!((state.as_str(), found.contains("127.0.0.1:9")), ("bad", true));
    assert_words(&next);
    assert_eq!(trellis(&["doctor", "--url", "nowhere"]).code, Some(2));
}
