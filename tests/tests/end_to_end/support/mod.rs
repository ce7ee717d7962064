//! Processes, a network on a local chain, an oracle, and devices that send to it.

// Not all of it is used here.
#[allow(dead_code)]
#[path = "../../../../oracle/tests/oracle/certificates.rs"]
pub mod certificates;
pub mod cluster;
pub mod collector;
pub mod commands;
pub mod device;
pub mod epoch;
pub mod fault;
pub mod link;
// Not all of it is used here.
#[allow(dead_code)]
#[path = "../../../../oracle/tests/oracle/mosquitto.rs"]
pub mod mosquitto;
// Not all of it is used here.
#[allow(dead_code)]
#[path = "../../../../oracle/tests/oracle/mqtt_device.rs"]
pub mod mqtt_device;
#[path = "../../../../oracle/tests/oracle/nats.rs"]
pub mod nats;
pub mod network;
pub mod network_file;
pub mod node;
pub mod oracle;
pub mod process;
pub mod python;
pub mod quorum;
pub mod run;
pub mod s3;

use std::{
    net::TcpListener,
    path::PathBuf,
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

/// How long anything may take: far more than it does, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two looks at whether something has come true.
pub const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks again and again until `probe` gives something; panics with `what` after [`PATIENCE`].
pub fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {} s", PATIENCE.as_secs());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A port that nothing listens on, outside of the ranges that local chains and outgoing connections take theirs from:
/// so that a server that is down for a moment finds it free when it is back.
pub fn free_port() -> u16 {
    const FIRST: u16 = 30_000;
    const COUNT: u16 = 2_000;
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id().wrapping_mul(37) % u32::from(COUNT)).unwrap();
    for _ in 0..COUNT {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + offset.wrapping_add(step) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("none of {COUNT} ports from {FIRST} on is free");
}

/// An empty folder below the build's own temporary one. It is left there for a look at it, until the next run.
pub fn fresh_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("end-to-end").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
