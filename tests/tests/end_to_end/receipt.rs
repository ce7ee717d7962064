//! `trellis receipt`: receipts of a real oracle, whose bundle holds their attestations, and one that does not.

use std::{fs, path::Path};

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use solana_signer::Signer as _;
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::{
    bundle::{Bundle, EpochBasis, ManifestSignature, write},
    sorting::Sorter,
    verify::EpochContext,
};

use super::support::{
    device::attest,
    epoch::until_approved,
    fresh_folder,
    network::{EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
    process::{assert_refused, trellis},
};

/// Writes the bundle that an oracle with `key` would have signed, had it left `missing` out.
fn without(bundle: &Bundle, missing: &SignedAttestation, root: &Path, key: &SigningKey) -> Bundle {
    let (snapshot, policy, opening) = (bundle.snapshot().unwrap(), bundle.policy().unwrap(), bundle.opening().unwrap());
    let mut sorter = Sorter::new(root);
    for signed in bundle.attestations().unwrap().all().unwrap().iter().filter(|signed| *signed != missing) {
        sorter.push(&signed.to_bytes()).unwrap();
    }
    let mut sorted = sorter.finish().unwrap();
    let epoch = trellis_core::Epoch(bundle.manifest.epoch);
    let context = EpochContext { epoch, snapshot: &snapshot, policy: &policy, opening: &opening, threads: 1 };
    let basis = EpochBasis { context, previous_bundle: None };
    let folder = write(&root.join("lying"), &basis, &mut || Ok(sorted.next_block()?)).unwrap();
    let lying = Bundle::open(&folder).unwrap();
    let signature = key.sign(&ManifestSignature::signing_bytes(&lying.hash)).to_bytes();
    ManifestSignature::new(key.verifying_key().to_bytes(), signature).write(&folder).unwrap();
    lying
}

/// The oracle's answers to `batch`, each as a file; their paths.
async fn answers(oracle: &Oracle, folder: &Path, batch: &[SignedAttestation]) -> Vec<String> {
    let encode =
        |signed: &SignedAttestation| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, signed.to_bytes());
    let body = json!({ "attestations": batch.iter().map(encode).collect::<Vec<_>>() });
    let request = reqwest::Client::new().post(format!("{}/v1/attestations", oracle.url)).json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let results = answer["results"].as_array().unwrap();
    let write = |(number, result): (usize, &Value)| {
        let path = folder.join(format!("answer-{number}.json"));
        fs::write(&path, result.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    results.iter().enumerate().map(write).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_verified_offline_and_checked_against_bundles_that_hold_them_or_lie() {
    let network = Network::start().await;
    network.travel(EPOCH_END_UNIX).await;
    let folder = fresh_folder("receipt");
    let mut oracle = Oracle::start(&folder, &network).await;
    let device = &network.devices[0];
    let batch: Vec<_> = (0..5).map(|number| attest(device, network.address.to_bytes(), GENESIS_UNIX, number)).collect();
    let files = answers(&oracle, &folder, &batch).await;
    let wire = folder.join("attestation");
    fs::write(&wire, batch[2].to_bytes()).unwrap();
    let (wire, named) = (wire.to_str().unwrap(), network.oracle.pubkey().to_string());

    // Offline: the signature, the tree, the attestation, the oracle.
    for file in &files {
        let verified = trellis(&["receipt", "verify", file, "--json"]);
        assert_eq!((verified.code, &verified.json()["epoch"]), (Some(0), &json!(0)), "{verified:?}");
        assert_eq!(verified.json()["oracle"], named);
    }
    let verified = trellis(&["receipt", "verify", &files[2], "--attestation", wire, "--oracle", &named]);
    assert!(verified.code == Some(0) && verified.stdout.ends_with("OK\n"), "{verified:?}");
    let other = trellis(&["receipt", "verify", &files[1], "--attestation", wire, "--json"]);
    assert_refused(&other, 1, &["it is for the attestation"]);
    let founder = network.founder.pubkey().to_string();
    assert_refused(&trellis(&["receipt", "verify", &files[1], "--oracle", &founder, "--json"]), 1, &[&founder]);
    let forged = folder.join("forged.json");
    let text = fs::read_to_string(&files[1]).unwrap();
    fs::write(&forged, text.replace("\"position\":1", "\"position\":2")).unwrap();
    let forged = trellis(&["receipt", "verify", forged.to_str().unwrap(), "--json"]);
    assert_refused(&forged, 1, &["does not lead to the root"]);
    assert_refused(&trellis(&["receipt", "verify", wire, "--json"]), 2, &[wire]);
    let bundle_of_none = trellis(&["receipt", "verify", &files[1], "--bundle", "x", "--json"]);
    assert_refused(&bundle_of_none, 2, &["trellis receipt check"]);

    // The epoch closes, and every receipt was kept.
    network.travel(EPOCH_END_UNIX + GRACE_SECONDS).await;
    until_approved(&network).await;
    oracle.status_when("it is closed", |status| status["next_to_close"] == 1).await;
    let honest = oracle.bundle_folder(0);
    let honest = honest.to_str().unwrap();
    for file in &files {
        let checked = trellis(&["receipt", "check", file, "--bundle", honest, "--json"]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        let said = checked.json();
        assert_eq!((&said["verdict"], &said["accepted_wh"]), (&json!("counted"), &json!(10)), "{said}");
    }

    // An oracle that signs a bundle without one of them convicts itself.
    let key = SigningKey::from_keypair_bytes(&network.oracle.to_bytes()).unwrap();
    let lying = without(&oracle.bundle(0), &batch[2], &folder, &key);
    let lying = lying.folder().to_str().unwrap();
    let evidence = folder.join("evidence.json");
    let evidence = evidence.to_str().unwrap();
    let checked = trellis(&["receipt", "check", &files[2], "--bundle", lying, "--evidence", evidence, "--json"]);
    assert_eq!((checked.code, &checked.json()["verdict"]), (Some(1), &json!("missing")), "{checked:?}");
    assert_eq!(trellis(&["receipt", "check", &files[1], "--bundle", lying]).code, Some(0));
    let confirmed = trellis(&["receipt", "verify", evidence, "--bundle", lying, "--json"]);
    let said = confirmed.json();
    assert_eq!(confirmed.code, Some(0), "{confirmed:?}");
    assert_eq!(said["evidence"]["confirmed"], true, "{said}");
    assert_eq!(said["evidence"]["bundle_signed_by_same_oracle"], true, "{said}");
    let words = trellis(&["receipt", "verify", evidence]);
    assert!(words.code == Some(0) && words.stdout.contains("contradict each other"), "{words:?}");
    let other = trellis(&["receipt", "verify", evidence, "--bundle", honest, "--json"]);
    assert_refused(&other, 1, &["the evidence is about"]);
    assert_refused(&trellis(&["receipt", "check", evidence, "--bundle", lying, "--json"]), 2, &["evidence already"]);
    assert_refused(&trellis(&["receipt", "check", &files[1], "--bundle", wire, "--json"]), 2, &["manifest.json"]);
}
