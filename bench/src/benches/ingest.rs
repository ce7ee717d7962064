//! Attestations verified, durable and acknowledged over HTTP, beside what bounds them and what else could take them.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

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
    world::{signing_key, snapshot, timed},
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
    let folder = tempfile::tempdir()?;
    let file = bodies::write(folder.path(), "batches", &readings)?;
    let best = Best::measure(&readings, &file)?;
    let per_second = best.ours / 10.0;
    let singles = &readings[..(per_second * LATENCY_SECONDS) as usize];
    let singles = bodies::write(folder.path(), "singles", singles)?;
    let latency = with_server("verified", |port| {
        child::run(BENCH.name, &format!("latency {port} {} {per_second}", singles.display()))
    })?;
    let unit = "attestations/s";
    let bare = best.bare_server.min(best.bare_loop);
    let lower =
        if bare < best.bare_server { "a bare loop that fdatasyncs" } else { "a bare server that drops the bodies" };
    let goal = Goal::AtLeast(0.5);
    Ok(vec![
        Row::new("ingest", (best.ours, unit), ("the library's batches alone", best.library), goal),
        Row::new("ingest, beside a broker", (best.ours, unit), ("NATS JetStream", best.nats), Goal::AtLeast(1.0)),
        Row::new("ingest without verification", (best.trusted, unit), (lower, bare), goal),
        Row::new(
            format!("ingest: p99 of single ones, {per_second:.0} a second"),
            (figure(&latency, "p99_ms")?, "ms"),
            ("the limit", LATENCY_GOAL_MS),
            Goal::AtMost(1.0),
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
                let folder = tempfile::tempdir()?;
                let server = nats::Server::start(folder.path())?;
                load(server.port, "nats", 1)?
            });
        }
        Ok(best)
    }
}

/// Measures with a server in a process of its own, and a folder of its own.
fn with_server<T>(kind: &str, measure: impl FnOnce(u16) -> Result<T>) -> Result<T> {
    let folder = tempfile::tempdir()?;
    let server = Running::start(BENCH.name, &format!("server {kind} {}", folder.path().display()))?;
    let port = server.first_line.parse().context("the server's port")?;
    measure(port)
}

/// Appends the file's bytes to another, a chunk at a time, each on the disk before the next.
fn bare_loop(file: &Path) -> Result<Duration> {
    let bytes = std::fs::read(file)?;
    let folder = tempfile::tempdir()?;
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
        ["latency", port, file, per_second] => latency::run(port.parse()?, &PathBuf::from(file), per_second.parse()?)?,
        _ => bail!("`{task}` is no task"),
    };
    match child::finish(figures)? {}
}
