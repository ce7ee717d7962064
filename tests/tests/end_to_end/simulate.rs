//! `trellis simulate` of the demo's bundles.

use std::fs;

use serde_json::json;

use super::support::{
    fresh_folder,
    process::{assert_refused, trellis},
    run::DemoRun,
};

const POLICY: &str = include_str!("../../../migrations/la-haute-borne/policy.toml");

#[test]
fn simulation_of_the_same_policy_changes_nothing_and_of_a_stricter_one_moves_tokens() {
    let demo = DemoRun::first();
    let folder = fresh_folder("simulate");
    let file = folder.join("policy.toml");
    let (policy, bundles) = (file.to_str().unwrap(), demo.folder.join("bundles"));
    let bundles = bundles.to_str().unwrap();
    fs::write(&file, POLICY).unwrap();
    let same = trellis(&["simulate", policy, bundles, "--json"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    let said = same.json();
    assert_eq!(said["epochs"].as_array().unwrap().len(), 7);
    for operator in said["operators"].as_array().unwrap() {
        assert_eq!((&operator["difference"], &operator["paid"]), (&json!("0"), &operator["would_be_paid"]), "{said}");
    }
    for epoch in said["epochs"].as_array().unwrap() {
        assert_eq!((&epoch["accepted"], &epoch["paid"]), (&epoch["would_be_accepted"], &epoch["would_be_paid"]));
    }

    // Copies of a series, which the demo's policy does not look for, need 36 equal intervals: there are none. A shorter
    // interval refuses every reading.
    let stricter = POLICY.replace("interval_seconds = 600", "interval_seconds = 300");
    assert_ne!(stricter, POLICY);
    fs::write(&file, &stricter).unwrap();
    let refused = trellis(&["simulate", policy, bundles, "--json"]).json();
    for (operator, was) in refused["operators"].as_array().unwrap().iter().zip(said["operators"].as_array().unwrap()) {
        assert_eq!((&operator["would_be_paid"], &operator["paid"]), (&json!("0"), &was["paid"]));
        assert_eq!(operator["difference"], format!("-{}", was["paid"].as_str().unwrap()));
    }
    let first = &refused["epochs"][0];
    assert_eq!(
        (&first["would_be_accepted"], &first["would_be_refused"]["misaligned_interval"]),
        (&json!(0), &first["attestations"])
    );

    let words = trellis(&["simulate", policy, demo.bundle(2).to_str().unwrap(), "--decimals", "6"]);
    assert!(words.code == Some(0) && words.stdout.contains("misaligned_interval"), "{words:?}");
    assert!(words.stdout.lines().last().unwrap().contains('-'), "{words:?}");
}

#[test]
fn simulation_that_cannot_be_says_why() {
    let demo = DemoRun::first();
    let folder = fresh_folder("simulate-refused");
    let file = folder.join("policy.toml");
    fs::write(&file, POLICY).unwrap();
    let policy = file.to_str().unwrap();
    let bundle = |epoch| demo.bundle(epoch).to_str().unwrap().to_owned();
    let simulate = |arguments: &[&str]| trellis(&[&["simulate", "--json"], arguments].concat());
    assert_refused(&simulate(&[policy, &bundle(0), &bundle(2)]), 2, &["epochs 0 and 2", "none between"]);
    assert_refused(&simulate(&[policy, &bundle(1), &bundle(1)]), 2, &["epoch 1 is named twice"]);
    assert_refused(&simulate(&[policy, folder.to_str().unwrap()]), 2, &["is no bundle, and holds none"]);
    assert_refused(&simulate(&["none.toml", &bundle(0)]), 2, &["none.toml"]);
    let wrong = folder.join("wrong.toml");
    fs::write(&wrong, POLICY.replace("version = 1", "version = 2")).unwrap();
    assert_refused(&simulate(&[wrong.to_str().unwrap(), &bundle(0)]), 2, &["policy version 2 is not 1"]);
    fs::write(&wrong, POLICY.replace("interval_seconds = 600", "interval_seconds = 7")).unwrap();
    assert_refused(
        &simulate(&[wrong.to_str().unwrap(), &bundle(0)]),
        2,
        &["epoch 0 cannot be closed", "do not divide"],
    );
}
