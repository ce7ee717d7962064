//! Points at which the process can be told to die, for tests of what a crash leaves.
//!
//! A debug build that reaches the point that the environment's [`VARIABLE`] names ends at once, as by `kill -9`: nothing is
//! flushed, nothing cleaned up. `NAME:3` is the third time that the point is reached. A release build has no such points.
#![forbid(unsafe_code)]

/// `NAME`, or `NAME:N` for the Nth time.
pub const VARIABLE: &str = "TRELLIS_FAIL_POINT";

/// Every point there is, in the order of the work: of an attestation, an epoch, a transaction, a copy, a deletion.
pub const POINTS: [&str; 28] = [
    "ingest.admitted",
    "log.written",
    "log.synced",
    "ingest.stored",
    "ingest.signed",
    "close.due",
    "close.sealed",
    "close.sorted",
    "bundle.file",
    "bundle.written",
    "bundle.synced",
    "bundle.renamed",
    "bundle.placed",
    "close.signed",
    "close.named",
    "transaction.simulated",
    "transaction.signed",
    "transaction.sent",
    "transaction.confirmed",
    "copy.file",
    "copy.signature",
    "copy.checked",
    "copy.manifest",
    "copy.booked",
    "delete.verified",
    "delete.renamed",
    "delete.booked",
    "delete.forgotten",
];

/// Ends the process if this is the point, and the time, that the environment names.
#[cfg(debug_assertions)]
pub fn reached(point: &'static str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    static TOLD: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();

    debug_assert!(POINTS.contains(&point), "{point} is not in the list of points");
    let told = TOLD.get_or_init(|| std::env::var(VARIABLE).ok().map(|text| parse(&text)).map(|(n, t)| (n, t.into())));
    if let Some((name, times)) = told
        && name == point
        && times.fetch_sub(1, Ordering::SeqCst) == 1
    {
        eprintln!("fail point {point}: the process ends here");
        std::process::abort();
    }
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reached(_point: &'static str) {}

/// The name, and the time that counts.
#[cfg(debug_assertions)]
fn parse(text: &str) -> (String, u64) {
    match text.split_once(':') {
        Some((name, times)) => (name.to_owned(), times.parse().unwrap_or(1)),
        None => (text.to_owned(), 1),
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn parse_takes_a_name_and_perhaps_a_time() {
        assert_eq!(parse("close.sealed"), ("close.sealed".to_owned(), 1));
        assert_eq!(parse("bundle.file:12"), ("bundle.file".to_owned(), 12));
    }

    #[test]
    fn points_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = POINTS.iter().collect();
        assert_eq!(names.len(), POINTS.len());
        // Nothing is told here: the process goes on.
        reached("close.sealed");
    }
}
