//! Half of what ingest takes, for ten minutes, with the oracle killed every half a minute; then every receipt must be in
//! the bundles once.

use std::{env, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::SigningKey;
use trellis_core::{DeviceKey, Epoch};
use trellis_epoch::Snapshot;
use trellis_oracle::{closing::Closer, ingest::Signatures};

use super::Bench;
use crate::{
    child,
    ingest::{
        bodies,
        server::{self, open_log},
        soaking::{Acknowledged, Soaking},
    },
    row::{Goal, Row},
    world::{FAR_FUTURE_UNIX, INTERVALS_PER_EPOCH, policy, signing_key, snapshot},
};

pub const BENCH: Bench = Bench {
    name: "soak",
    about: "ten minutes at half of what ingest takes, killed every 30 s, then closed: each receipt is in the bundles once \
            (TRELLIS_BENCH_SOAK_SECONDS for less)",
    run,
};

const DEVICES: u32 = 10_000;
const SECONDS: u64 = 600;
const VARIABLE: &str = "TRELLIS_BENCH_SOAK_SECONDS";
const KILL_EVERY: Duration = Duration::from_secs(30);
/// For the limit: as much as this, as fast as it goes.
const TRIAL_INTERVALS: u32 = 30;

fn run() -> Result<Vec<Row>> {
    let keys: Vec<SigningKey> = (0..DEVICES).map(signing_key).collect();
    let registry = snapshot(100, keys.iter().map(|key| key.verifying_key().to_bytes()).collect());
    if let Some(task) = child::task() {
        let folder = task.strip_prefix("server ").with_context(|| format!("`{task}` is no task"))?;
        return server::serve(Path::new(folder), registry, Signatures::Verified).map(|()| Vec::new());
    }
    let seconds = match env::var(VARIABLE) {
        Ok(text) => text.parse().with_context(|| format!("{VARIABLE}={text} is no number"))?,
        Err(_) => SECONDS,
    };
    let trial = bodies::readings(&keys, 0..TRIAL_INTERVALS)?;
    let limit = Soaking::new(BENCH.name, &trial)?.run(f64::INFINITY, None)?.per_second;
    let half = limit / 2.0;
    let intervals = (half * seconds as f64 / f64::from(DEVICES)).ceil() as u32;
    println!("  {limit:.0} attestations/s at most; signing {} for {seconds} s", DEVICES * intervals);
    let readings = bodies::readings(&keys, 0..intervals)?;
    let mut soaking = Soaking::new(BENCH.name, &readings)?;
    drop(readings);
    // At least one kill, however short it is.
    let kill_every = KILL_EVERY.min(Duration::from_secs(seconds.max(2) / 2));
    let acknowledged = soaking.run(half, Some(kill_every))?;
    let given = acknowledged.receipts;
    println!("  {given} receipts, {} kills; closing", acknowledged.kills);
    let found = found_once(soaking.folder(), &registry, &acknowledged, intervals)?;
    Ok(vec![
        Row::new(
            format!("soak of {seconds} s, {} kills: found in bundles, once", acknowledged.kills),
            (found as f64, "receipts"),
            ("receipts given", given as f64),
            Goal::AtLeast(1.0),
        ),
        Row::new(
            "soak: taken in all the while, kills included",
            (acknowledged.per_second, "attestations/s"),
            ("half of the limit", half),
            Goal::None,
        ),
    ])
}

/// Closes all epochs and counts the attestations with a receipt that are in the bundle of the epoch that it names, once;
/// errors on one that is in a bundle twice.
fn found_once(folder: &Path, registry: &Snapshot, acknowledged: &Acknowledged, intervals: u32) -> Result<usize> {
    let log = Arc::new(open_log(folder, &registry.vault)?);
    let mut closer = Closer::resume(log, Arc::new(policy()), folder.join("bundles"), 1)?;
    let (mut found, mut seen) = (0, vec![false; acknowledged.epochs.len()]);
    for epoch in 0..u64::from(intervals.div_ceil(INTERVALS_PER_EPOCH)) {
        let bundle = closer.close_next(registry, FAR_FUTURE_UNIX)?.context("the epoch is over")?;
        ensure!(bundle.manifest.epoch == epoch, "epochs are closed in order");
        let mut attestations = bundle.attestations()?;
        while let Some(rows) = attestations.next_rows()? {
            for signed in rows {
                let DeviceKey::Ed25519(key) = signed.attestation.device else { continue };
                let device = *acknowledged.devices.get(&key).context("a stranger's attestation in a bundle")?;
                let number = signed.attestation.sequence as usize * DEVICES as usize + device as usize;
                ensure!(!seen[number], "an attestation is in the bundles twice");
                seen[number] = true;
                found += usize::from(acknowledged.epochs[number] == Some(Epoch(epoch)));
            }
        }
    }
    Ok(found)
}
