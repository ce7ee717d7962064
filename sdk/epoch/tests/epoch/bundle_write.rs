//! A bundle is either wholly on the disk or not at all, and is never replaced by another.

use std::{
    fs,
    path::{Path, PathBuf},
};

use trellis_core::{Epoch, Hash, attestation::SignedAttestation};
use trellis_epoch::{
    EpochInput, LedgerState,
    bundle::{self, Bundle, BundleError, EpochBasis, StoreError, encode, folder_name, write},
    close_epoch,
    sorting::Sorter,
    verify::EpochContext,
};

use crate::support::{honest_epoch, input};

pub fn epoch_of(attestations: Vec<SignedAttestation>) -> EpochInput {
    input(0, LedgerState::default(), attestations)
}

/// Writes the bundle of `input` as the oracle does: sorted on the disk, in runs of a few attestations.
pub fn write_epoch(root: &Path, input: &EpochInput, previous_bundle: Option<Hash>) -> Result<PathBuf, StoreError> {
    let scratch = tempfile::tempdir().unwrap();
    let mut sorter = Sorter::with_run_bytes(scratch.path(), 700);
    input.attestations.iter().for_each(|signed| sorter.push(&signed.to_bytes()).unwrap());
    let mut sorted = sorter.finish().unwrap();
    let context = EpochContext { threads: 2, ..input.context() };
    write(root, &EpochBasis { context, previous_bundle }, &mut || Ok(sorted.next_block()?))
}

fn hash_of(input: &EpochInput) -> Hash {
    encode(input, None).unwrap().hash
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
    let epoch = epoch_of(honest_epoch(1, 0));
    let bundle = encode(&epoch, None).unwrap();
    let folder = write_epoch(root.path(), &epoch, None).unwrap();
    assert_eq!(folder, root.path().join("epoch-00000000"));
    assert_eq!(names(root.path()), ["epoch-00000000"]);
    let read = Bundle::read(&folder).unwrap();
    assert_eq!((read.hash, &read.manifest), (bundle.hash, &bundle.manifest));
    for (name, bytes) in &bundle.files {
        assert_eq!(&fs::read(folder.join(name)).unwrap(), bytes, "{name}");
    }
    assert_eq!(read.attestations().unwrap().all().unwrap(), epoch.attestations);
    assert_eq!(read.verdicts().unwrap().all().unwrap().len(), 6);
    assert_eq!(read.operators().unwrap().all().unwrap().len(), 3);
    assert_eq!(read.devices().unwrap().all().unwrap().len(), 5);
    let closed = close_epoch(epoch.clone()).unwrap();
    assert_eq!((read.snapshot().unwrap(), read.policy().unwrap()), (epoch.snapshot, epoch.policy));
    assert_eq!((read.opening().unwrap(), read.closing().unwrap()), (epoch.opening, closed.closing));
    assert_eq!(read.manifest.root_content(read.hash), bundle.root_content());
}

#[test]
fn write_below_a_folder_that_is_not_there_creates_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = write_epoch(&root.path().join("new/bundles"), &epoch_of(vec![]), None).unwrap();
    assert!(Bundle::read(&folder).is_ok());
}

#[test]
fn write_over_an_interrupted_one_replaces_it() {
    let root = tempfile::tempdir().unwrap();
    let partial = root.path().join(".epoch-00000000.partial");
    fs::create_dir_all(partial.join("left over")).unwrap();
    fs::write(partial.join("manifest.json"), "{ half").unwrap();
    let epoch = epoch_of(honest_epoch(1, 0));
    let folder = write_epoch(root.path(), &epoch, None).unwrap();
    assert_eq!(names(root.path()), ["epoch-00000000"]);
    assert_eq!(names(&folder).len(), bundle::FILES.len() + 1);
    assert_eq!(Bundle::read(&folder).unwrap().hash, hash_of(&epoch));
}

#[test]
fn write_of_the_same_bundle_again_leaves_it_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let epoch = epoch_of(honest_epoch(1, 0));
    let folder = write_epoch(root.path(), &epoch, None).unwrap();
    let written = fs::metadata(folder.join("manifest.json")).unwrap().modified().unwrap();
    assert_eq!(write_epoch(root.path(), &epoch, None).unwrap(), folder);
    assert_eq!(fs::metadata(folder.join("manifest.json")).unwrap().modified().unwrap(), written);
}

#[test]
fn write_over_another_bundle_is_a_conflict_and_keeps_the_first() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (epoch_of(honest_epoch(1, 0)), epoch_of(honest_epoch(3, 0)));
    let folder = write_epoch(root.path(), &first, None).unwrap();
    let error = write_epoch(root.path(), &second, None).unwrap_err();
    let StoreError::Conflict { path, existing, computed } = &error else { panic!("{error}") };
    assert_eq!((path, existing, computed), (&folder, &hex::encode(hash_of(&first)), &hex::encode(hash_of(&second))));
    assert_eq!(Bundle::read(&folder).unwrap().hash, hash_of(&first));
    assert_eq!(names(root.path()), ["epoch-00000000"], "nothing partial stays");
}

#[test]
fn write_over_a_damaged_bundle_names_the_damage() {
    let root = tempfile::tempdir().unwrap();
    let epoch = epoch_of(honest_epoch(1, 0));
    let folder = write_epoch(root.path(), &epoch, None).unwrap();
    fs::remove_file(folder.join("policy.json")).unwrap();
    let error = write_epoch(root.path(), &epoch, None).unwrap_err();
    assert!(matches!(error, StoreError::Existing(BundleError::Unreadable { .. })), "{error}");
    assert!(error.to_string().contains("policy.json"), "{error}");
}

#[test]
fn write_where_a_file_is_in_the_way_says_which_path() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let error = write_epoch(&file, &epoch_of(vec![]), None).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }) && error.to_string().contains("file"), "{error}");
}

#[test]
fn folder_name_of_large_epochs_does_not_collide() {
    assert_eq!(folder_name(Epoch(0)), "epoch-00000000");
    assert_eq!(folder_name(Epoch(123_456_789)), "epoch-123456789");
}
