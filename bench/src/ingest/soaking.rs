//! Load at a given rate on a server that is killed and started again, until everything has a receipt.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use trellis_core::{
    DeviceKey, Epoch,
    attestation::SignedAttestation,
    exchange::{Message, append_frame},
};
use trellis_epoch::{admission::attestation_id, receipt};

use super::{
    bodies::{BATCH, FRAME_BYTES},
    http::Connection,
};
use crate::{child::Running, world::disk_folder};

const CONNECTIONS: usize = 16;
/// Pause before a server that is not there is tried again.
const RETRY: Duration = Duration::from_millis(20);
/// Longest time that one body may go without an answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What has receipts, in the end everything.
pub struct Acknowledged {
    pub receipts: usize,
    pub kills: usize,
    /// From the first request to the last answer.
    pub per_second: f64,
    /// The epoch that the receipt names, of each attestation.
    pub epochs: Vec<Option<Epoch>>,
    /// Numbers of the devices, in the order in which each round of readings has them.
    pub devices: HashMap<[u8; 32], u32>,
}

/// A server, and what is sent to it.
pub struct Soaking {
    bench: &'static str,
    folder: TempDir,
    frames: Vec<u8>,
    devices: HashMap<[u8; 32], u32>,
}

/// What the senders share.
struct Shared {
    port: AtomicU16,
    next: AtomicUsize,
    epochs: Mutex<Vec<Option<Epoch>>>,
}

impl Soaking {
    pub fn new(bench: &'static str, readings: &[SignedAttestation]) -> Result<Self> {
        let mut frames = Vec::with_capacity(readings.len() * FRAME_BYTES);
        readings.iter().for_each(|signed| append_frame(&signed.to_bytes(), &mut frames));
        let first = readings.iter().take_while(|signed| signed.attestation.sequence == 0);
        let keys = first.filter_map(|signed| match signed.attestation.device {
            DeviceKey::Ed25519(key) => Some(key),
            DeviceKey::P256(_) => None,
        });
        Ok(Self { bench, folder: disk_folder()?, frames, devices: keys.zip(0..).collect() })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn start(&self) -> Result<Running> {
        Running::start(self.bench, &format!("server {}", self.folder().display()))
    }

    /// Sends everything, `per_second` attestations at most, and kills the server as often as is said.
    pub fn run(&mut self, per_second: f64, kill_every: Option<Duration>) -> Result<Acknowledged> {
        let count = self.frames.len() / FRAME_BYTES;
        let shared =
            Shared { port: AtomicU16::new(0), next: AtomicUsize::new(0), epochs: Mutex::new(vec![None; count]) };
        let mut server = self.start()?;
        shared.port.store(server.first_line.parse()?, Ordering::SeqCst);
        let (start, mut kills) = (Instant::now(), 0);
        let server = thread::scope(|scope| -> Result<Running> {
            let senders: Vec<_> =
                (0..CONNECTIONS).map(|_| scope.spawn(|| self.send(&shared, start, per_second))).collect();
            while !senders.iter().all(|sender| sender.is_finished()) {
                thread::sleep(RETRY);
                if kill_every.is_some_and(|every| start.elapsed() > every * (kills + 1)) {
                    server.kill()?;
                    kills += 1;
                    server = self.start()?;
                    shared.port.store(server.first_line.parse()?, Ordering::SeqCst);
                }
            }
            for sender in senders {
                sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
            }
            Ok(server)
        })?;
        let elapsed = start.elapsed().as_secs_f64();
        server.kill()?;
        let epochs = shared.epochs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let receipts = epochs.iter().flatten().count();
        let (kills, devices) = (kills as usize, self.devices.clone());
        Ok(Acknowledged { receipts, kills, per_second: count as f64 / elapsed, epochs, devices })
    }

    fn send(&self, shared: &Shared, start: Instant, per_second: f64) -> Result<()> {
        let mut connection = None;
        let bodies = self.frames.chunks(BATCH * FRAME_BYTES);
        loop {
            let number = shared.next.fetch_add(1, Ordering::SeqCst);
            let Some(body) = bodies.clone().nth(number) else { return Ok(()) };
            let due = start + Duration::from_secs_f64((number * BATCH) as f64 / per_second);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let asked = Instant::now();
            let epochs = loop {
                match self.ask(&mut connection, shared, body) {
                    Ok(epochs) => break epochs,
                    Err(error) if asked.elapsed() > PATIENCE => return Err(error).context("no answer for too long"),
                    Err(_) => {
                        connection = None;
                        thread::sleep(RETRY);
                    }
                }
            };
            let mut all = shared.epochs.lock().unwrap_or_else(PoisonError::into_inner);
            all[number * BATCH..][..epochs.len()].copy_from_slice(&epochs);
        }
    }

    /// The epoch that each receipt names. Every attestation must have one, and the signature must hold.
    fn ask(&self, connection: &mut Option<Connection>, shared: &Shared, body: &[u8]) -> Result<Vec<Option<Epoch>>> {
        let open = match connection {
            Some(open) => open,
            None => connection.insert(Connection::open(shared.port.load(Ordering::SeqCst))?),
        };
        let (status, answer) = open.post(body)?;
        ensure!(status == 200 || status == 409, "the answer is {status}: {}", String::from_utf8_lossy(answer));
        let Ok(Message::Answer(answer)) = Message::from_bytes(answer) else { bail!("no answer") };
        let mut ids = Vec::with_capacity(BATCH);
        for frame in body.chunks(FRAME_BYTES) {
            let signed = SignedAttestation::from_bytes(&frame[2..]).map_err(|error| anyhow::anyhow!("{error}"))?;
            ids.push(attestation_id(&signed));
        }
        let receipts = answer.receipts(&ids).context("an answer to other attestations")?;
        ensure!(receipts.iter().all(Option::is_some), "some have no receipt: {:?}", answer.outcomes);
        // One signature for all of them; each has its own path to it.
        if let Some(first) = receipts.iter().flatten().next() {
            receipt::verify(first)?;
        }
        Ok(receipts.into_iter().map(|signed| signed.map(|signed| signed.receipt.epoch)).collect())
    }
}
