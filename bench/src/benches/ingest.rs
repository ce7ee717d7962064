//! Attestations verified, durable and acknowledged over HTTP, beside what bounds them and what else could take them.

use std::{fs::OpenOptions, io::Write, path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use ed25519_dalek::SigningKey;
use trellis_core::attestation::SignedAttestation;
use trellis_epoch::signatures::Item;
use trellis_oracle::ingest::Signatures;

use super::{Bench, verify::verify_alone};
use crate::{
    child::{self, Figures, Running, figure},
    ingest::{bodies, latency, load, nats, server},
    row::{Goal, Row},
    world::{disk_folder, signing_key, snapshot, timed},
};

pub const BENCH: Bench = Bench {
    name: "ingest",
    about: "attestations over HTTP in batches of 256, verified and on the disk before they are acknowledged, with the load \
            generator on the same cores; beside the library's batches alone, and NATS JetStream. Without verification, for \
            the comparison only: beside a bare server that drops the bodies, and a bare loop that fdatasyncs the bytes",
    run,
};

const DEVICES: u32 = 10_000;
const INTERVALS: u32 = 50;
const ROUNDS: usize = 3;
/// Bodies are dropped so fast that they are sent several times over.
const BARE_ROUNDS: usize = 4;
/// What the bare loop writes before it waits for the disk.
const CHUNK_BYTES: usize = 1 << 20;
const LATENCY_SECONDS: f64 = 5.0;
const LATENCY_GOAL_MS: f64 = 20.0;

fn run() -> Result<Vec<Row>> {
    if let Some(task) = child::task() {
        return run_child(&task);
    }
    let keys: Vec<SigningKey> = (0..DEVICES).map(signing_key).collect();
    println!("  signing {} attestations", DEVICES * INTERVALS);
    let readings = bodies::readings(&keys, 0..INTERVALS)?;
    let folder = disk_folder()?;
    let file = bodies::write(folder.path(), "batches", &readings)?;
    let best = Best::measure(&readings, &file)?;
    let per_second = best.ours / 10.0;
    let some = bodies::write(folder.path(), "some", &readings[..(per_second * LATENCY_SECONDS) as usize])?;
    let p99_ms = |kind: &str| -> Result<f64> {
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let latency = with_server("verified", |port| {
                child::run(BENCH.name, &format!("{kind} {port} {} {per_second}", some.display()))
            })?;
            best = best.min(figure(&latency, "p99_ms")?);
        }
        Ok(best)
    };
    let (among_batches, all_single) = (p99_ms("among-batches")?, p99_ms("all-single")?);
    let (unit, broker) = ("attestations/s", "NATS JetStream");
    let bare = best.bare_server.min(best.bare_loop);
    let lower =
        if bare < best.bare_server { "a bare loop that fdatasyncs" } else { "a bare server that drops the bodies" };
    let goal = Goal::AtLeast(0.5);
    Ok(vec![
        Row::new("ingest", (best.ours, unit), ("the library's batches alone", best.library), goal),
        Row::new("ingest, beside a broker that verifies nothing", (best.ours, unit), (broker, best.nats), Goal::None),
        Row::new("ingest without verification", (best.trusted, unit), (lower, bare), goal),
        Row::new(
            "ingest without verification, beside a broker",
            (best.trusted, unit),
            (broker, best.nats),
            Goal::AtLeast(1.0),
        ),
        Row::new(
            format!("ingest: p99 of single ones, while {per_second:.0} a second come in batches"),
            (among_batches, "ms"),
            ("the limit", LATENCY_GOAL_MS),
            Goal::AtMost(1.0),
        ),
        Row::new(
            format!("ingest: p99 when all {per_second:.0} a second come one by one"),
            (all_single, "ms"),
            ("the limit for those among batches", LATENCY_GOAL_MS),
            Goal::None,
        ),
    ])
}

/// The best of all rounds, in attestations a second.
#[derive(Default)]
struct Best {
    library: f64,
    ours: f64,
    trusted: f64,
    bare_server: f64,
    bare_loop: f64,
    nats: f64,
}

impl Best {
    fn measure(readings: &[SignedAttestation], file: &Path) -> Result<Self> {
        let items: Vec<Item> = readings.iter().map(Item::from).collect();
        let per_second = |elapsed: Duration| readings.len() as f64 / elapsed.as_secs_f64();
        let load = |port: u16, kind: &str, rounds: usize| -> Result<f64> {
            figure(&child::run(BENCH.name, &format!("{kind} {port} {} {rounds}", file.display()))?, "per_second")
        };
        let mut best = Self::default();
        for _ in 0..ROUNDS {
            best.library = best.library.max(per_second(timed(|| verify_alone(&items)).0));
            best.ours = best.ours.max(with_server("verified", |port| load(port, "load", 1))?);
            best.trusted = best.trusted.max(with_server("trusted", |port| load(port, "load", 1))?);
            best.bare_server = best.bare_server.max(with_server("bare", |port| load(port, "drop", BARE_ROUNDS))?);
            best.bare_loop = best.bare_loop.max(per_second(bare_loop(file)?));
            best.nats = best.nats.max({
                let folder = disk_folder()?;
                let server = nats::Server::start(folder.path())?;
                load(server.port, "nats", 1)?
            });
        }
        Ok(best)
    }
}

/// Measures with a server in a process of its own, and a folder of its own.
fn with_server<T>(kind: &str, measure: impl FnOnce(u16) -> Result<T>) -> Result<T> {
    let folder = disk_folder()?;
    let server = Running::start(BENCH.name, &format!("server {kind} {}", folder.path().display()))?;
    let port = server.first_line.parse().context("the server's port")?;
    measure(port)
}

/// Appends the file's bytes to another, a chunk at a time, each on the disk before the next.
fn bare_loop(file: &Path) -> Result<Duration> {
    let bytes = std::fs::read(file)?;
    let folder = disk_folder()?;
    let mut out = OpenOptions::new().append(true).create(true).open(folder.path().join("log"))?;
    let (elapsed, outcome) = timed(|| {
        bytes.chunks(CHUNK_BYTES).try_for_each(|chunk| {
            out.write_all(chunk)?;
            out.sync_data()
        })
    });
    outcome?;
    Ok(elapsed)
}

fn run_child(task: &str) -> Result<Vec<Row>> {
    let words: Vec<&str> = task.split(' ').collect();
    let figures: Figures = match words[..] {
        ["server", "bare", _] => return server::serve_bare().map(|()| Vec::new()),
        ["server", kind, folder] => {
            let signatures = if kind == "trusted" { Signatures::Trusted } else { Signatures::Verified };
            let keys = (0..DEVICES).map(|device| signing_key(device).verifying_key().to_bytes()).collect();
            return server::serve(Path::new(folder), snapshot(100, keys), signatures).map(|()| Vec::new());
        }
        [kind @ ("load" | "drop"), port, file, rounds] => {
            load::run(port.parse()?, Path::new(file), rounds.parse()?, kind == "load")?
        }
        ["nats", port, file, _] => nats::run(port.parse()?, Path::new(file))?,
        ["among-batches", port, file, per_second] => {
            latency::among_batches(port.parse()?, Path::new(file), per_second.parse()?)?
        }
        ["all-single", port, file, per_second] => {
            latency::all_single(port.parse()?, Path::new(file), per_second.parse()?)?
        }
        _ => bail!("`{task}` is no task"),
    };
    match child::finish(figures)? {}
}
