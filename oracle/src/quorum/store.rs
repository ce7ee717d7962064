//! Batches of an epoch on the disk: one's own, and those that came from other oracles.
//!
//! ```text
//! data_dir/peers/epoch-00000007/<oracle>/offer.json         signed by that oracle
//! data_dir/peers/epoch-00000007/<oracle>/<hash>.batch       one of the batches that it names
//! data_dir/peers/epoch-00000007/<oracle>/other-offer.json   it signed two: neither can be demanded of others
//! data_dir/peers/epoch-00000007/carried.batch               own work that an epoch before left out
//! ```
//!
//! An offer is whole when all its batches are there. Every file is synced before it gets its name, so a restart finds
//! what was there, and nothing half.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};
use solana_address::Address;
use trellis_core::{Epoch, Hash};
use trellis_epoch::bundle::folder_name;

use super::{
    batch::BatchBuilder,
    files,
    offer::{BatchEntry, Offer},
};
use crate::{key::OracleKey, log::LogStore};

const OFFER: &str = "offer.json";
const OTHER_OFFER: &str = "other-offer.json";

/// Everything about peers' batches that is on the disk.
pub struct PeerStore {
    /// `data_dir/peers`.
    folder: PathBuf,
    vault: Address,
    pub(super) own: Address,
    /// Offers by epoch and oracle, as on the disk.
    known: Mutex<BTreeMap<Epoch, Known>>,
    /// Batches that are being fetched now.
    fetching: Mutex<BTreeSet<Hash>>,
}

/// What is known of one epoch.
#[derive(Clone, Debug, Default)]
struct Known {
    offers: BTreeMap<Address, Held>,
    /// Grows with everything that changes what must be in a bundle.
    version: u64,
}

#[derive(Clone, Debug)]
struct Held {
    offer: Offer,
    whole: bool,
    /// It signed another offer for this epoch too.
    contradicted: bool,
}

/// What came of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is held with all its batches.
    Whole,
    /// These batches are missing.
    Missing(Vec<BatchEntry>),
    /// The oracle has signed another one.
    Contradicts,
}

impl PeerStore {
    /// `folder`: where the log is.
    pub fn open(data_dir: &Path, vault: Address, own: Address) -> Result<Self> {
        let folder = data_dir.join("peers");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self { folder, vault, own, known: Mutex::default(), fetching: Mutex::default() })
    }

    pub(super) fn epoch_folder(&self, epoch: Epoch) -> PathBuf {
        self.folder.join(folder_name(epoch))
    }

    fn oracle_folder(&self, epoch: Epoch, oracle: &Address) -> PathBuf {
        self.epoch_folder(epoch).join(oracle.to_string())
    }

    pub(super) fn batch_path(&self, epoch: Epoch, oracle: &Address, hash: &Hash) -> PathBuf {
        self.oracle_folder(epoch, oracle).join(format!("{}.batch", hex::encode(hash)))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Epoch, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is on the disk of `epoch`, and makes the own offer of what the log, sealed for it, holds. Doing it again
    /// changes nothing.
    pub fn begin(&self, epoch: Epoch, log: &LogStore, key: &OracleKey) -> Result<()> {
        if self.known().contains_key(&epoch) {
            return Ok(());
        }
        if !self.oracle_folder(epoch, &self.own).join(OFFER).exists() {
            self.make_own(epoch, log, key)?;
        }
        let known = self.read_epoch(epoch)?;
        self.known().insert(epoch, known);
        Ok(())
    }

    fn make_own(&self, epoch: Epoch, log: &LogStore, key: &OracleKey) -> Result<()> {
        let (mut builder, mut entries) = (BatchBuilder::default(), Vec::new());
        self.for_each_own(epoch, log, &mut |wire| {
            builder.push(wire);
            match builder.is_full() {
                true => self.seal(epoch, &mut builder, &mut entries),
                false => Ok(()),
            }
        })?;
        self.seal(epoch, &mut builder, &mut entries)?;
        let offer = Offer::sign(key, &self.vault, epoch, entries)?;
        self.write_offer(epoch, OFFER, &offer)
    }

    fn seal(&self, epoch: Epoch, builder: &mut BatchBuilder, entries: &mut Vec<BatchEntry>) -> Result<()> {
        let Some((bytes, count)) = builder.take() else { return Ok(()) };
        let hash = *blake3::hash(&bytes).as_bytes();
        files::write(&self.batch_path(epoch, &self.own, &hash), &bytes)?;
        entries.push(BatchEntry { hash, count, bytes: bytes.len() as u64 });
        Ok(())
    }

    fn write_offer(&self, epoch: Epoch, name: &str, offer: &Offer) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(offer).context("an offer always has a text")?;
        files::write(&self.oracle_folder(epoch, &offer.oracle()).join(name), &bytes)
    }

    fn read_epoch(&self, epoch: Epoch) -> Result<Known> {
        let mut known = Known::default();
        let folder = self.epoch_folder(epoch);
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
            // Carried work lies beside the oracles' folders.
            if !path.is_dir() {
                continue;
            }
            let Some(offer) = read_if_there::<Offer>(&path.join(OFFER))? else { continue };
            let contradicted = path.join(OTHER_OFFER).exists();
            let whole = offer.batches.iter().all(|batch| self.has_batch(epoch, &offer, batch));
            known.offers.insert(offer.oracle(), Held { offer, whole, contradicted });
        }
        Ok(known)
    }

    fn has_batch(&self, epoch: Epoch, offer: &Offer, batch: &BatchEntry) -> bool {
        self.batch_path(epoch, &offer.oracle(), &batch.hash).exists()
    }

    /// Takes an offer that was checked.
    pub fn take_offer(&self, epoch: Epoch, offer: &Offer) -> Result<Taken> {
        let oracle = offer.oracle();
        let held = self.known().get(&epoch).and_then(|known| known.offers.get(&oracle).cloned());
        if let Some(held) = held {
            return match &held.offer == offer {
                true if held.whole => Ok(Taken::Whole),
                true => Ok(Taken::Missing(self.missing(epoch, offer))),
                false => self.note_contradiction(epoch, &held, offer),
            };
        }
        self.write_offer(epoch, OFFER, offer)?;
        let missing = self.missing(epoch, offer);
        let whole = missing.is_empty();
        if let Some(known) = self.known().get_mut(&epoch) {
            known.offers.insert(oracle, Held { offer: offer.clone(), whole, contradicted: false });
            known.version += u64::from(whole);
        }
        Ok(if whole { Taken::Whole } else { Taken::Missing(missing) })
    }

    fn missing(&self, epoch: Epoch, offer: &Offer) -> Vec<BatchEntry> {
        offer.batches.iter().filter(|batch| !self.has_batch(epoch, offer, batch)).copied().collect()
    }

    /// Two offers of one oracle for one epoch: both are kept, as evidence.
    fn note_contradiction(&self, epoch: Epoch, held: &Held, other: &Offer) -> Result<Taken> {
        if held.contradicted {
            return Ok(Taken::Contradicts);
        }
        self.write_offer(epoch, OTHER_OFFER, other)?;
        if let Some(known) = self.known().get_mut(&epoch) {
            known.offers.entry(other.oracle()).and_modify(|held| held.contradicted = true);
            known.version += 1;
        }
        Ok(Taken::Contradicts)
    }

    /// Only one at a time fetches a batch. `None` if somebody does.
    pub fn claim(self: &Arc<Self>, hash: Hash) -> Option<Claim> {
        let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        fetching.insert(hash).then(|| Claim { store: Arc::clone(self), hash })
    }

    /// Stores a batch of `oracle`'s that was checked.
    pub fn put_batch(&self, epoch: Epoch, oracle: &Address, hash: &Hash, bytes: &[u8]) -> Result<()> {
        files::write(&self.batch_path(epoch, oracle, hash), bytes)?;
        if let Some(known) = self.known().get_mut(&epoch)
            && let Some(held) = known.offers.get_mut(oracle)
            && !held.whole
        {
            let there = |batch: &BatchEntry| self.batch_path(epoch, oracle, &batch.hash).exists();
            held.whole = held.offer.batches.iter().all(there);
            known.version += u64::from(held.whole);
        }
        Ok(())
    }

    /// The offers that are held whole, the own one too; `None` before the epoch's log was sealed.
    pub fn offers(&self, epoch: Epoch) -> Option<Vec<Offer>> {
        let known = self.known();
        let offers = known.get(&epoch)?.offers.values().filter(|held| held.whole);
        Some(offers.map(|held| held.offer.clone()).collect())
    }

    /// Those of `members` whose batches are not all here.
    pub fn waiting_for(&self, epoch: Epoch, members: &[Address]) -> Vec<Address> {
        let known = self.known();
        let whole = |member: &&Address| {
            known.get(&epoch).and_then(|known| known.offers.get(*member)).is_none_or(|held| !held.whole)
        };
        members.iter().filter(whole).copied().collect()
    }

    /// Those who signed two offers for `epoch`.
    pub fn contradicted(&self, epoch: Epoch) -> Vec<Address> {
        let known = self.known();
        let offers = known.get(&epoch).map(|known| known.offers.iter());
        offers.into_iter().flatten().filter(|(_, held)| held.contradicted).map(|(oracle, _)| *oracle).collect()
    }

    /// Changes with everything that changes what must be in `epoch`'s bundle.
    pub fn version(&self, epoch: Epoch) -> u64 {
        self.known().get(&epoch).map_or(0, |known| known.version)
    }

    /// Where a batch lies that is held for `epoch`, whoever's it is.
    pub fn find_batch(&self, epoch: Epoch, hash: &Hash) -> Option<PathBuf> {
        let oracles: Vec<Address> = self.known().get(&epoch)?.offers.keys().copied().collect();
        oracles.iter().map(|oracle| self.batch_path(epoch, oracle, hash)).find(|path| path.exists())
    }

    /// Removes everything of the epochs before `epoch`, whose roots are final and whose bundles are here.
    pub fn forget_before(&self, epoch: Epoch) -> Result<()> {
        self.known().retain(|known, _| *known >= epoch);
        let entries = fs::read_dir(&self.folder).with_context(|| format!("cannot read {}", self.folder.display()))?;
        for entry in entries {
            let name = entry.with_context(|| format!("cannot read {}", self.folder.display()))?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("epoch-")?.parse().ok());
            if number.is_some_and(|number: u64| number < epoch.get()) {
                files::remove_folder(&self.folder.join(name))?;
            }
        }
        Ok(())
    }
}

/// Held by whoever fetches a batch.
pub struct Claim {
    store: Arc<PeerStore>,
    hash: Hash,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.store.fetching.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.hash);
    }
}

pub(super) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => Ok(Some(read.with_context(|| format!("cannot read {}", path.display()))?)),
    }
}

fn read_if_there<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Some(bytes) = read_bytes(path)? else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?))
}
