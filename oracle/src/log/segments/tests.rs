//! What cannot be brought about through the log's door: large indexes, and devices that share a tag.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, path::Path};

use proptest::prelude::*;
use trellis_core::{
    DeviceKey, Epoch,
    attestation::{Attestation, SIGNATURE_BYTES, VERSION, WorkKind},
};

use super::{
    epoch_log::{EpochLog, Place},
    index::{Entry, Index, IndexedSegment},
};
use crate::log::{Limit, LogError, NewRecord, wire_id};

const SEGMENT: IndexedSegment = IndexedSegment { bytes: 9, salt: 7 };

/// Entries of a few devices, with gaps between their sequence numbers; more than one block of them.
fn entries() -> impl Strategy<Value = BTreeSet<Entry>> {
    let entry = |(ordinal, (device, sequence)): (usize, (u64, u64))| {
        let ordinal = ordinal as u32;
        Entry { device, sequence, ordinal, offset: 64 + ordinal }
    };
    prop::collection::vec((0u64..4, 0u64..2_000), 0..1_500)
        .prop_map(move |all| all.into_iter().enumerate().map(entry).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn index_finds_what_a_plain_search_finds(
        entries in entries(),
        questions in prop::collection::vec((0u64..5, 0u64..2_100, 0u64..400, 1usize..600), 20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segment.index");
        Index::write(&path, SEGMENT, entries.iter().copied()).unwrap();
        let index = Index::open(&path, SEGMENT).unwrap().unwrap();
        prop_assert_eq!(index.entries() as usize, entries.len());
        for (device, first, count, limit) in questions {
            let wanted = |entry: &&Entry| entry.device == device && (first..=first + count).contains(&entry.sequence);
            let plain: Vec<Entry> = entries.iter().filter(wanted).copied().collect();
            let find = |limit| index.find(device, first..=first + count, limit).unwrap();
            prop_assert_eq!(&find(Limit::First(limit)), &plain[..limit.min(plain.len())]);
            prop_assert_eq!(&find(Limit::Last(limit)), &plain[plain.len().saturating_sub(limit)..]);
        }
        let mut all = Vec::new();
        index.for_each(&mut |entry| all.push(entry)).unwrap();
        prop_assert!(all.iter().eq(entries.iter()));
    }
}

#[test]
fn index_of_another_segment_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("segment.index");
    assert!(Index::open(&path, SEGMENT).unwrap().is_none());
    Index::write(&path, SEGMENT, std::iter::once(Entry::first(1, 1))).unwrap();
    assert!(Index::open(&path, SEGMENT).unwrap().is_some());
    for other in [IndexedSegment { bytes: 10, ..SEGMENT }, IndexedSegment { salt: 8, ..SEGMENT }] {
        assert!(Index::open(&path, other).unwrap().is_none(), "{other:?}");
    }
}

fn record(device: u8, sequence: u64) -> NewRecord {
    let attestation = Attestation {
        version: VERSION,
        network: [1; 32],
        device: DeviceKey::Ed25519([device; 32]),
        sequence,
        interval_start_unix: 0,
        interval_seconds: 600,
        work_kind: WorkKind::Energy,
        payload: vec![device],
    };
    let wire = [attestation.to_bytes(), vec![0; SIGNATURE_BYTES]].concat();
    let (device, epoch) = (attestation.device, Epoch(0));
    NewRecord { device, sequence, epoch, latest_epoch: epoch, id: wire_id(&wire), received_unix: 5, wire }
}

fn open(folder: &Path, is_closed: bool) -> Result<EpochLog, LogError> {
    let place = Place { folder: folder.join("epoch"), vault: [2; 32], epoch: Epoch(0), segment_bytes: 1_000 };
    EpochLog::open(place, is_closed)
}

#[test]
fn devices_that_share_a_tag_are_told_apart() {
    const TAG: u64 = 42;
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path(), false).unwrap();
    for sequence in 0..20 {
        for device in [1, 2] {
            let new = record(device, sequence);
            assert!(log.find(TAG, &new.device, sequence).unwrap().is_none(), "device {device}, {sequence}");
            let position = log.stage(TAG, &new).unwrap();
            // Found before it is written, and afterwards.
            assert_eq!(log.find(TAG, &new.device, sequence).unwrap().unwrap().position, position);
        }
        let write = log.take_staged().unwrap();
        assert!(write.run().is_ok());
        log.written(write);
    }
    log.settle();
    for (position, number) in (0..40u8).enumerate() {
        let known = record(1 + number % 2, u64::from(number / 2));
        let found = log.find(TAG, &known.device, known.sequence).unwrap().unwrap();
        assert_eq!((found.position, found.wire), (position as u64, known.wire));
    }
    assert!(log.find(TAG, &DeviceKey::Ed25519([3; 32]), 0).unwrap().is_none());
}
