//! `trellis audit` as a process, on the demo's bundles.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use trellis_epoch::bundle::Bundle;

use super::support::{
    fresh_folder,
    process::{Finished, assert_words, trellis},
    run::DemoRun,
};

fn audit(bundle: &Path) -> Finished {
    trellis(&["audit", bundle.to_str().unwrap()])
}

/// A copy of one bundle, alone in a folder of its own.
fn copy_of_bundle(epoch: usize, name: &str) -> PathBuf {
    let (from, to) = (DemoRun::first().bundle(epoch), fresh_folder(name));
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    to
}

/// Raises what the first operator earned by one, and returns the file's new bytes.
fn tamper_with_operators(bundle: &Path) -> Vec<u8> {
    let file = bundle.join("operators.parquet");
    let earned = Bundle::open(bundle).unwrap().operators().unwrap().all().unwrap()[0].earned;
    assert!(earned > 0);
    let mut bytes = fs::read(&file).unwrap();
    // The column's page holds plain numbers of eight bytes; the first that is this one is the first operator's.
    let at = bytes.windows(8).position(|window| window == earned.to_le_bytes()).unwrap();
    bytes[at..at + 8].copy_from_slice(&(earned + 1).to_le_bytes());
    fs::write(file, &bytes).unwrap();
    bytes
}

#[test]
fn audit_of_every_bundle_of_the_demo_holds() {
    let run = DemoRun::first();
    for (epoch, root) in run.roots().into_iter().enumerate() {
        let bundle = run.bundle(epoch);
        let finished = audit(&bundle);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains(root) && finished.stdout.ends_with("OK\n"), "{finished:?}");
        let report = trellis(&["audit", bundle.to_str().unwrap(), "--json"]).json();
        assert_eq!(report["ok"], true);
        assert_eq!(report["epoch"], epoch);
        assert_eq!(report["root"], root);
        assert_eq!(report["continues_previous"], epoch > 0);
        assert!(report["signed_by"].as_str().is_some_and(|oracle| oracle.len() > 30), "{report}");
        assert_eq!(report["on_chain"], "not_asked");
    }
}

#[test]
fn audit_of_a_changed_file_fails_and_names_it() {
    let bundle = copy_of_bundle(3, "audit-changed");
    tamper_with_operators(&bundle);
    let finished = audit(&bundle);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_words(&finished.stderr);
    assert!(finished.stderr.contains("operators.parquet"), "{finished:?}");
    let finished = trellis(&["audit", "--json", bundle.to_str().unwrap()]);
    assert_eq!(finished.code, Some(1));
    assert_eq!(finished.json()["ok"], false);
    assert!(finished.json()["error"].as_str().unwrap().contains("operators.parquet"), "{finished:?}");
}

#[test]
fn audit_of_a_changed_file_with_a_manifest_to_match_names_file_row_and_column() {
    let bundle = copy_of_bundle(3, "audit-rehashed");
    let changed = tamper_with_operators(&bundle);
    let manifest_file = bundle.join("manifest.json");
    let manifest = fs::read_to_string(&manifest_file).unwrap();
    let parsed: Value = serde_json::from_str(&manifest).unwrap();
    let was = parsed["files"]["operators.parquet"]["blake3"].as_str().unwrap();
    fs::write(&manifest_file, manifest.replace(was, blake3::hash(&changed).to_hex().as_str())).unwrap();
    let finished = audit(&bundle);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_words(&finished.stderr);
    assert!(finished.stderr.contains("operators.parquet, row 0, column earned"), "{finished:?}");
}

#[test]
fn audit_of_a_bundle_whose_neighbour_is_another_run_s_fails() {
    let folder = fresh_folder("audit-neighbours");
    let run = DemoRun::first();
    // Epoch 1's manifest, under the name of epoch 2.
    for (from, to) in [(1, 2), (3, 3)] {
        let (from, to) = (run.bundle(from), folder.join(format!("epoch-{to:08}")));
        fs::create_dir(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let finished = audit(&folder.join("epoch-00000003"));
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("epoch 3") && finished.stderr.contains("epoch 1"), "{finished:?}");
}

#[test]
fn audit_of_what_is_no_bundle_says_so_with_code_2() {
    let empty = fresh_folder("audit-empty");
    let no_manifest = copy_of_bundle(3, "audit-no-manifest");
    fs::remove_file(no_manifest.join("manifest.json")).unwrap();
    let cut_off = copy_of_bundle(3, "audit-cut-off");
    let manifest = fs::read(cut_off.join("manifest.json")).unwrap();
    fs::write(cut_off.join("manifest.json"), &manifest[..manifest.len() / 2]).unwrap();
    let file_missing = copy_of_bundle(3, "audit-file-missing");
    fs::remove_file(file_missing.join("verdicts.parquet")).unwrap();
    let a_file = empty.parent().unwrap().join("audit-a-file");
    fs::write(&a_file, "hello").unwrap();
    for (folder, named) in [
        (empty.as_path(), "manifest.json"),
        (&no_manifest, "manifest.json"),
        (&cut_off, "manifest.json"),
        (&file_missing, "verdicts.parquet"),
        (&a_file, "audit-a-file"),
        (Path::new("no/such/folder"), "no/such/folder"),
    ] {
        let finished = audit(folder);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert_words(&finished.stderr);
        assert!(finished.stderr.contains(named), "{finished:?}");
        assert_says_it_once(&finished.stderr);
        let finished = trellis(&["audit", folder.to_str().unwrap(), "--json"]);
        assert_eq!(finished.code, Some(2));
        assert_eq!(finished.json()["ok"], false);
    }
}

fn assert_says_it_once(message: &str) {
    let parts: Vec<&str> = message.trim().split(": ").collect();
    assert!(parts.windows(2).all(|pair| pair[0] != pair[1]), "said twice: {message}");
}

#[test]
fn audit_against_a_chain_that_does_not_answer_says_which() {
    let bundle = DemoRun::first().bundle(6);
    let vault = DemoRun::first().report["vault"].as_str().unwrap();
    // Port 9 is "discard": nothing serves RPC there.
    let url = "http://127.0.0.1:9";
    let finished = trellis(&["audit", bundle.to_str().unwrap(), "--url", url, "--vault", vault]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_words(&finished.stderr);
    assert!(finished.stderr.contains(url), "{finished:?}");
    assert_eq!(finished.stderr.matches(url).count(), 2, "what was asked, and what the client says of it: {finished:?}");
}
