//! Closing an epoch of 20 million attestations, beside one of 2 million.

use std::{
    env, fs,
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::SigningKey;
use trellis_core::Epoch;
use trellis_epoch::{
    LedgerState,
    bundle::{self, Bundle, EpochBasis},
    sorting::Sorter,
    verify::EpochContext,
};

use super::Bench;
use crate::{
    child::{self, Figures, figure},
    row::{Goal, Row},
    world::{policy, reading, signing_key, snapshot, threads, timed},
};

pub const BENCH: Bench = Bench {
    name: "close",
    about: "an epoch of 20 million attestations of a million devices, from the log's bytes to the bundle on the disk, beside \
            2 million of the same devices (signing them takes minutes the first time; they are kept in the target folder)",
    run,
};

const DEVICES: u32 = 1_000_000;
const OPERATORS: u32 = 100_000;
/// Attestations in the larger epoch; fewer for a quick look.
const VARIABLE: &str = "TRELLIS_BENCH_CLOSE";
const ATTESTATIONS: u64 = 20_000_000;
/// Wire bytes of a reading.
const WIRE_BYTES: usize = 171;

fn run() -> Result<Vec<Row>> {
    if let Some(task) = child::task() {
        match child::finish(measure(task.parse()?)?)? {}
    }
    let larger = match env::var(VARIABLE) {
        Ok(text) => text.parse().with_context(|| format!("{VARIABLE}={text} is no number"))?,
        Err(_) => ATTESTATIONS,
    };
    let smaller = larger / 10;
    sign(larger)?;
    let close = |attestations: u64| {
        println!("  closing over {attestations} attestations");
        child::run(BENCH.name, &attestations.to_string())
    };
    let (few, many) = (close(smaller)?, close(larger)?);
    let seconds = |figures: &Figures| figure(figures, "seconds");
    let name = |what: &str| format!("close of {larger} attestations: {what}");
    Ok(vec![
        Row::new(
            name("time"),
            (seconds(&many)?, "s"),
            (&format!("{smaller} of the same devices"), seconds(&few)?),
            Goal::AtMost(11.5),
        ),
        Row::new(name("resident"), (figure(&many, "resident_mb")?, "MB"), ("the limit", 1_000.0), Goal::AtMost(1.0)),
    ])
}

fn measure(attestations: u64) -> Result<Figures> {
    let registry = snapshot(OPERATORS, read_keys()?);
    let (policy, opening) = (policy(), LedgerState::default());
    let folder = tempfile::tempdir_in(cache()?)?;
    let context = EpochContext { threads: threads(), ..EpochContext::new(Epoch(0), &registry, &policy, &opening) };
    let (elapsed, written) = timed(|| -> Result<PathBuf> {
        let mut log = BufReader::with_capacity(1 << 20, File::open(cache()?.join("attestations"))?);
        let (mut sorter, mut wire) = (Sorter::new(folder.path()), [0; WIRE_BYTES]);
        for _ in 0..attestations {
            log.read_exact(&mut wire)?;
            sorter.push(&wire)?;
        }
        let mut sorted = sorter.finish()?;
        let basis = EpochBasis { context, previous_bundle: None };
        Ok(bundle::write(folder.path(), &basis, &mut || Ok(sorted.next_block()?))?)
    });
    let bundle = Bundle::open(&written?)?;
    ensure!(bundle.manifest.accepted == attestations, "every reading is good");
    Ok(Figures::from([("seconds".to_owned(), elapsed.as_secs_f64())]))
}

/// Where signed attestations are kept between runs: beside the program, in the target folder.
fn cache() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.parent().context("the program's folder")?.join("bench-close");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn read_keys() -> Result<Vec<[u8; 32]>> {
    let bytes = fs::read(cache()?.join("keys"))?;
    Ok(bytes.as_chunks::<32>().0.to_vec())
}

/// Signs what is not there yet: all devices' first readings, then all their second ones, and so on.
fn sign(attestations: u64) -> Result<()> {
    let folder = cache()?;
    let (keys_path, path) = (folder.join("keys"), folder.join("attestations"));
    let signed = fs::metadata(&path).map_or(0, |file| file.len()) / WIRE_BYTES as u64;
    let complete = signed.is_multiple_of(u64::from(DEVICES));
    if keys_path.exists() && complete && signed >= attestations {
        return Ok(());
    }
    println!("  deriving {DEVICES} keys");
    let devices: Vec<u32> = (0..DEVICES).collect();
    let keys: Vec<SigningKey> = in_parallel(&devices, |device| signing_key(*device))?;
    let public: Vec<u8> = keys.iter().flat_map(|key| key.verifying_key().to_bytes()).collect();
    write_whole(&keys_path, &public)?;
    let partial = folder.join("attestations.partial");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
    let rounds = attestations.div_ceil(u64::from(DEVICES)) as u32;
    for interval in 0..rounds {
        println!("  signing reading {} of {rounds} of each device", interval + 1);
        for signed in in_parallel(&keys, |key| reading(key, interval).to_bytes())? {
            ensure!(signed.len() == WIRE_BYTES, "a reading has {} bytes", signed.len());
            file.write_all(&signed)?;
        }
    }
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(fs::rename(partial, path)?)
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// `work` of each of `items`, in order, on all cores.
pub fn in_parallel<T: Sync, U: Send>(items: &[T], work: impl Fn(&T) -> U + Sync) -> Result<Vec<U>> {
    let share = items.len().div_ceil(threads()).max(1);
    let parts = thread::scope(|scope| {
        let started: Vec<_> =
            items.chunks(share).map(|items| scope.spawn(|| items.iter().map(&work).collect::<Vec<U>>())).collect();
        started.into_iter().map(|part| part.join()).collect::<Result<Vec<_>, _>>()
    });
    let parts = parts.map_err(|_| anyhow::anyhow!("a thread panicked"))?;
    Ok(parts.into_iter().flatten().collect())
}
