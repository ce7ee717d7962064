//! A bundle is either wholly on the disk or not at all, and is never replaced by another.

use std::{fs, path::Path};

use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    LedgerState,
    bundle::{Bundle, BundleError, EncodedBundle, StoreError, encode, folder_name, write},
    close_epoch,
};

use crate::support::{honest_epoch, input};

pub fn encoded(attestations: Vec<SignedAttestation>) -> EncodedBundle {
    let input = input(0, LedgerState::default(), attestations);
    let closed = close_epoch(input.clone()).unwrap();
    encode(Epoch(0), &input.snapshot, &input.policy, &input.opening, &closed, None)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn write_then_read_gives_the_same_bundle() {
    let root = tempfile::tempdir().unwrap();
    let bundle = encoded(honest_epoch(1, 0));
    let folder = write(root.path(), &bundle).unwrap();
    assert_eq!(folder, root.path().join("epoch-00000000"));
    assert_eq!(names(root.path()), ["epoch-00000000"]);
    let read = Bundle::read(&folder).unwrap();
    assert_eq!((read.hash, &read.manifest), (bundle.hash, &bundle.manifest));
    for (name, bytes) in &bundle.files {
        assert_eq!(read.file(name), bytes, "{name}");
    }
    assert_eq!(read.attestations().unwrap().len(), 6);
    assert_eq!(read.verdicts().unwrap().len(), 6);
    assert_eq!(read.operators().unwrap().len(), 3);
    assert_eq!(read.manifest.root_content(read.hash), bundle.root_content());
}

#[test]
fn write_below_a_folder_that_is_not_there_creates_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = write(&root.path().join("new/bundles"), &encoded(vec![])).unwrap();
    assert!(Bundle::read(&folder).is_ok());
}

#[test]
fn write_over_an_interrupted_one_replaces_it() {
    let root = tempfile::tempdir().unwrap();
    let partial = root.path().join(".epoch-00000000.partial");
    fs::create_dir_all(partial.join("left over")).unwrap();
    fs::write(partial.join("manifest.json"), "{ half").unwrap();
    let bundle = encoded(honest_epoch(1, 0));
    let folder = write(root.path(), &bundle).unwrap();
    assert_eq!(names(root.path()), ["epoch-00000000"]);
    assert_eq!(names(&folder).len(), 9);
    assert_eq!(Bundle::read(&folder).unwrap().hash, bundle.hash);
}

#[test]
fn write_of_the_same_bundle_again_leaves_it_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let bundle = encoded(honest_epoch(1, 0));
    let folder = write(root.path(), &bundle).unwrap();
    let written = fs::metadata(folder.join("manifest.json")).unwrap().modified().unwrap();
    assert_eq!(write(root.path(), &bundle).unwrap(), folder);
    assert_eq!(fs::metadata(folder.join("manifest.json")).unwrap().modified().unwrap(), written);
}

#[test]
fn write_over_another_bundle_is_a_conflict_and_keeps_the_first() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (encoded(honest_epoch(1, 0)), encoded(honest_epoch(3, 0)));
    let folder = write(root.path(), &first).unwrap();
    let error = write(root.path(), &second).unwrap_err();
    let StoreError::Conflict { path, existing, computed } = &error else { panic!("{error}") };
    assert_eq!((path, existing, computed), (&folder, &hex::encode(first.hash), &hex::encode(second.hash)));
    assert_eq!(Bundle::read(&folder).unwrap().hash, first.hash);
}

#[test]
fn write_over_a_damaged_bundle_names_the_damage() {
    let root = tempfile::tempdir().unwrap();
    let bundle = encoded(honest_epoch(1, 0));
    let folder = write(root.path(), &bundle).unwrap();
    fs::remove_file(folder.join("policy.json")).unwrap();
    let error = write(root.path(), &bundle).unwrap_err();
    assert!(matches!(error, StoreError::Existing(BundleError::Unreadable { .. })), "{error}");
    assert!(error.to_string().contains("policy.json"), "{error}");
}

#[test]
fn write_where_a_file_is_in_the_way_says_which_path() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let error = write(&file, &encoded(vec![])).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }) && error.to_string().contains("file"), "{error}");
}

#[test]
fn folder_name_of_large_epochs_does_not_collide() {
    assert_eq!(folder_name(Epoch(0)), "epoch-00000000");
    assert_eq!(folder_name(Epoch(123_456_789)), "epoch-123456789");
}
