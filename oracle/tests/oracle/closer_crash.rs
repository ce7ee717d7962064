//! A crash after any step of closing, and whatever else may be found on the disk afterwards.

use std::{fs, path::Path, sync::Arc};

use trellis_core::{Epoch, Hash};
use trellis_epoch::{Snapshot, bundle::Bundle};
use trellis_oracle::log::Log;

use crate::{
    closer::{closable, close, filled, records, resume},
    log_store::open,
    world::snapshot,
};

/// Hash of epoch 0's bundle when nothing goes wrong.
fn undisturbed() -> Hash {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    close(&mut resume(folder.path(), &log).unwrap(), &snapshot()).hash
}

/// The registry, some slots later: one more operator.
fn later_snapshot() -> Snapshot {
    let mut later = snapshot();
    later.slot += 1;
    later.operators.push(trellis_epoch::snapshot::Operator { index: 3, wallet: [0xb3; 32], payout_wallet: [0xc3; 32] });
    later
}

/// What a restart finds: opens the log again, resumes and closes epoch 0 if that is still to be done.
fn restart(folder: &Path, snapshot: &Snapshot) -> anyhow::Result<(Hash, Epoch)> {
    let log = Arc::new(open(folder)?);
    let mut closer = resume(folder, &log)?;
    if closer.next() == Epoch(0) {
        closer.close_next(snapshot, closable(0))?;
    }
    let closed = log.closed()?;
    assert_eq!(closed.len(), 1, "closed exactly once");
    let bundle = Bundle::read(&folder.join("bundles/epoch-00000000"))?;
    assert_eq!(closed[0], (Epoch(0), bundle.hash));
    Ok((bundle.hash, closer.next()))
}

#[test]
fn crash_after_sealing_closes_the_same_bundle() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).seal(Epoch(0)).unwrap();
    assert_eq!(restart(folder.path(), &snapshot()).unwrap(), (undisturbed(), Epoch(1)));
}

#[test]
fn crash_while_writing_closes_the_same_bundle() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).seal(Epoch(0)).unwrap();
    let partial = folder.path().join("bundles/.epoch-00000000.partial");
    fs::create_dir_all(&partial).unwrap();
    fs::write(partial.join("manifest.json"), "{ \"version\": 1,").unwrap();
    fs::write(partial.join("verdicts.parquet"), "").unwrap();
    assert_eq!(restart(folder.path(), &snapshot()).unwrap(), (undisturbed(), Epoch(1)));
    assert!(!partial.exists());
}

#[test]
fn crash_after_the_bundle_takes_it_as_it_is_though_the_registry_moved_on() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(folder.path()).seal(Epoch(0)).unwrap();
    // The same log closed elsewhere stands for the process that died before it said "closed".
    let died = filled(other.path());
    let hash = close(&mut resume(other.path(), &died).unwrap(), &snapshot()).hash;
    fs::rename(other.path().join("bundles"), folder.path().join("bundles")).unwrap();
    assert_eq!(restart(folder.path(), &later_snapshot()).unwrap(), (hash, Epoch(1)));
    assert_eq!(hash, undisturbed());
}

#[test]
fn crash_after_everything_closes_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let hash = restart_after_filling(folder.path());
    for _ in 0..2 {
        assert_eq!(restart(folder.path(), &later_snapshot()).unwrap(), (hash, Epoch(1)));
    }
}

fn restart_after_filling(folder: &Path) -> Hash {
    drop(filled(folder));
    restart(folder, &snapshot()).unwrap().0
}

#[test]
fn epoch_after_a_restart_is_the_one_without() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    restart_after_filling(folder.path());
    let log = Arc::new(open(folder.path()).unwrap());
    let resumed = close(&mut resume(folder.path(), &log).unwrap(), &snapshot());
    let log = filled(other.path());
    let mut closer = resume(other.path(), &log).unwrap();
    close(&mut closer, &snapshot());
    assert_eq!(resumed.hash, close(&mut closer, &snapshot()).hash);
}

#[test]
fn resume_without_a_closed_bundle_names_its_path() {
    let folder = tempfile::tempdir().unwrap();
    restart_after_filling(folder.path());
    fs::remove_dir_all(folder.path().join("bundles/epoch-00000000")).unwrap();
    let log = Arc::new(open(folder.path()).unwrap());
    let error = format!("{:#}", resume(folder.path(), &log).err().unwrap());
    assert!(error.contains("cannot read") && error.contains("epoch-00000000/manifest.json"), "{error}");
}

#[test]
fn resume_with_a_changed_file_names_it() {
    let folder = tempfile::tempdir().unwrap();
    restart_after_filling(folder.path());
    fs::write(folder.path().join("bundles/epoch-00000000/closing_devices.parquet"), "{}").unwrap();
    let log = Arc::new(open(folder.path()).unwrap());
    let error = format!("{:#}", resume(folder.path(), &log).err().unwrap());
    assert!(error.contains("closing_devices.parquet") && error.contains("was changed"), "{error}");
}

#[test]
fn resume_with_another_whole_bundle_names_both_hashes() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hash = restart_after_filling(folder.path());
    let silent = Arc::new(open(other.path()).unwrap());
    let foreign = close(&mut resume(other.path(), &silent).unwrap(), &snapshot()).hash;
    fs::remove_dir_all(folder.path().join("bundles")).unwrap();
    fs::rename(other.path().join("bundles"), folder.path().join("bundles")).unwrap();
    let log = Arc::new(open(folder.path()).unwrap());
    let error = format!("{:#}", resume(folder.path(), &log).err().unwrap());
    assert!(error.contains(&hex::encode(hash)) && error.contains(&hex::encode(foreign)), "{error}");
    assert!(error.contains("restore it from a copy"), "{error}");
}

/// Puts the bundle that `snapshot` gives for `records` where the log of `folder` would write its own, then closes.
fn close_over(folder: &Path, snapshot_of_found: &Snapshot, acknowledged: bool) -> String {
    let other = tempfile::tempdir().unwrap();
    let log = Arc::new(open(other.path()).unwrap());
    if acknowledged {
        log.append(&records(0)).unwrap();
    }
    close(&mut resume(other.path(), &log).unwrap(), snapshot_of_found);
    let log = filled(folder);
    fs::rename(other.path().join("bundles"), folder.join("bundles")).unwrap();
    let mut closer = resume(folder, &log).unwrap();
    let error = format!("{:#}", closer.close_next(&snapshot(), closable(0)).unwrap_err());
    assert_eq!((closer.next(), log.closed().unwrap().len()), (Epoch(0), 0));
    error
}

#[test]
fn found_bundle_of_another_vault_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut foreign = snapshot();
    foreign.vault = [0xee; 32];
    let error = close_over(folder.path(), &foreign, true);
    assert!(error.contains("epoch-00000000") && error.contains("another vault"), "{error}");
}

#[test]
fn found_bundle_without_what_was_acknowledged_is_not_taken() {
    // As left by an oracle whose data folder was lost: taking it would drop every attestation acknowledged since.
    let folder = tempfile::tempdir().unwrap();
    let error = close_over(folder.path(), &snapshot(), false);
    assert!(error.contains("epoch-00000000") && error.contains("acknowledged"), "{error}");
}

#[test]
fn found_bundle_of_another_epoch_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    close(&mut closer, &snapshot());
    let bundles = folder.path().join("bundles");
    fs::create_dir(bundles.join("epoch-00000001")).unwrap();
    for file in fs::read_dir(bundles.join("epoch-00000000")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), bundles.join("epoch-00000001").join(file.file_name())).unwrap();
    }
    let error = format!("{:#}", closer.close_next(&snapshot(), closable(1)).unwrap_err());
    assert!(error.contains("epoch-00000001") && error.contains("epoch 0"), "{error}");
    assert_eq!(closer.next(), Epoch(1));
}

#[test]
fn found_bundle_that_continues_another_past_is_not_taken() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let elsewhere = filled(other.path());
    let mut closer = resume(other.path(), &elsewhere).unwrap();
    close(&mut closer, &later_snapshot());
    close(&mut closer, &later_snapshot());
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    close(&mut closer, &snapshot());
    let name = "bundles/epoch-00000001";
    fs::rename(other.path().join(name), folder.path().join(name)).unwrap();
    let error = format!("{:#}", closer.close_next(&snapshot(), closable(1)).unwrap_err());
    assert!(error.contains(name) && error.contains("continues"), "{error}");
}
