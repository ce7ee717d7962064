//! Accepts connections for the API, with TLS or without.

use std::{collections::VecDeque, io, net::SocketAddr, time::Duration};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::CertificateCell;
use crate::stream::Stream;

/// Bounds on handshakes, which cost callers nothing and us a connection each.
#[derive(Clone, Copy, Debug)]
pub struct HandshakeLimits {
    /// One that takes longer is ended.
    pub time: Duration,
    /// At the same time. When one more comes, the oldest is ended: who is slow makes room for who is not.
    pub most: usize,
}

impl Default for HandshakeLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), most: 1_024 }
    }
}

/// Where the API listens.
pub struct WebListener {
    tcp: TcpListener,
    tls: Option<Handshakes>,
}

/// Handshakes that go on beside accepting.
struct Handshakes {
    certificate: CertificateCell,
    limits: HandshakeLimits,
    running: JoinSet<Option<(Stream, SocketAddr)>>,
    /// From the oldest on, with some that are over.
    order: VecDeque<AbortHandle>,
}

impl WebListener {
    pub fn plain(tcp: TcpListener) -> Self {
        Self { tcp, tls: None }
    }

    pub fn tls(tcp: TcpListener, certificate: CertificateCell, limits: HandshakeLimits) -> Self {
        let tls = Handshakes { certificate, limits, running: JoinSet::new(), order: VecDeque::new() };
        Self { tcp, tls: Some(tls) }
    }
}

impl Listener for WebListener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        let Some(handshakes) = &mut self.tls else {
            let (stream, address) = Listener::accept(&mut self.tcp).await;
            return (Stream::Plain(stream), address);
        };
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp) => handshakes.begin(stream, address),
                Some(ended) = handshakes.running.join_next() => {
                    // What failed, or was ended, is no connection.
                    if let Ok(Some(connection)) = ended {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Handshakes {
    fn begin(&mut self, stream: TcpStream, address: SocketAddr) {
        if self.order.len() >= 2 * self.limits.most {
            self.order.retain(|handshake| !handshake.is_finished());
        }
        while self.order.front().is_some_and(AbortHandle::is_finished) {
            self.order.pop_front();
        }
        if self.running.len() >= self.limits.most
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        let acceptor = TlsAcceptor::from(self.certificate.get());
        let time = self.limits.time;
        let shaking = self.running.spawn(async move {
            // When this ends without a connection, the socket is closed.
            match timeout(time, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Some((Stream::Tls(Box::new(stream.into())), address)),
                Ok(Err(error)) => {
                    tracing::debug!(%address, %error, "no TLS");
                    None
                }
                Err(_) => {
                    tracing::debug!(%address, "the TLS handshake took too long");
                    None
                }
            }
        });
        self.order.push_back(shaking);
    }
}
