//! Sends bodies as fast as they are answered.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Result, bail, ensure};
use trellis_core::exchange::{Message, Outcome};

use super::{
    bodies::{BATCH, FRAME_BYTES},
    http::Connection,
};
use crate::{child::Figures, world::timed};

/// Requests at the same time.
const CONNECTIONS: usize = 16;

/// Posts all of `file` in batches, `rounds` times over; each attestation must be accepted if `accepted` says so.
pub fn run(port: u16, file: &Path, rounds: usize, accepted: bool) -> Result<Figures> {
    let frames = fs::read(file)?;
    let bodies: Vec<&[u8]> = frames.chunks(BATCH * FRAME_BYTES).collect();
    let next = AtomicUsize::new(0);
    let post_all = || -> Result<()> {
        let mut connection = Connection::open(port)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= bodies.len() * rounds {
                return Ok(());
            }
            let body = bodies[number % bodies.len()];
            let (status, answer) = connection.post(body)?;
            ensure!(status == 200, "the answer is {status}: {}", String::from_utf8_lossy(answer));
            if accepted {
                check(answer, body.len() / FRAME_BYTES)?;
            }
        }
    };
    let (elapsed, outcome) = timed(|| {
        thread::scope(|scope| {
            let posting: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(post_all)).collect();
            posting
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?)
        })
    });
    let outcome: Result<()> = outcome;
    outcome?;
    let attestations = frames.len() / FRAME_BYTES * rounds;
    Ok(Figures::from([("per_second".to_owned(), attestations as f64 / elapsed.as_secs_f64())]))
}

/// Errors unless all of `count` were accepted.
pub fn check(answer: &[u8], count: usize) -> Result<()> {
    let Message::Answer(answer) = Message::from_bytes(answer).map_err(|error| anyhow::anyhow!("{error}"))? else {
        bail!("no answer");
    };
    let accepted = answer.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
    ensure!(accepted == count, "{accepted} of {count} were accepted");
    Ok(())
}
