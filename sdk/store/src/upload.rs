//! Brings a bundle to a store, and checks that it is there.

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use futures_util::StreamExt;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use tokio::{fs::File, io::AsyncReadExt};
use trellis_core::Epoch;
use trellis_epoch::bundle::{Bundle, BundleError, MANIFEST, SIGNATURE, folder_name};
use trellis_fail_point::reached;

use crate::{BundleStore, StoreError};

/// A file larger than this goes up in parts of this size: what is in memory.
const PART_BYTES: u64 = 8 << 20;
/// Most parts that S3 takes.
const MAX_PARTS: u64 = 10_000;
/// A manifest is a few kilobytes.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 1 << 20;

impl BundleStore {
    /// Brings `bundle` to the store, unless it is there. The manifest goes last: until it is there, nobody sees the bundle.
    ///
    /// Doing it again does no harm, and an upload that was cut off is done again from its beginning. Parts of a large file
    /// that was cut off stay in the bucket, unseen, until its rules remove them.
    pub async fn upload(&self, bundle: &Bundle) -> Result<(), StoreError> {
        let folder = folder_name(Epoch(bundle.manifest.epoch));
        let visible = self.require_no_other(&folder, bundle).await?;
        let found = self.sizes(&folder).await?;
        for (name, entry) in &bundle.manifest.files {
            if visible && found.get(name) == Some(&entry.bytes) {
                continue;
            }
            self.put_file(&folder, name, bundle).await?;
            reached("copy.file");
        }
        self.put_signature(&folder, bundle, &found).await?;
        reached("copy.signature");
        self.require_sizes(&folder, bundle).await?;
        reached("copy.checked");
        if !visible {
            let manifest = read(&bundle.folder().join(MANIFEST)).await?;
            self.put_bytes(&folder, MANIFEST, manifest).await?;
            reached("copy.manifest");
        }
        Ok(())
    }

    /// Reads the whole bundle back from the store: every file must be as `bundle`'s manifest says.
    pub async fn verify(&self, bundle: &Bundle) -> Result<(), StoreError> {
        let folder = folder_name(Epoch(bundle.manifest.epoch));
        if !self.require_no_other(&folder, bundle).await? {
            return Err(StoreError::Missing { place: self.shown(&folder, MANIFEST) });
        }
        for (name, entry) in &bundle.manifest.files {
            let mut pieces = self.get(&folder, name).await?;
            let mut hasher = blake3::Hasher::new();
            while let Some(piece) = pieces.next().await {
                hasher.update(&piece?);
            }
            let place = self.shown(&folder, name);
            let (actual, wanted) = (hasher.finalize().to_hex().to_string(), entry.blake3.clone());
            if hasher.count() != entry.bytes {
                return Err(StoreError::WrongSize { place, actual: hasher.count(), wanted: entry.bytes });
            }
            if actual != wanted {
                return Err(StoreError::WrongContent { place, actual, wanted });
            }
        }
        Ok(())
    }

    /// Can the store be read with these credentials?
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.sizes("").await.map(|_| ())
    }

    /// Is the manifest there? Errors if it is another one than `bundle`'s.
    async fn require_no_other(&self, folder: &str, bundle: &Bundle) -> Result<bool, StoreError> {
        let mut pieces = match self.get(folder, MANIFEST).await {
            Err(StoreError::Missing { .. }) => return Ok(false),
            got => got?,
        };
        let mut hasher = blake3::Hasher::new();
        while let Some(piece) = pieces.next().await {
            hasher.update(&piece?);
            if hasher.count() > MAX_MANIFEST_BYTES {
                break;
            }
        }
        if *hasher.finalize().as_bytes() == bundle.hash {
            return Ok(true);
        }
        let (existing, ours) = (hasher.finalize().to_hex().to_string(), hex::encode(bundle.hash));
        Err(StoreError::OtherBundle { place: self.shown(folder, MANIFEST), existing, ours })
    }

    /// The sizes of the objects below `folder`, by name.
    async fn sizes(&self, folder: &str) -> Result<BTreeMap<String, u64>, StoreError> {
        let listed = self.objects.list_with_delimiter(Some(&self.folder_path(folder))).await;
        let place = if folder.is_empty() { self.location().clone() } else { self.location().join(folder) };
        let listed = listed.map_err(|error| StoreError::of_request(place, &error))?;
        let size = |object: object_store::ObjectMeta| Some((object.location.filename()?.to_owned(), object.size));
        Ok(listed.objects.into_iter().filter_map(size).collect())
    }

    async fn require_sizes(&self, folder: &str, bundle: &Bundle) -> Result<(), StoreError> {
        let found = self.sizes(folder).await?;
        for (name, entry) in &bundle.manifest.files {
            let (place, wanted) = (self.shown(folder, name), entry.bytes);
            match found.get(name) {
                Some(actual) if *actual == wanted => {}
                Some(actual) => return Err(StoreError::WrongSize { place, actual: *actual, wanted }),
                None => return Err(StoreError::Missing { place }),
            }
        }
        Ok(())
    }

    /// Each oracle of a vault signs for itself: whose signature is there stays.
    async fn put_signature(
        &self,
        folder: &str,
        bundle: &Bundle,
        found: &BTreeMap<String, u64>,
    ) -> Result<(), StoreError> {
        if found.contains_key(SIGNATURE) {
            return Ok(());
        }
        match read(&bundle.folder().join(SIGNATURE)).await {
            Ok(signature) => self.put_bytes(folder, SIGNATURE, signature).await,
            Err(StoreError::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn put_bytes(&self, folder: &str, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let put = self.objects.put(&self.path(folder, name), bytes.into()).await;
        put.map(|_| ()).map_err(|error| StoreError::of_request(self.shown(folder, name), &error))
    }

    /// Only what the manifest says goes up: a file that was damaged on the disk does not.
    async fn put_file(&self, folder: &str, name: &str, bundle: &Bundle) -> Result<(), StoreError> {
        let local = bundle.folder().join(name);
        let size = bundle.manifest.files.get(name).map_or(0, |entry| entry.bytes);
        if size <= PART_BYTES {
            let bytes = read(&local).await?;
            check_local(bundle, name, &local, &blake3::hash(&bytes))?;
            return self.put_bytes(folder, name, bytes).await;
        }
        let (path, place) = (self.path(folder, name), self.shown(folder, name));
        let started = self.objects.put_multipart(&path).await;
        let mut upload = started.map_err(|error| StoreError::of_request(&place, &error))?;
        match put_parts(upload.as_mut(), bundle, name, &local, &place, part_bytes(size)).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // What failed is said; whether its parts are removed now or by the bucket's rules does not matter.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }
}

fn part_bytes(size: u64) -> u64 {
    PART_BYTES.max(size.div_ceil(MAX_PARTS))
}

async fn put_parts(
    upload: &mut dyn MultipartUpload,
    bundle: &Bundle,
    name: &str,
    local: &Path,
    place: &str,
    part_bytes: u64,
) -> Result<(), StoreError> {
    let disk = |source| StoreError::Disk { path: local.to_owned(), source };
    let mut file = File::open(local).await.map_err(disk)?;
    let mut hasher = blake3::Hasher::new();
    loop {
        let mut part = Vec::new();
        (&mut file).take(part_bytes).read_to_end(&mut part).await.map_err(disk)?;
        if part.is_empty() {
            break;
        }
        hasher.update(&part);
        upload.put_part(part.into()).await.map_err(|error| StoreError::of_request(place, &error))?;
    }
    check_local(bundle, name, local, &hasher.finalize())?;
    upload.complete().await.map(|_| ()).map_err(|error| StoreError::of_request(place, &error))
}

fn check_local(bundle: &Bundle, name: &str, local: &Path, actual: &blake3::Hash) -> Result<(), StoreError> {
    let wanted = bundle.manifest.files.get(name).map(|entry| entry.blake3.clone()).unwrap_or_default();
    let actual = actual.to_hex().to_string();
    if actual == wanted {
        return Ok(());
    }
    Err(BundleError::Changed { path: local.to_owned(), actual, wanted }.into())
}

async fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    tokio::fs::read(path).await.map_err(|source| StoreError::Disk { path: path.to_owned(), source })
}
