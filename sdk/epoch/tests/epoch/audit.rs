//! An audit recomputes everything and names the first difference.

use std::{fs, path::Path};

use trellis_core::{Epoch, Hash};
use trellis_epoch::{
    EpochInput, LedgerState,
    audit::{AuditError, Audited, audit},
    bundle::{self, Bundle, Manifest, encode, write},
    close::CloseError,
    close_epoch,
};

use crate::support::{EMISSION, honest_epoch, input, reading};

/// Closes `input`, writes its bundle below `root` and reads it back.
fn written(root: &Path, input: &EpochInput, previous: Option<Hash>) -> Bundle {
    let closed = close_epoch(input.clone()).unwrap();
    let encoded = encode(input.epoch, &input.snapshot, &input.policy, &input.opening, &closed, previous);
    Bundle::read(&write(root, &encoded).unwrap()).unwrap()
}

/// Epochs 0 and 1, the second continuing the first. Epoch 0 has two refusals in it.
fn two_epochs(root: &Path) -> (Bundle, Bundle) {
    let mut attestations = [honest_epoch(1, 0), honest_epoch(3, 0)].concat();
    attestations.push(reading(2, 0, 100, 50).signed());
    attestations.push(reading(9, 0, 100, 100).signed());
    let first = written(root, &input(0, LedgerState::default(), attestations), None);
    let second = input(1, first.closing().unwrap(), honest_epoch(1, 1));
    let second = written(root, &second, Some(first.hash));
    (first, second)
}

/// Rewrites the manifest so that every file has the size and hash that it claims.
fn rehash(folder: &Path, change: impl FnOnce(&mut Manifest)) -> Bundle {
    let path = folder.join(bundle::MANIFEST);
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (name, entry) in &mut manifest.files {
        let bytes = fs::read(folder.join(name)).unwrap();
        (entry.bytes, entry.blake3) = (bytes.len() as u64, blake3::hash(&bytes).to_hex().to_string());
    }
    change(&mut manifest);
    let mut bytes = serde_json::to_vec_pretty(&manifest).unwrap();
    bytes.push(b'\n');
    fs::write(&path, bytes).unwrap();
    Bundle::read(folder).unwrap()
}

fn tampered(folder: &Path, name: &str, change: impl FnOnce(String) -> String) -> Bundle {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text, "{name} must really change");
    fs::write(&path, changed).unwrap();
    rehash(folder, |_| {})
}

/// File and line that the audit names.
fn difference(bundle: &Bundle) -> (String, usize) {
    match audit(bundle, None).unwrap_err() {
        AuditError::Differs { file, line, claimed, recomputed } => {
            assert_ne!(claimed, recomputed);
            (file, line)
        }
        error => panic!("{error}"),
    }
}

#[test]
fn audit_of_good_bundles_says_what_they_hold() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = two_epochs(root.path());
    let audited = audit(&first, None).unwrap();
    let wanted = Audited {
        epoch: Epoch(0),
        bundle_hash: first.hash,
        root: first.manifest.root,
        devices_root: first.manifest.devices_root,
        attestations: 14,
        accepted: 12,
        leaf_count: 3,
        cumulative_total: 1_000_003,
    };
    assert_eq!(audited, wanted);
    let audited = audit(&second, Some(&first)).unwrap();
    assert_eq!((audited.accepted, audited.cumulative_total), (6, 2_000_006));
}

type Change = fn(String) -> String;

#[test]
fn audit_of_any_tampered_output_names_file_and_line() {
    let cases: [(&str, usize, Change); 4] = [
        (bundle::VERDICTS, 1, |text| text.replacen("\"accepted_wh\":100", "\"accepted_wh\":900", 1)),
        (bundle::DEVICES, 2, |text| change_line(&text, 2, "\"points\":", "\"points\":9")),
        (bundle::OPERATORS, 3, |text| change_line(&text, 3, "\"cumulative\":", "\"cumulative\":7")),
        (bundle::CLOSING, 7, |text| text.replacen("\"carry\": 0", "\"carry\": 1", 1)),
    ];
    for (name, line, change) in cases {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let first_accepted = first.verdicts().unwrap().iter().position(|row| row.accepted_wh.is_some()).unwrap() + 1;
        let line = if name == bundle::VERDICTS { first_accepted } else { line };
        let bundle = tampered(first.folder(), name, change);
        assert_eq!(difference(&bundle), (name.to_owned(), line));
    }
}

fn change_line(text: &str, number: usize, from: &str, to: &str) -> String {
    let change = |(position, line): (usize, &str)| match position + 1 == number {
        true => line.replacen(from, to, 1),
        false => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().enumerate().map(change).collect();
    lines.join("\n") + "\n"
}

#[test]
fn audit_of_an_output_with_a_line_more_or_fewer_names_its_end() {
    for (name, lines) in [(bundle::OPERATORS, 3), (bundle::DEVICES, 5), (bundle::VERDICTS, 14)] {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let shorter = tampered(first.folder(), name, |text| {
            let kept = text.lines().count() - 1;
            text.lines().take(kept).map(|line| format!("{line}\n")).collect()
        });
        assert_eq!(difference(&shorter), (name.to_owned(), lines));
    }
}

#[test]
fn audit_of_any_tampered_total_names_the_manifest() {
    let changes: [fn(&mut Manifest); 8] = [
        |m| m.root[0] ^= 1,
        |m| m.devices_root[0] ^= 1,
        |m| m.leaf_count += 1,
        |m| m.cumulative_total += 1,
        |m| m.emission += 1,
        |m| m.distributed -= 1,
        |m| m.carry += 1,
        |m| m.vault = [9; 32],
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = two_epochs(root.path());
        let bundle = rehash(first.folder(), change);
        assert_eq!(difference(&bundle).0, bundle::MANIFEST, "change {number}");
    }
    let root = tempfile::tempdir().unwrap();
    let (_, second) = two_epochs(root.path());
    let bundle = rehash(second.folder(), |m| m.previous_bundle = Some("no hash".to_owned()));
    assert_eq!(difference(&bundle).0, bundle::MANIFEST);
}

#[test]
fn audit_of_attestations_left_out_or_out_of_order_names_the_difference() {
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let path = first.folder().join(bundle::ATTESTATIONS);
    let bytes = fs::read(&path).unwrap();
    let length = 4 + u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    fs::write(&path, &bytes[length..]).unwrap();
    assert_eq!(difference(&rehash(first.folder(), |_| {})).0, bundle::VERDICTS);
    // The same attestations in another order: not the one encoding of this epoch.
    fs::write(&path, [&bytes[length..], &bytes[..length]].concat()).unwrap();
    assert_eq!(difference(&rehash(first.folder(), |_| {})).0, bundle::ATTESTATIONS);
}

#[test]
fn audit_of_inputs_that_cannot_be_closed_says_why() {
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let bundle = tampered(first.folder(), bundle::POLICY, |text| text.replace("500", "501"));
    let error = audit(&bundle, None).unwrap_err();
    assert!(matches!(error, AuditError::Close(_)), "{error}");
    let bundle = tampered(first.folder(), bundle::SNAPSHOT, |_| "{}\n".to_owned());
    let error = audit(&bundle, None).unwrap_err();
    assert!(matches!(error, AuditError::Bundle(_)), "{error}");
    assert!(error.to_string().contains(bundle::SNAPSHOT), "{error}");
}

#[test]
fn audit_of_another_emission_than_was_shared_out_names_who_would_earn_otherwise() {
    let emission = format!("\"emission\": {EMISSION}");
    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let more = format!("\"emission\": {}", EMISSION + 7);
    let bundle = tampered(first.folder(), bundle::SNAPSHOT, |text| text.replace(&emission, &more));
    assert_eq!(difference(&bundle).0, bundle::CLOSING);

    let root = tempfile::tempdir().unwrap();
    let (first, _) = two_epochs(root.path());
    let bundle = tampered(first.folder(), bundle::SNAPSHOT, |text| text.replace(&format!("  {emission},\n"), ""));
    assert!(matches!(audit(&bundle, None).unwrap_err(), AuditError::Close(CloseError::EmissionUnknown)));
}

#[test]
fn audit_of_epoch_0_with_a_past_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let opening = LedgerState { cumulative: vec![5], ..LedgerState::default() };
    let bundle = written(root.path(), &input(0, opening, vec![]), None);
    assert!(matches!(audit(&bundle, None).unwrap_err(), AuditError::OpeningNotEmpty));
}

#[test]
fn audit_of_bundles_that_do_not_follow_each_other_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = two_epochs(root.path());
    let error = audit(&first, Some(&second)).unwrap_err();
    assert!(matches!(error, AuditError::NotNeighbours { epoch: 0, previous: 1 }), "{error}");
    let error = audit(&second, Some(&second)).unwrap_err();
    assert!(matches!(error, AuditError::NotNeighbours { epoch: 1, previous: 1 }), "{error}");
}

#[test]
fn audit_with_another_bundle_before_it_is_refused_with_both_hashes() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = two_epochs(root.path());
    let silent = written(other.path(), &input(0, LedgerState::default(), vec![]), None);
    let error = audit(&second, Some(&silent)).unwrap_err();
    let AuditError::WrongPrevious { claimed, actual } = &error else { panic!("{error}") };
    assert_eq!((claimed, actual), (&hex::encode(first.hash), &hex::encode(silent.hash)));
    let unlinked = written(other.path(), &input(1, first.closing().unwrap(), vec![]), None);
    let error = audit(&unlinked, Some(&first)).unwrap_err();
    assert!(matches!(&error, AuditError::WrongPrevious { claimed, .. } if claimed == "none"), "{error}");
}

#[test]
fn audit_of_epoch_0_that_continues_a_bundle_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let bundle = written(root.path(), &input(0, LedgerState::default(), vec![]), Some([7; 32]));
    let error = audit(&bundle, None).unwrap_err();
    let AuditError::WrongPrevious { claimed, actual } = &error else { panic!("{error}") };
    assert_eq!((claimed.as_str(), actual.as_str()), ("07".repeat(32).as_str(), "none"));
}

#[test]
fn audit_that_continues_another_vault_s_bundle_is_refused() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut foreign = input(0, LedgerState::default(), honest_epoch(1, 0));
    foreign.snapshot.vault = [0xee; 32];
    let foreign = written(other.path(), &foreign, None);
    // Everything that vault ever paid, promised here once more.
    let bundle = written(root.path(), &input(1, foreign.closing().unwrap(), honest_epoch(1, 1)), Some(foreign.hash));
    let error = audit(&bundle, Some(&foreign)).unwrap_err();
    assert!(matches!(error, AuditError::OtherVault { .. }), "{error}");
}

#[test]
fn audit_of_an_opening_that_the_one_before_did_not_leave_is_refused() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, _) = two_epochs(root.path());
    // Operator 2 opens richer than it closed; all else is consistent.
    let mut opening = first.closing().unwrap();
    opening.cumulative[2] += 1;
    let bundle = written(other.path(), &input(1, opening, honest_epoch(1, 1)), Some(first.hash));
    assert!(audit(&bundle, None).is_ok(), "alone it looks right");
    assert!(matches!(audit(&bundle, Some(&first)).unwrap_err(), AuditError::OpeningDiffers));
}
