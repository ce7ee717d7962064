//! From bytes in the log to verdicts, beside the signature library's own batch verification alone.

use std::{sync::Mutex, time::Duration};

use anyhow::{Result, ensure};
use ed25519_zebra::{Signature, VerificationKeyBytes, batch::Verifier};
use rand_core::OsRng;
use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{
    LedgerState, Snapshot,
    signatures::{BATCH, Item},
    sorting::{SortError, Sorter},
    verify::{EpochContext, canonical_order, verify_blocks},
};

use super::Bench;
use crate::{
    row::{Goal, Row},
    world::{policy, reading, signing_key, snapshot, threads, timed},
};

pub const BENCH: Bench = Bench {
    name: "verify",
    about: "bytes in the log to verdicts, beside ed25519-zebra's batches of 1,024 of the same messages alone, by device",
    run,
};

const DEVICES: u32 = 10_000;
const INTERVALS: u32 = 20;
const ROUNDS: usize = 3;

fn run() -> Result<Vec<Row>> {
    let keys: Vec<_> = (0..DEVICES).map(signing_key).collect();
    let registry = snapshot(100, keys.iter().map(|key| key.verifying_key().to_bytes()).collect());
    // As they arrive: all devices' first reading, then all their second ones.
    let arrived: Vec<SignedAttestation> =
        (0..INTERVALS).flat_map(|interval| keys.iter().map(move |key| reading(key, interval))).collect();
    let log: Vec<Vec<u8>> = arrived.iter().map(SignedAttestation::to_bytes).collect();
    // The library is given what suits it best: a device's messages are neighbours, so that a batch has each key once.
    let mut by_device = arrived;
    canonical_order(&mut by_device);
    let items: Vec<Item> = by_device.iter().map(Item::from).collect();

    let (mut ours, mut alone) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        alone = alone.min(timed(|| verify_alone(&items)).0);
        let (elapsed, accepted) = timed(|| verdicts(&log, &registry));
        ensure!(accepted? == log.len() as u64, "every reading is good");
        ours = ours.min(elapsed);
    }
    let rate = |elapsed: Duration| log.len() as f64 / elapsed.as_secs_f64();
    let unit = "attestations/s";
    let reference = "the library's batches alone";
    Ok(vec![Row::new("verify", (rate(ours), unit), (reference, rate(alone)), Goal::AtLeast(0.8))])
}

fn verdicts(log: &[Vec<u8>], registry: &Snapshot) -> Result<u64> {
    let scratch = tempfile::tempdir()?;
    let mut sorter = Sorter::new(scratch.path());
    log.iter().try_for_each(|wire| sorter.push(wire))?;
    let mut sorted = sorter.finish()?;
    let (policy, opening) = (policy(), LedgerState::default());
    let context = EpochContext { threads: threads(), ..EpochContext::new(Epoch(0), registry, &policy, &opening) };
    let judged = verify_blocks::<SortError>(&context, &mut || sorted.next_block(), &mut |_, _| Ok(()))?;
    Ok(judged.accepted)
}

/// Nothing but the library's batches, on as many threads.
pub fn verify_alone(items: &[Item]) {
    let batches = Mutex::new(items.chunks(BATCH));
    let next = || batches.lock().ok().and_then(|mut batches| batches.next());
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(batch) = next() {
                    let mut verifier = Verifier::new();
                    for item in batch {
                        let trellis_core::DeviceKey::Ed25519(key) = item.key else { continue };
                        let signature = Signature::from(item.signature);
                        verifier.queue((VerificationKeyBytes::from(key), signature, &item.message));
                    }
                    assert!(verifier.verify(OsRng).is_ok(), "every signature is good");
                }
            });
        }
    });
}
