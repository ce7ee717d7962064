//! Appending to the log, beside a bare loop that writes the same bytes; and the memory that a large log takes.

use std::{fs::File, io::Write, sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};
use trellis_core::{
    DeviceKey, Epoch, WattHours,
    attestation::{Attestation, SIGNATURE_BYTES, VERSION, WorkKind},
    energy::EnergyReading,
};
use trellis_oracle::log::{self, Append, Appended, Log, LogStore, NewRecord};

use super::Bench;
use crate::{
    child::{self, Figures, figure},
    row::{Goal, Row},
    world::{disk_folder, timed},
};

pub const BENCH: Bench = Bench {
    name: "log",
    about: "attestations into the log in batches of 256, beside a bare loop that writes and syncs the same bytes in chunks \
            of 1 MiB; and what 20 million of a million devices take in memory",
    run,
};

const BATCH: usize = 256;
/// Senders that wait for their answers at the same time.
const SENDERS: usize = 64;
const CHUNK_BYTES: usize = 1 << 20;
const ROUNDS: usize = 3;
const VAULT: [u8; 32] = [0xa2; 32];
/// Devices and their attestations while speed is measured.
const FAST: (u32, u64) = (50_000, 20);
/// The same while memory is.
const LARGE: (u32, u64) = (1_000_000, 20);

fn run() -> Result<Vec<Row>> {
    if child::task().is_some() {
        match child::finish(fill()?)? {}
    }
    let (devices, each) = FAST;
    let records: Vec<NewRecord> =
        (0..each).flat_map(|number| (0..devices).map(move |device| record(device, number))).collect();
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(write_bare(&records)?);
        ours = ours.min(append_all(&records)?);
    }
    let rate = |elapsed: Duration| records.len() as f64 / elapsed.as_secs_f64();
    let large = child::run(BENCH.name, "fill")?;
    let count = f64::from(LARGE.0) * LARGE.1 as f64;
    Ok(vec![
        Row::new("log", (rate(ours), "attestations/s"), ("a bare loop", rate(bare)), Goal::None),
        Row::new(
            format!("log of {count} attestations: resident"),
            (figure(&large, "resident_mb")?, "MB"),
            ("the limit", 200.0),
            Goal::AtMost(1.0),
        ),
        Row::new(
            format!("log of {count} attestations: opening"),
            (figure(&large, "open_seconds")?, "s"),
            ("appending them", figure(&large, "append_seconds")?),
            Goal::None,
        ),
    ])
}

/// An attestation of epoch 0, with a signature of zeros: the log does not look at it.
fn record(device: u32, sequence: u64) -> NewRecord {
    // As spread as real keys are.
    let key = Sha256::digest(device.to_le_bytes()).into();
    let attestation = Attestation {
        version: VERSION,
        network: [0xa1; 32],
        device: DeviceKey::Ed25519(key),
        sequence,
        interval_start_unix: 1_391_472_000,
        interval_seconds: 600,
        work_kind: WorkKind::Energy,
        payload: EnergyReading { energy: WattHours(100), counter: WattHours(sequence) }.to_bytes().to_vec(),
    };
    let mut wire = attestation.to_bytes();
    wire.extend_from_slice(&[0; SIGNATURE_BYTES]);
    let (epoch, device) = (Epoch(0), attestation.device);
    // It is compared with what is stored under the same number; here every number is new.
    NewRecord { device, sequence, epoch, latest_epoch: epoch, id: [0; 32], received_unix: 0, wire }
}

/// Senders hand over batches and wait for each answer, as ingest does.
fn append_all(records: &[NewRecord]) -> Result<Duration> {
    let folder = disk_folder()?;
    let store = Arc::new(LogStore::open(folder.path(), &VAULT)?);
    let (appender, writer) = log::start(Arc::clone(&store), SENDERS * BATCH)?;
    let mut senders: Vec<Vec<Vec<NewRecord>>> = vec![Vec::new(); SENDERS];
    for (number, batch) in records.chunks(BATCH).enumerate() {
        senders[number % SENDERS].push(batch.to_vec());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let (elapsed, outcome) = timed(|| -> Result<()> {
        let send = |batches: Vec<Vec<NewRecord>>| {
            let appender = appender.clone();
            runtime.spawn(async move {
                for batch in batches {
                    let appended = appender.append(batch).await?;
                    ensure!(appended.iter().all(|one| matches!(one, Appended::Stored { .. })), "all are new");
                }
                anyhow::Ok(())
            })
        };
        let sent: Vec<_> = senders.into_iter().map(send).collect();
        sent.into_iter().try_for_each(|sent| runtime.block_on(sent)?)
    });
    outcome?;
    ensure!(store.len()? == records.len() as u64, "all are in the log");
    drop(appender);
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))?;
    Ok(elapsed)
}

fn write_bare(records: &[NewRecord]) -> Result<Duration> {
    let folder = disk_folder()?;
    let mut file = File::create(folder.path().join("bare"))?;
    let bytes: Vec<u8> = records.iter().flat_map(|record| record.wire.iter().copied()).collect();
    let (elapsed, outcome) = timed(|| -> std::io::Result<()> {
        bytes.chunks(CHUNK_BYTES).try_for_each(|chunk| {
            file.write_all(chunk)?;
            file.sync_data()
        })
    });
    outcome?;
    Ok(elapsed)
}

/// A log of many devices, held open as the oracle holds it, then opened anew.
fn fill() -> Result<Figures> {
    let folder = disk_folder()?;
    let (devices, each) = LARGE;
    let store = LogStore::open(folder.path(), &VAULT)?;
    let (appending, outcome) = timed(|| -> Result<()> {
        for number in 0..each {
            for first in (0..devices).step_by(SENDERS * BATCH) {
                let last = devices.min(first + (SENDERS * BATCH) as u32);
                let group: Vec<NewRecord> = (first..last).map(|device| record(device, number)).collect();
                store.append(&group)?;
            }
        }
        Ok(())
    });
    outcome?;
    drop(store);
    let (opening, store) = timed(|| LogStore::open(folder.path(), &VAULT));
    ensure!(store?.len()? == u64::from(devices) * each, "all are in the log");
    let seconds = |name: &str, elapsed: Duration| (name.to_owned(), elapsed.as_secs_f64());
    Ok(Figures::from([seconds("append_seconds", appending), seconds("open_seconds", opening)]))
}
