//! TCP ports of the loopback interface: choosing free ones, and holding them for one chain.
//!
//! A chain's server can't be asked which port it got, and it shares a port silently with another
//! server of its kind that starts in the same moment. So a port is chosen first, and a list of the
//! ports held by this process keeps two of its chains apart.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, TcpListener},
    sync::{Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use super::LocalChainError;

/// Free ports are looked for from here on, below the range from which systems take the ports of
/// outgoing connections (32768 on Linux, 49152 elsewhere): one of those could take a chosen port
/// in the moment before the server binds it.
const FIRST_FREE_PORT: u16 = 20_000;
/// How many ports are looked at.
const FREE_PORT_COUNT: u16 = 10_000;

const RELEASE_POLL: Duration = Duration::from_millis(5);

/// Ports held by the chains of this process.
static HELD: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port held for one chain until dropped.
#[derive(Debug)]
pub(super) struct PortLease(u16);

impl PortLease {
    /// Takes `port` for `purpose` (`RPC`, `websocket`), or a free one if it is 0.
    pub fn take(port: u16, purpose: &'static str) -> Result<Self, LocalChainError> {
        if port == 0 {
            return Self::take_free(FIRST_FREE_PORT, FREE_PORT_COUNT);
        }
        let reason = match Self::hold(port) {
            Some(Ok(lease)) => return Ok(lease),
            Some(Err(error)) => error.to_string(),
            None => "another local chain of this process holds it".into(),
        };
        Err(LocalChainError::PortBusy { purpose, port, reason })
    }

    /// Takes a free one of the `count` ports from `first` on.
    pub fn take_free(first: u16, count: u16) -> Result<Self, LocalChainError> {
        // Processes begin at different ports, so that two which start together seldom meet.
        let offset = std::process::id().wrapping_mul(97);
        (0..u32::from(count))
            .filter_map(|step| u16::try_from(offset.wrapping_add(step) % u32::from(count)).ok())
            .find_map(|step| Self::hold(first + step)?.ok())
            .ok_or(LocalChainError::NoFreePort { first, tried: count })
    }

    pub fn port(&self) -> u16 {
        self.0
    }

    /// Waits until nothing listens on the port any more, or `deadline` has passed.
    pub fn wait_until_released(&self, deadline: Instant) {
        while bind(self.0).is_err() && Instant::now() < deadline {
            sleep(RELEASE_POLL);
        }
    }

    /// `None` if a chain of this process holds the port, an error if it can't be bound.
    fn hold(port: u16) -> Option<std::io::Result<Self>> {
        if !held().insert(port) {
            return None;
        }
        // Made before the port is tried, so that a refusal gives it back.
        let lease = Self(port);
        Some(bind(port).map(|()| lease))
    }
}

impl Drop for PortLease {
    fn drop(&mut self) {
        held().remove(&self.0);
    }
}

/// Tries to listen on the port, and stops at once.
fn bind(port: u16) -> std::io::Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop)
}

fn held() -> MutexGuard<'static, BTreeSet<u16>> {
    // A set of numbers is whole after any panic.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
