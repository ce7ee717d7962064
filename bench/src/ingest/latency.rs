//! Sends bodies at a given rate, and looks how long each is answered after it was due.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    bodies::{BATCH, FRAME_BYTES},
    http::Connection,
    load::check,
};
use crate::child::Figures;

/// Senders, each with its share of the rate.
const CONNECTIONS: usize = 32;
/// Single attestations a second while others come in batches.
const PROBES_PER_SECOND: f64 = 200.0;

/// Posts `per_second` attestations of `file` in batches, and meanwhile single ones, whose answers' times are given.
pub fn among_batches(port: u16, file: &Path, per_second: f64) -> Result<Figures> {
    let frames = fs::read(file)?;
    let frames: Vec<&[u8]> = frames.chunks(FRAME_BYTES).collect();
    let seconds = frames.len() as f64 / (per_second + PROBES_PER_SECOND);
    let (probes, others) = frames.split_at((PROBES_PER_SECOND * seconds) as usize);
    let batches: Vec<Vec<u8>> = others.chunks(BATCH).map(<[&[u8]]>::concat).collect();
    let batches: Vec<&[u8]> = batches.iter().map(Vec::as_slice).collect();
    let probing = thread::scope(|scope| {
        let posting = scope.spawn(|| post(port, &batches, per_second / BATCH as f64));
        let probed = post(port, probes, PROBES_PER_SECOND);
        posting.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        probed
    });
    figures(probing?)
}

/// Posts each attestation of `file` by itself, `per_second` in all.
pub fn all_single(port: u16, file: &Path, per_second: f64) -> Result<Figures> {
    let frames = fs::read(file)?;
    figures(post(port, &frames.chunks(FRAME_BYTES).collect::<Vec<_>>(), per_second)?)
}

/// How long after it was due each body was answered. A sender that is late sends at once, and the time that it was late
/// counts: a server that stalls is not asked more gently.
fn post(port: u16, bodies: &[&[u8]], per_second: f64) -> Result<Vec<Duration>> {
    let start = Instant::now() + Duration::from_millis(200);
    let post_share = |sender: usize| -> Result<Vec<Duration>> {
        let mut connection = Connection::open(port)?;
        let mut took = Vec::new();
        for (number, body) in bodies.iter().enumerate().skip(sender).step_by(CONNECTIONS) {
            let due = start + Duration::from_secs_f64(number as f64 / per_second);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let (status, answer) = connection.post(body)?;
            ensure!(status == 200, "the answer is {status}: {}", String::from_utf8_lossy(answer));
            check(answer, body.len() / FRAME_BYTES)?;
            took.push(due.elapsed());
        }
        Ok(took)
    };
    thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS).map(|sender| scope.spawn(move || post_share(sender))).collect();
        let share =
            senders.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?);
        Ok(share.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    })
}

fn figures(took: Vec<Duration>) -> Result<Figures> {
    ensure!(!took.is_empty(), "nothing was sent");
    let mut took: Vec<f64> = took.into_iter().map(|took| took.as_secs_f64() * 1_000.0).collect();
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took.get((took.len() as f64 * part) as usize).copied().unwrap_or(f64::INFINITY);
    let figures = [("p50_ms", at(0.5)), ("p99_ms", at(0.99)), ("max_ms", at(1.0 - f64::EPSILON))];
    Ok(figures.map(|(name, value)| (name.to_owned(), value)).into())
}
