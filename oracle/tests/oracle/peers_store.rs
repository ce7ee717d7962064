//! Batches on the disk: what a restart finds, and what is not taken.

use std::sync::Arc;

use proptest::prelude::*;
use solana_address::Address;
use trellis_core::{Calendar, Epoch, attestation::SignedAttestation};
use trellis_oracle::{
    key::OracleKey,
    log::{Log, LogStore},
    quorum::{
        batch::{self, BatchBuilder, BatchError, Wanted},
        offer::{BatchEntry, Offer},
        store::{PeerStore, Taken},
    },
};

use crate::{
    api_support::new_key,
    closer::records,
    log_store::open,
    world::{EPOCH_SECONDS, GENESIS, INTERVALS_PER_EPOCH, NETWORK, VAULT, honest_epoch, reading},
};

fn wanted(epoch: u64) -> Wanted {
    let calendar = Calendar { genesis_unix: GENESIS, epoch_seconds: EPOCH_SECONDS as u32 };
    Wanted { network: NETWORK, calendar, epoch: Epoch(epoch), threads: 1 }
}

fn batch_of(attestations: &[SignedAttestation]) -> (Vec<u8>, BatchEntry) {
    let mut builder = BatchBuilder::default();
    attestations.iter().for_each(|signed| builder.push(&signed.to_bytes()));
    let (bytes, count) = builder.take().unwrap();
    let entry = BatchEntry { hash: *blake3::hash(&bytes).as_bytes(), count, bytes: bytes.len() as u64 };
    (bytes, entry)
}

fn checked(attestations: &[SignedAttestation], epoch: u64) -> Result<(), BatchError> {
    let (bytes, entry) = batch_of(attestations);
    batch::check(&bytes, &entry.hash, entry.count, &wanted(epoch))
}

#[test]
fn batch_of_honest_work_is_taken_in_its_epoch_and_as_late_work() {
    let honest = honest_epoch(1, 0);
    checked(&honest, 0).unwrap();
    checked(&honest, 1).unwrap();
    // Whatever the registry says of the device now.
    checked(&[reading(99, 0, 1, 1).signed()], 0).unwrap();
}

#[test]
fn batch_with_anything_else_is_not_taken() {
    let honest = honest_epoch(1, 0);
    let with = |change: fn(&mut SignedAttestation)| {
        let mut changed = honest.clone();
        change(&mut changed[2]);
        checked(&changed, 0).unwrap_err()
    };
    assert_eq!(with(|signed| signed.signature[0] ^= 1), BatchError::BadSignature { number: 2 });
    assert_eq!(with(|signed| signed.attestation.network[0] ^= 1), BatchError::OtherNetwork { number: 2 });
    let late = with(|signed| signed.attestation.interval_start_unix += EPOCH_SECONDS);
    assert!(matches!(late, BatchError::OtherEpoch { number: 2, .. }), "{late}");
    let early = with(|signed| signed.attestation.interval_start_unix = GENESIS - 1);
    assert!(early.to_string().contains("begins at"), "{early}");
    assert!(checked(&[reading(1, INTERVALS_PER_EPOCH, 1, 1).signed()], 0).is_err(), "of the next epoch");

    let (bytes, entry) = batch_of(&honest);
    let refused =
        |bytes: &[u8], count: u64| batch::check(bytes, blake3::hash(bytes).as_bytes(), count, &wanted(0)).unwrap_err();
    assert_eq!(refused(&bytes, 5), BatchError::OtherCount { actual: entry.count, wanted: 5 });
    assert_eq!(refused(&bytes[..bytes.len() - 1], entry.count), BatchError::CutOff { number: entry.count - 1 });
    assert_eq!(refused(&bytes[..1], 1), BatchError::CutOff { number: 0 });
    let refused = refused(&[3, 0, 1, 2, 3], 1);
    assert!(matches!(refused, BatchError::NoAttestation { number: 0, .. }), "{refused}");
    let other = batch::check(&bytes, &[0; 32], entry.count, &wanted(0)).unwrap_err();
    assert!(matches!(other, BatchError::OtherBytes { .. }), "{other}");
}

proptest! {
    #[test]
    fn no_bytes_break_the_check(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let checked = batch::check(&bytes, blake3::hash(&bytes).as_bytes(), 1, &wanted(0));
        prop_assert!(checked.is_err());
    }
}

struct World {
    folder: tempfile::TempDir,
    key: OracleKey,
    log: Arc<LogStore>,
}

impl World {
    /// An oracle whose log has 12 attestations for epoch 0.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = new_key(folder.path().join("key.json"));
        let log = Arc::new(open(folder.path()).unwrap());
        log.append(&records(0)).unwrap();
        log.seal(Epoch(0)).unwrap();
        Self { folder, key, log }
    }

    /// As after a restart.
    fn store(&self) -> PeerStore {
        let store = PeerStore::open(self.folder.path(), Address::from(VAULT), self.key.address()).unwrap();
        store.begin(Epoch(0), &*self.log, &self.key).unwrap();
        store
    }
}

fn count(store: &PeerStore, demanded: bool) -> usize {
    let mut count = 0;
    let mut visit = |_: &[u8]| {
        count += 1;
        Ok(())
    };
    store.for_each_of_others(Epoch(0), demanded, &mut visit).unwrap();
    count
}

/// Another oracle, and its offer of these batches.
fn other(batches: &[BatchEntry]) -> (OracleKey, Offer) {
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(folder.path().join("key.json"));
    let offer = Offer::sign(&key, &Address::from(VAULT), Epoch(0), batches.to_vec()).unwrap();
    (key, offer)
}

#[test]
fn own_offer_is_made_once_and_found_again() {
    let world = World::new();
    let store = world.store();
    assert!(store.offers(Epoch(1)).is_none());
    let offers = store.offers(Epoch(0)).unwrap();
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].batches.iter().map(|batch| batch.count).sum::<u64>(), 12);
    assert_eq!(world.store().offers(Epoch(0)).unwrap(), offers);
    // A crash after the batch and before the offer: the same is made again.
    let offer_file = world.folder.path().join(format!("peers/epoch-00000000/{}/offer.json", world.key.address()));
    std::fs::remove_file(&offer_file).unwrap();
    assert_eq!(world.store().offers(Epoch(0)).unwrap(), offers);
}

#[test]
fn other_s_offer_counts_once_all_its_batches_are_here() {
    let world = World::new();
    let store = world.store();
    let (bytes, entry) = batch_of(&honest_epoch(2, 0));
    let (more_bytes, more) = batch_of(&honest_epoch(2, 0)[..2]);
    let (key, offer) = other(&[entry, more]);
    let members = [key.address(), world.key.address()];
    assert_eq!(store.waiting_for(Epoch(0), &members), [key.address()]);
    assert_eq!(store.take_offer(Epoch(0), &offer).unwrap(), Taken::Missing(vec![entry, more]));
    store.put_batch(Epoch(0), &key.address(), &entry.hash, &bytes).unwrap();
    assert_eq!((count(&store, true), store.waiting_for(Epoch(0), &members).len()), (0, 1));
    // A restart in between.
    let store = world.store();
    assert_eq!(store.take_offer(Epoch(0), &offer).unwrap(), Taken::Missing(vec![more]));
    let version = store.version(Epoch(0));
    store.put_batch(Epoch(0), &key.address(), &more.hash, &more_bytes).unwrap();
    assert!(store.version(Epoch(0)) > version);
    assert_eq!(store.take_offer(Epoch(0), &offer).unwrap(), Taken::Whole);
    for store in [&store, &world.store()] {
        assert_eq!((count(store, true), store.waiting_for(Epoch(0), &members).len()), (8, 0));
        assert_eq!(store.offers(Epoch(0)).unwrap().len(), 2);
        assert!(store.find_batch(Epoch(0), &more.hash).is_some());
    }
    store.forget_before(Epoch(1)).unwrap();
    assert!(store.offers(Epoch(0)).is_none());
    assert_eq!(std::fs::read_dir(world.folder.path().join("peers")).unwrap().count(), 0);
}

#[test]
fn two_offers_of_one_oracle_are_kept_as_evidence_and_demanded_of_nobody() {
    let world = World::new();
    let store = world.store();
    let (bytes, entry) = batch_of(&honest_epoch(2, 0));
    let (key, offer) = other(&[entry]);
    store.take_offer(Epoch(0), &offer).unwrap();
    store.put_batch(Epoch(0), &key.address(), &entry.hash, &bytes).unwrap();
    assert_eq!(count(&store, true), 6);
    let second = Offer::sign(&key, &Address::from(VAULT), Epoch(0), vec![]).unwrap();
    assert_eq!(store.take_offer(Epoch(0), &second).unwrap(), Taken::Contradicts);
    for store in [&store, &world.store()] {
        assert_eq!(store.contradicted(Epoch(0)), [key.address()]);
        // Not demanded of a bundle, and not lost either.
        assert_eq!((count(store, true), count(store, false)), (0, 6));
    }
}

#[test]
fn carried_work_is_part_of_what_the_oracle_answers_for() {
    let world = World::new();
    let (bytes, _) = batch_of(&honest_epoch(2, 0)[..3]);
    let store = PeerStore::open(world.folder.path(), Address::from(VAULT), world.key.address()).unwrap();
    store.carry(Epoch(0), &bytes).unwrap();
    store.begin(Epoch(0), &*world.log, &world.key).unwrap();
    let offers = store.offers(Epoch(0)).unwrap();
    assert_eq!(offers[0].batches.iter().map(|batch| batch.count).sum::<u64>(), 15);
    let mut own = 0;
    store
        .for_each_own(Epoch(0), &*world.log, &mut |_| {
            own += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(own, 15);
}

#[test]
fn damaged_batch_on_the_disk_is_an_error_that_says_so() {
    let world = World::new();
    let store = world.store();
    let (bytes, entry) = batch_of(&honest_epoch(2, 0));
    let (key, offer) = other(&[entry]);
    store.take_offer(Epoch(0), &offer).unwrap();
    store.put_batch(Epoch(0), &key.address(), &entry.hash, &bytes[..bytes.len() - 1]).unwrap();
    let error = store.for_each_of_others(Epoch(0), true, &mut |_| Ok(())).unwrap_err();
    assert!(format!("{error:#}").contains("damaged"), "{error:#}");
}
