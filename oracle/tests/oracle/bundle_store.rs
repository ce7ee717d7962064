//! Bundles in a store: copied whole, seen whole or not at all, fetched back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use trellis_core::Epoch;
use trellis_epoch::{
    audit::audit,
    bundle::{Bundle, folder_name},
};
use trellis_store::{Access, BundleStore, Location, StoreError, fetch};

use crate::{
    closer::{close, filled, resume},
    world::snapshot,
};

/// Two closed epochs, and a store that is a folder.
struct Here {
    folder: TempDir,
    bundles: Vec<Bundle>,
    store: BundleStore,
}

impl Here {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = filled(folder.path());
        let mut closer = resume(folder.path(), &log).unwrap();
        let bundles = (0..2).map(|_| close(&mut closer, &snapshot())).collect();
        let copies = folder.path().join("copies");
        fs::create_dir(&copies).unwrap();
        let store = BundleStore::open(&Location::Folder(copies), &Access::default()).unwrap();
        Self { folder, bundles, store }
    }

    fn copy(&self, epoch: u64, file: &str) -> PathBuf {
        self.folder.path().join("copies").join(folder_name(Epoch(epoch))).join(file)
    }

    async fn upload_all(&self) {
        for bundle in &self.bundles {
            self.store.upload(bundle).await.unwrap();
        }
    }

    async fn fetch(&self, epoch: u64, into: &Path) -> Result<Bundle, StoreError> {
        let location = self.store.location().join(&folder_name(Epoch(epoch)));
        let fetched = fetch(&location, &Access::default(), into).await?;
        Ok(Bundle::read(&fetched.folder).unwrap())
    }
}

#[tokio::test]
async fn bundle_that_was_copied_and_fetched_is_the_same_and_continues_its_neighbour() {
    let here = Here::new();
    here.upload_all().await;
    for bundle in &here.bundles {
        here.store.verify(bundle).await.unwrap();
    }
    let into = tempfile::tempdir().unwrap();
    let fetched = here.fetch(1, into.path()).await.unwrap();
    assert_eq!(fetched.hash, here.bundles[1].hash);
    let previous = Bundle::open(&into.path().join("epoch-00000000")).unwrap();
    assert_eq!(audit(&fetched, Some(&previous)).unwrap().root, here.bundles[1].manifest.root);
    // The first has nothing before it.
    let into = tempfile::tempdir().unwrap();
    assert_eq!(here.fetch(0, into.path()).await.unwrap().hash, here.bundles[0].hash);
    assert_eq!(fs::read_dir(into.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn upload_done_again_changes_nothing_and_brings_what_is_missing() {
    let here = Here::new();
    here.upload_all().await;
    let manifest = fs::metadata(here.copy(0, "manifest.json")).unwrap().modified().unwrap();
    fs::remove_file(here.copy(0, "verdicts.parquet")).unwrap();
    fs::write(here.copy(0, "devices.parquet"), "short").unwrap();
    assert!(matches!(here.store.verify(&here.bundles[0]).await, Err(StoreError::WrongSize { .. })));
    here.store.upload(&here.bundles[0]).await.unwrap();
    here.store.verify(&here.bundles[0]).await.unwrap();
    assert_eq!(fs::metadata(here.copy(0, "manifest.json")).unwrap().modified().unwrap(), manifest);
}

#[tokio::test]
async fn upload_that_was_cut_off_shows_no_manifest_and_is_done_again() {
    let here = Here::new();
    // As if the process had died after some files, one of them of another content.
    fs::create_dir_all(here.copy(0, "")).unwrap();
    fs::write(here.copy(0, "snapshot.json"), "{").unwrap();
    let size = here.bundles[0].manifest.files["policy.json"].bytes;
    fs::write(here.copy(0, "policy.json"), vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
    assert!(matches!(here.store.verify(&here.bundles[0]).await, Err(StoreError::Missing { .. })));
    let into = tempfile::tempdir().unwrap();
    let missing = here.fetch(0, into.path()).await.unwrap_err();
    assert!(missing.is_absent(), "{missing}");
    here.store.upload(&here.bundles[0]).await.unwrap();
    here.store.verify(&here.bundles[0]).await.unwrap();
}

#[tokio::test]
async fn upload_of_a_bundle_damaged_here_is_refused_before_anybody_can_see_it() {
    let here = Here::new();
    let damaged = here.bundles[1].folder().join("operators.parquet");
    let mut bytes = fs::read(&damaged).unwrap();
    bytes[10] ^= 1;
    fs::write(&damaged, bytes).unwrap();
    let refused = here.store.upload(&here.bundles[1]).await.unwrap_err().to_string();
    assert!(refused.contains("operators.parquet") && refused.contains("was changed"), "{refused}");
    assert!(!here.copy(1, "manifest.json").exists());
    fs::remove_file(damaged).unwrap();
    let refused = here.store.upload(&here.bundles[1]).await.unwrap_err().to_string();
    assert!(refused.contains("cannot read or write") && refused.contains("operators.parquet"), "{refused}");
}

#[tokio::test]
async fn store_with_another_bundle_of_the_epoch_keeps_it_and_is_told() {
    let here = Here::new();
    here.upload_all().await;
    let other = fs::read(here.copy(1, "manifest.json")).unwrap();
    fs::write(here.copy(0, "manifest.json"), &other).unwrap();
    for refused in [
        here.store.upload(&here.bundles[0]).await.unwrap_err().to_string(),
        here.store.verify(&here.bundles[0]).await.unwrap_err().to_string(),
    ] {
        assert!(
            refused.contains("another bundle") && refused.contains(&hex::encode(here.bundles[0].hash)),
            "{refused}"
        );
    }
    assert_eq!(fs::read(here.copy(0, "manifest.json")).unwrap(), other);
}

#[tokio::test]
async fn copy_that_was_changed_is_named_when_it_is_read_back_and_when_it_is_fetched() {
    let here = Here::new();
    here.upload_all().await;
    let file = here.copy(1, "verdicts.parquet");
    let whole = fs::read(&file).unwrap();
    let mut changed = whole.clone();
    changed[20] ^= 1;
    fs::write(&file, &changed).unwrap();
    let refused = here.store.verify(&here.bundles[1]).await.unwrap_err().to_string();
    assert!(refused.contains("verdicts.parquet has BLAKE3"), "{refused}");
    for bytes in [&whole[..whole.len() - 1], &[&whole[..], b"x"].concat()] {
        fs::write(&file, bytes).unwrap();
        let into = tempfile::tempdir().unwrap();
        let refused = here.fetch(1, into.path()).await.unwrap_err().to_string();
        let wanted = format!("verdicts.parquet has {} bytes, the manifest says {}", bytes.len(), whole.len());
        assert!(refused.contains(&wanted), "{refused}");
        assert!(!into.path().join("epoch-00000001").exists());
    }
    fs::write(here.copy(1, "manifest.json"), vec![b' '; 2 << 20]).unwrap();
    let into = tempfile::tempdir().unwrap();
    let refused = here.fetch(1, into.path()).await.unwrap_err().to_string();
    assert!(refused.contains("manifest.json is longer than 1048576 bytes"), "{refused}");
    fs::write(here.copy(1, "manifest.json"), "{}").unwrap();
    let into = tempfile::tempdir().unwrap();
    assert!(matches!(here.fetch(1, into.path()).await, Err(StoreError::Bundle(_))));
}
