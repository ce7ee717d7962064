//! How much refused work each client address may cause.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::net::TcpListener;

use super::{Rate, buckets::Buckets};
use crate::tls::WebListener;

/// Most addresses that have a bucket of their own: about 4 MB.
const MAX_ADDRESSES: usize = 65_536;

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for ClientAddress {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, WebListener>> for ClientAddress {
    fn connect_info(stream: IncomingStream<'_, WebListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl ClientAddress {
    /// What is counted as one client: an IPv4 address, or an IPv6 network of 64 bits, as one subscriber has it.
    fn client(self) -> IpAddr {
        match self.0.ip().to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            address => address,
        }
    }
}

/// The refused work of each client. Clones share it.
#[derive(Clone)]
pub struct AddressLimit(Arc<Mutex<Buckets<IpAddr>>>);

impl AddressLimit {
    pub fn new(rate: Rate) -> Self {
        Self(Arc::new(Mutex::new(Buckets::new(rate, MAX_ADDRESSES))))
    }

    /// May the client send more? If not: after how many seconds.
    pub fn room(&self, client: ClientAddress) -> Result<(), u32> {
        self.buckets().room(&client.client(), Instant::now())
    }

    /// Takes one of the client's, or says after how many seconds it may send again.
    pub fn take(&self, client: ClientAddress) -> Result<(), u32> {
        self.buckets().take(&client.client(), Instant::now())
    }

    /// So many attestations of the client's were refused.
    pub fn charge(&self, client: ClientAddress, refused: usize) {
        if refused > 0 {
            self.buckets().charge(&client.client(), refused, Instant::now());
        }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets<IpAddr>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn client(address: &str) -> ClientAddress {
        ClientAddress(SocketAddr::new(address.parse().unwrap(), 9))
    }

    #[test]
    fn client_that_was_refused_too_often_waits_and_its_neighbours_do_not() {
        let limit = AddressLimit::new(Rate { per_minute: 60, burst: 3 });
        for (same, other) in [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8:0:1::1")] {
            limit.charge(client(same), 0);
            assert_eq!(limit.room(client(same)), Ok(()));
            limit.charge(client(same), 100);
            assert!(limit.room(client(same)).is_err_and(|seconds| seconds <= 4));
            assert_eq!(limit.room(client(other)), Ok(()));
        }
        assert!(limit.room(client("2001:db8::ffff:2")).is_err(), "the same network of 64 bits");
        assert!(limit.room(client("::ffff:10.0.0.1")).is_err(), "the same address, as IPv6 shows it");
    }
}
