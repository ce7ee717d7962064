//! Any order of arrival, any number of runs: one order, each identical attestation once.

use proptest::prelude::*;
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::{
    sorting::{SortError, Sorter},
    verify::{BLOCK, canonical_order},
};

use crate::support::{Reading, reading};

fn any_attestation() -> impl Strategy<Value = SignedAttestation> {
    (0u8..4, 0u64..4, 0i64..4, 0u64..2, 0u8..2).prop_map(|(device, sequence, interval, energy, signature)| {
        let mut signed = Reading { device, sequence, interval: interval - 1, energy, counter: 9 }.signed();
        signed.signature[0] ^= signature;
        signed
    })
}

fn sorted(attestations: &[SignedAttestation], run_bytes: usize) -> Vec<SignedAttestation> {
    let folder = tempfile::tempdir().unwrap();
    let mut sorter = Sorter::with_run_bytes(folder.path(), run_bytes);
    attestations.iter().for_each(|signed| sorter.push(&signed.to_bytes()).unwrap());
    let (mut sorted, mut all) = (sorter.finish().unwrap(), Vec::new());
    while let Some(block) = sorted.next_block().unwrap() {
        all.extend(block);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "runs have no names");
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sorted_is_the_canonical_order_without_repetitions(
        attestations in prop::collection::vec(any_attestation(), 0..120), run_bytes in prop_oneof![Just(1usize), 200usize..4_000, Just(1 << 20)],
    ) {
        let mut wanted = attestations.clone();
        canonical_order(&mut wanted);
        wanted.dedup();
        prop_assert_eq!(sorted(&attestations, run_bytes), wanted);
    }
}

#[test]
fn blocks_are_full_but_for_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut sorter = Sorter::with_run_bytes(folder.path(), 500_000);
    let mut signed = reading(1, 0, 1, 1).signed();
    for sequence in (0..BLOCK as u64 + 3).rev() {
        signed.attestation.sequence = sequence;
        // Twice, far apart.
        sorter.push(&signed.to_bytes()).unwrap();
    }
    for sequence in 0..BLOCK as u64 + 3 {
        signed.attestation.sequence = sequence;
        sorter.push(&signed.to_bytes()).unwrap();
    }
    let mut sorted = sorter.finish().unwrap();
    let block = sorted.next_block().unwrap().unwrap();
    assert_eq!(block.len(), BLOCK);
    assert!((0..).zip(&block).all(|(sequence, signed)| signed.attestation.sequence == sequence));
    assert_eq!(sorted.next_block().unwrap().unwrap().len(), 3);
    assert!(sorted.next_block().unwrap().is_none());
}

#[test]
fn bytes_that_are_no_attestation_are_named_by_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut sorter = Sorter::new(folder.path());
    let good = reading(1, 0, 1, 1).signed().to_bytes();
    sorter.push(&good).unwrap();
    for bad in [&[][..], &good[..40], &[7; 200]] {
        assert!(matches!(sorter.push(bad).unwrap_err(), SortError::Malformed { .. }));
    }
    let error = sorter.push(&[1, 2]).unwrap_err();
    assert!(error.to_string().contains("attestation 4 "), "{error}");
    // One that only decoding finds out.
    let mut sorter = Sorter::new(folder.path());
    sorter.push(&[good.as_slice(), &[0]].concat()).unwrap();
    assert!(matches!(sorter.finish().unwrap().next_block().unwrap_err(), SortError::Malformed { number: 0, .. }));
}

#[test]
fn folder_that_is_not_there_is_named() {
    let mut sorter = Sorter::with_run_bytes("no/such/folder".as_ref(), 1);
    let error = sorter.push(&reading(1, 0, 1, 1).signed().to_bytes()).unwrap_err();
    assert!(matches!(error, SortError::Io { .. }) && error.to_string().contains("no/such/folder"), "{error}");
}
