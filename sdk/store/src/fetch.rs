//! Brings a bundle from a store or a web server into a folder.

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use tokio::{fs::File, io::AsyncWriteExt};
use trellis_core::Epoch;
use trellis_epoch::bundle::{Bundle, CLOSING_FILES, FILES, MANIFEST, SIGNATURE, folder_name};

use crate::{Access, Location, StoreError, source::Source, upload::MAX_MANIFEST_BYTES};

/// A signature is a few hundred bytes.
const MAX_SIGNATURE_BYTES: u64 = 64 << 10;

/// A bundle that was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Its folder.
    pub folder: PathBuf,
    pub bytes: u64,
}

/// Fetches the bundle at `location` into a folder of its own below `into`, and beside it what says how the epoch before
/// ended, if that bundle lies beside this one. Files that are longer than the manifest says are not taken.
///
/// Nothing is believed but sizes: hashes are the audit's to check.
pub async fn fetch(location: &Location, access: &Access, into: &Path) -> Result<Fetched, StoreError> {
    let source = Source::open(location, access)?;
    let arriving = into.join("arriving");
    let bundle = fetch_manifest(&source, location, &arriving).await?;
    let mut bytes = 0;
    for name in FILES {
        bytes += fetch_file(&source, location, &bundle, name).await?;
    }
    let signature = take(&source, location, SIGNATURE, &arriving, MAX_SIGNATURE_BYTES).await;
    match signature {
        Ok(_) => {}
        Err(error) if error.is_absent() => {}
        Err(error) => return Err(error),
    }
    let folder = into.join(folder_name(Epoch(bundle.manifest.epoch)));
    rename(&arriving, &folder).await?;
    fetch_previous(location, access, &bundle, into).await?;
    Ok(Fetched { folder, bytes })
}

/// What the epoch before closed with, if it can be had.
async fn fetch_previous(location: &Location, access: &Access, bundle: &Bundle, into: &Path) -> Result<(), StoreError> {
    let Some(before) = bundle.manifest.epoch.checked_sub(1) else { return Ok(()) };
    let name = folder_name(Epoch(before));
    let Some(location) = location.beside(&name) else { return Ok(()) };
    let source = Source::open(&location, access)?;
    let arriving = into.join("arriving");
    let previous = match fetch_manifest(&source, &location, &arriving).await {
        Err(error) if error.is_absent() => return Ok(()),
        fetched => fetched?,
    };
    for name in CLOSING_FILES {
        fetch_file(&source, &location, &previous, name).await?;
    }
    // Under the name that it was found by: what it says of its epoch is the audit's to check.
    rename(&arriving, &into.join(name)).await
}

async fn fetch_manifest(source: &Source, location: &Location, folder: &Path) -> Result<Bundle, StoreError> {
    let disk = |source| StoreError::Disk { path: folder.to_owned(), source };
    tokio::fs::create_dir_all(folder).await.map_err(disk)?;
    take(source, location, MANIFEST, folder, MAX_MANIFEST_BYTES).await?;
    Ok(Bundle::open(folder)?)
}

async fn fetch_file(source: &Source, location: &Location, bundle: &Bundle, name: &str) -> Result<u64, StoreError> {
    let wanted = bundle.manifest.files.get(name).map_or(0, |entry| entry.bytes);
    let actual = match take(source, location, name, bundle.folder(), wanted).await {
        Err(StoreError::TooLong { place, limit }) => {
            return Err(StoreError::WrongSize { place, actual: limit.saturating_add(1), wanted });
        }
        taken => taken?,
    };
    let place = location.join(name).to_string();
    if actual == wanted { Ok(actual) } else { Err(StoreError::WrongSize { place, actual, wanted }) }
}

/// Writes `name` into `folder`, at most `limit` bytes, and returns how many it has.
async fn take(source: &Source, location: &Location, name: &str, folder: &Path, limit: u64) -> Result<u64, StoreError> {
    let mut pieces = source.get("", name).await?;
    let path = folder.join(name);
    let disk = |source| StoreError::Disk { path: path.clone(), source };
    let mut file = File::create(&path).await.map_err(disk)?;
    let mut bytes: u64 = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > limit {
            return Err(StoreError::TooLong { place: location.join(name).to_string(), limit });
        }
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    Ok(bytes)
}

async fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    tokio::fs::rename(from, to).await.map_err(|source| StoreError::Disk { path: to.to_owned(), source })
}
