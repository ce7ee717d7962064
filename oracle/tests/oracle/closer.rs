//! Closing: when, in which order, and what stays out.

use std::{path::Path, sync::Arc};

use trellis_core::{Epoch, attestation::SignedAttestation};
use trellis_epoch::{LedgerState, Snapshot, audit::audit, bundle::Bundle};
use trellis_oracle::{
    closing::Closer,
    log::{Appended, Log, LogStore, NewRecord},
};

use crate::{
    log_store::{of_epoch, open, record},
    world::{EMISSION, EPOCH_SECONDS, GENESIS, INTERVALS_PER_EPOCH, policy, reading, snapshot},
};

pub const GRACE: i64 = 60;

/// First second at which `epoch` may be closed.
pub fn closable(epoch: i64) -> i64 {
    GENESIS + (epoch + 1) * EPOCH_SECONDS + GRACE
}

pub fn resume(folder: &Path, log: &Arc<LogStore>) -> anyhow::Result<Closer> {
    Closer::resume(log.clone(), Arc::new(policy()), folder.join("bundles"), GRACE as u32)
}

/// Device 1's and 3's honest readings of `epoch`.
pub fn records(epoch: i64) -> Vec<NewRecord> {
    let intervals = epoch * INTERVALS_PER_EPOCH..(epoch + 1) * INTERVALS_PER_EPOCH;
    let readings = intervals.flat_map(|i| [1, 3].map(|device| reading(device, i, 100, (i as u64 + 1) * 100)));
    readings.map(|reading| record(&reading, GENESIS)).collect()
}

/// A log with the honest readings of epochs 0 and 1.
pub fn filled(folder: &Path) -> Arc<LogStore> {
    let log = Arc::new(open(folder).unwrap());
    log.append(&[records(0), records(1)].concat()).unwrap();
    log
}

/// Closes the next epoch, which must be closable.
pub fn close(closer: &mut Closer, snapshot: &Snapshot) -> Bundle {
    let epoch = closer.next().get() as i64;
    closer.close_next(snapshot, closable(epoch)).unwrap().unwrap()
}

#[test]
fn epoch_is_closed_when_its_grace_is_over_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    assert!(closer.close_next(&snapshot(), closable(0) - 1).unwrap().is_none());
    assert_eq!((closer.next(), log.closed().unwrap().len()), (Epoch(0), 0));
    // Nothing was sealed by asking.
    let late = record(&reading(2, 0, 1, 1), 9);
    assert!(matches!(log.append(&[late]).unwrap()[0], Appended::Stored { .. }));
    let bundle = closer.close_next(&snapshot(), closable(0)).unwrap().unwrap();
    assert_eq!(bundle.manifest.epoch, 0);
    assert_eq!(log.closed().unwrap(), [(Epoch(0), bundle.hash)]);
    assert!(closer.close_next(&snapshot(), closable(1) - 1).unwrap().is_none(), "one epoch at a time");
}

#[test]
fn epochs_closed_one_after_another_continue_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    let bundles = [0, 1, 2].map(|_| close(&mut closer, &snapshot()));
    audit(&bundles[0], None).unwrap();
    audit(&bundles[1], Some(&bundles[0])).unwrap();
    audit(&bundles[2], Some(&bundles[1])).unwrap();
    assert_eq!(bundles.each_ref().map(|bundle| bundle.manifest.attestations), [12, 12, 0]);
    assert_eq!(bundles[1].manifest.cumulative_total, 2 * EMISSION);
    assert_eq!(bundles[2].manifest.carry, EMISSION);
    assert_eq!(closer.next(), Epoch(3));
}

#[test]
fn bundle_holds_exactly_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    // Acknowledged, and refused at closing: its counter does not fit.
    let bad = record(&reading(2, 0, 100, 50), 9);
    log.append(std::slice::from_ref(&bad)).unwrap();
    let mut closer = resume(folder.path(), &log).unwrap();
    let bundle = close(&mut closer, &snapshot());
    let mut acknowledged: Vec<Vec<u8>> = records(0).into_iter().chain([bad]).map(|record| record.wire).collect();
    let mut counted: Vec<Vec<u8>> =
        bundle.attestations().unwrap().all().unwrap().iter().map(SignedAttestation::to_bytes).collect();
    acknowledged.sort();
    counted.sort();
    assert_eq!(counted, acknowledged);
    let refused =
        bundle.verdicts().unwrap().all().unwrap().into_iter().filter_map(|row| row.refused).collect::<Vec<_>>();
    assert_eq!(refused, [trellis_epoch::Reason::CounterMismatch]);
}

#[test]
fn late_attestation_after_closing_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    let bundle = close(&mut closer, &snapshot());
    let late = record(&reading(2, 3, 100, 100), closable(0) + 1);
    assert_eq!(log.append(&[late]).unwrap(), [Appended::EpochClosed]);
    drop(closer);
    let resumed = resume(folder.path(), &log).unwrap();
    assert_eq!(resumed.next(), Epoch(1));
    assert_eq!(log.closed().unwrap(), [(Epoch(0), bundle.hash)]);
    assert_eq!(of_epoch(&log, 0).len(), 12);
}

#[test]
fn epoch_that_cannot_be_computed_says_why_and_stays_next() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let mut closer = resume(folder.path(), &log).unwrap();
    let mut other = snapshot();
    other.policy_hash = [1; 32];
    let error = format!("{:#}", closer.close_next(&other, closable(0)).unwrap_err());
    assert!(error.contains("the policy's hash is"), "{error}");
    assert_eq!((closer.next(), log.closed().unwrap().len()), (Epoch(0), 0));
    // With the right registry the same closer goes on.
    assert_eq!(close(&mut closer, &snapshot()).manifest.epoch, 0);
}

#[test]
fn first_state_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(open(folder.path()).unwrap());
    let mut closer = resume(folder.path(), &log).unwrap();
    assert_eq!(closer.next(), Epoch(0));
    let bundle = close(&mut closer, &snapshot());
    assert_eq!(bundle.opening().unwrap(), LedgerState::default());
    assert_eq!(bundle.manifest.previous_bundle, None);
}
