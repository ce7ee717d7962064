//! Sends attestations one by one at a given rate, and looks how long each is answered after it was due.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{bodies::FRAME_BYTES, http::Connection, load::check};
use crate::child::Figures;

/// Senders, each with its share of the rate.
const CONNECTIONS: usize = 32;

/// Posts each frame of `file` by itself, `per_second` in all. A sender that is late sends at once, and the time that it
/// was late counts: a server that stalls is not asked more gently.
pub fn run(port: u16, file: &Path, per_second: f64) -> Result<Figures> {
    let frames = fs::read(file)?;
    let frames: Vec<&[u8]> = frames.chunks(FRAME_BYTES).collect();
    let start = Instant::now() + Duration::from_millis(200);
    let post_share = |sender: usize| -> Result<Vec<Duration>> {
        let mut connection = Connection::open(port)?;
        let mut took = Vec::new();
        for (number, frame) in frames.iter().enumerate().skip(sender).step_by(CONNECTIONS) {
            let due = start + Duration::from_secs_f64(number as f64 / per_second);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let (status, answer) = connection.post(frame)?;
            ensure!(status == 200, "the answer is {status}: {}", String::from_utf8_lossy(answer));
            check(answer, 1)?;
            took.push(due.elapsed());
        }
        Ok(took)
    };
    let took = thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS).map(|sender| scope.spawn(move || post_share(sender))).collect();
        let share =
            senders.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?);
        share.collect::<Result<Vec<_>>>()
    })?;
    let mut took: Vec<f64> = took.into_iter().flatten().map(|took| took.as_secs_f64() * 1_000.0).collect();
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took.get((took.len() as f64 * part) as usize).copied().unwrap_or(f64::INFINITY);
    let figures = [("p50_ms", at(0.5)), ("p99_ms", at(0.99)), ("max_ms", at(1.0 - f64::EPSILON))];
    Ok(figures.map(|(name, value)| (name.to_owned(), value)).into())
}
