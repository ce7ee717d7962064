//! What became of the bundles: which are copied to the store, which are deleted here.
//!
//! A bundle is deleted in three steps, each of which a crash may follow: (1) its folder is renamed out of the way, which is
//! what decides; (2) the book says so, with where the copy is; (3) the folder is removed. [`Book::open`] does what is left.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use trellis_core::Epoch;
use trellis_epoch::bundle::folder_name;
use trellis_fail_point::reached;

const FILE: &str = "bundles.json";
const DELETED: &str = ".deleted";

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// Every bundle before this epoch's was deleted here.
    #[serde(default)]
    pub kept_from: u64,
    /// Where the copies of those are; absent if they were not copied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleted_to: Option<String>,
    /// How far the store has copies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub copied: Option<Copied>,
}

/// Every bundle before `next` that was not deleted before is in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    pub store: String,
    pub next: u64,
}

/// A bundle that was deleted here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bundle of epoch {epoch} is no longer kept here; {place}")]
pub struct Gone {
    pub epoch: Epoch,
    place: String,
}

/// The book, which is on the disk before it is believed. Clones share it.
#[derive(Clone, Debug)]
pub struct Book(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    data_dir: PathBuf,
    bundle_dir: PathBuf,
    /// Where bundles are copied to; `None`: nowhere.
    store: Option<String>,
    entries: Mutex<Entries>,
}

impl Book {
    /// Opens the book of the oracle with these folders, which copies to `store`, and ends what a crash has left of
    /// deleting.
    pub fn open(data_dir: &Path, bundle_dir: &Path, store: Option<String>) -> Result<Self> {
        let inner = Inner {
            data_dir: data_dir.to_owned(),
            bundle_dir: bundle_dir.to_owned(),
            store,
            entries: Mutex::new(read(data_dir)?),
        };
        let book = Self(Arc::new(inner));
        book.end_deleting()?;
        Ok(book)
    }

    fn entries_held(&self) -> MutexGuard<'_, Entries> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn entries(&self) -> Entries {
        self.entries_held().clone()
    }

    /// The first epoch whose bundle is still here.
    pub fn kept_from(&self) -> Epoch {
        Epoch(self.entries_held().kept_from)
    }

    /// Where bundles are copied to.
    pub fn store(&self) -> Option<&str> {
        self.0.store.as_deref()
    }

    /// The first epoch whose bundle is still to be copied; `None` without a store. Another store begins anew, with what is
    /// still here.
    pub fn next_to_copy(&self) -> Option<Epoch> {
        let store = self.0.store.as_ref()?;
        let entries = self.entries_held();
        let copied = entries.copied.as_ref().filter(|copied| copied.store == *store);
        Some(Epoch(copied.map_or(0, |copied| copied.next).max(entries.kept_from)))
    }

    /// Was the bundle of `epoch` deleted here? Then where it is.
    pub fn gone(&self, epoch: Epoch) -> Option<Gone> {
        let entries = self.entries_held();
        let place = match &entries.deleted_to {
            Some(store) => format!("it is at {store}/{}", folder_name(epoch)),
            None => "ask who keeps copies of this oracle's bundles".to_owned(),
        };
        (epoch.get() < entries.kept_from).then_some(Gone { epoch, place })
    }

    /// The bundle of `epoch` is in the store.
    pub fn copied(&self, epoch: Epoch) -> Result<()> {
        let Some(store) = self.0.store.clone() else { return Ok(()) };
        self.change(|entries| entries.copied = Some(Copied { store, next: epoch.get().saturating_add(1) }))
    }

    /// Deletes the bundle of `epoch` here, which is in the store if there is one. A bundle is never seen in part.
    pub fn delete(&self, epoch: Epoch) -> Result<()> {
        let (folder, away) = (self.folder(epoch), self.deleted_folder(epoch));
        if folder.exists() {
            fs::rename(&folder, &away).with_context(|| format!("cannot rename {}", folder.display()))?;
            reached("delete.renamed");
            sync(&self.0.bundle_dir)?;
        }
        self.deleted(epoch, self.0.store.clone())?;
        reached("delete.booked");
        remove(&away)
    }

    fn deleted(&self, epoch: Epoch, store: Option<String>) -> Result<()> {
        self.change(|entries| {
            entries.kept_from = entries.kept_from.max(epoch.get().saturating_add(1));
            if store.is_some() {
                entries.deleted_to = store;
            }
        })
    }

    /// Folders that were renamed and not removed: a crash came between.
    fn end_deleting(&self) -> Result<()> {
        let shown = self.0.bundle_dir.display();
        if !self.0.bundle_dir.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(&self.0.bundle_dir).with_context(|| format!("cannot read {shown}"))? {
            let path = entry.with_context(|| format!("cannot read {shown}"))?.path();
            let Some(epoch) = path.file_name().and_then(|name| deleted_epoch(name.to_str()?)) else { continue };
            // It was copied before: the book says to where.
            let store = self.entries().copied.map(|copied| copied.store);
            self.deleted(epoch, store)?;
            remove(&path)?;
        }
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut Entries)) -> Result<()> {
        let mut held = self.entries_held();
        let mut changed = held.clone();
        change(&mut changed);
        if changed != *held {
            write(&self.0.data_dir, &changed)?;
            *held = changed;
        }
        Ok(())
    }

    fn folder(&self, epoch: Epoch) -> PathBuf {
        self.0.bundle_dir.join(folder_name(epoch))
    }

    fn deleted_folder(&self, epoch: Epoch) -> PathBuf {
        self.0.bundle_dir.join(format!(".{}{DELETED}", folder_name(epoch)))
    }
}

/// The epoch of a folder that was renamed to be deleted.
fn deleted_epoch(name: &str) -> Option<Epoch> {
    let number = name.strip_prefix(".epoch-")?.strip_suffix(DELETED)?;
    number.parse().ok().map(Epoch)
}

/// What the book in `data_dir` says; nothing if there is none.
pub fn read(data_dir: &Path) -> Result<Entries> {
    let path = data_dir.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is damaged: restore it from a backup", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Entries::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// On the disk as a whole, or as it was before.
fn write(data_dir: &Path, entries: &Entries) -> Result<()> {
    let (path, fresh) = (data_dir.join(FILE), data_dir.join(format!("{FILE}.new")));
    let written = || -> std::io::Result<()> {
        let mut file = File::create(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(entries)?)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))?;
    sync(data_dir)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("cannot bring {} to the disk", folder.display()))
}
