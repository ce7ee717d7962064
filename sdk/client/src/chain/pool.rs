//! Several RPC servers of one cluster: whichever answers is asked, and those that lag are asked last.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::{Error as RpcError, ErrorKind};
use tokio::task::JoinSet;

use super::{ChainError, cluster::read_accounts, fault::is_of_this_server, unix_time_of};

pub(super) struct Pool {
    servers: Vec<Server>,
    /// The one that answered last; it is asked first.
    active: AtomicUsize,
    timeout: Duration,
}

struct Server {
    rpc: Arc<RpcClient>,
    /// Far behind the newest slot that any server shows, when it was last looked at.
    lags: AtomicBool,
    errors: AtomicU64,
}

/// What one RPC server shows of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerReport {
    /// Place of its URL in the list that the connection was made with.
    pub index: usize,
    /// Slot and unix time of its clock; `None` if it did not answer.
    pub clock: Option<(u64, i64)>,
    /// Slots behind the newest that any of them shows.
    pub behind: u64,
    /// Is it so far behind that others are asked before it?
    pub lags: bool,
    /// Requests that it failed to answer, since the connection was made.
    pub errors: u64,
}

impl Pool {
    pub(super) fn new(urls: &[String], timeout: Duration) -> Self {
        let server = |url: &String| Server {
            rpc: Arc::new(RpcClient::new_with_timeout_and_commitment(
                url.clone(),
                timeout,
                CommitmentConfig::confirmed(),
            )),
            lags: AtomicBool::new(false),
            errors: AtomicU64::new(0),
        };
        Self { servers: urls.iter().map(server).collect(), active: AtomicUsize::new(0), timeout }
    }

    pub(super) fn url(&self) -> String {
        let active = self.servers.get(self.active.load(Relaxed));
        active.map(|server| server.rpc.url()).unwrap_or_default()
    }

    /// Asks the server that answered last, then the next ones in order, those that lag at the end. An answer that is an
    /// error of what was asked, rather than of the server, is an answer.
    pub(super) async fn ask<T, F, Fut>(&self, call: F) -> Result<T, ChainError>
    where
        F: Fn(Arc<RpcClient>) -> Fut,
        Fut: Future<Output = Result<T, RpcError>>,
    {
        let mut failed = None;
        for index in self.order() {
            let server = &self.servers[index];
            let answer = match tokio::time::timeout(self.timeout, call(Arc::clone(&server.rpc))).await {
                Ok(answer) => answer,
                Err(_) => Err(ErrorKind::Custom(format!("no answer within {} ms", self.timeout.as_millis())).into()),
            };
            match answer {
                Ok(answer) => {
                    self.active.store(index, Relaxed);
                    return Ok(answer);
                }
                Err(error) if is_of_this_server(&error) => {
                    server.errors.fetch_add(1, Relaxed);
                    failed = Some(ChainError::rpc(server.rpc.url(), error));
                }
                Err(error) => return Err(ChainError::refusal(server.rpc.url(), error)),
            }
        }
        Err(failed.unwrap_or(ChainError::NoServer))
    }

    /// Tells all servers the same, whoever answers; true if any of them took it.
    pub(super) async fn tell_all<F, Fut>(&self, call: F) -> bool
    where
        F: Fn(Arc<RpcClient>) -> Fut,
        Fut: Future<Output = Result<(), RpcError>> + Send + 'static,
    {
        let mut telling = JoinSet::new();
        for server in &self.servers {
            telling.spawn(tokio::time::timeout(self.timeout, call(Arc::clone(&server.rpc))));
        }
        telling.join_all().await.into_iter().any(|told| matches!(told, Ok(Ok(()))))
    }

    fn order(&self) -> Vec<usize> {
        let (active, count) = (self.active.load(Relaxed), self.servers.len());
        let mut order: Vec<usize> = (0..count).map(|step| (active + step) % count).collect();
        order.sort_by_key(|index| self.servers[*index].lags.load(Relaxed));
        order
    }

    /// Looks at every server's clock, and remembers which of them are more than `max_behind` slots behind the newest.
    pub(super) async fn survey(&self, max_behind: u64) -> Vec<ServerReport> {
        let mut asking = JoinSet::new();
        for (index, server) in self.servers.iter().enumerate() {
            let (rpc, timeout) = (Arc::clone(&server.rpc), self.timeout);
            asking.spawn(async move { (index, tokio::time::timeout(timeout, clock_of(&rpc)).await.ok().flatten()) });
        }
        let mut clocks = asking.join_all().await;
        clocks.sort_by_key(|(index, _)| *index);
        let newest = clocks.iter().filter_map(|(_, clock)| clock.map(|(slot, _)| slot)).max().unwrap_or(0);
        let report = |(index, clock): (usize, Option<(u64, i64)>)| {
            let server = &self.servers[index];
            if clock.is_none() {
                server.errors.fetch_add(1, Relaxed);
            }
            let behind = clock.map_or(0, |(slot, _)| newest - slot);
            let lags = behind > max_behind;
            server.lags.store(lags, Relaxed);
            ServerReport { index, clock, behind, lags, errors: server.errors.load(Relaxed) }
        };
        clocks.into_iter().map(report).collect()
    }
}

async fn clock_of(rpc: &RpcClient) -> Option<(u64, i64)> {
    let clock = [solana_sdk_ids::sysvar::clock::ID];
    let data = read_accounts(rpc, &clock, CommitmentConfig::confirmed()).await.ok()?.into_iter().next()??.data;
    let slot = u64::from_le_bytes(data.get(..8)?.try_into().ok()?);
    Some((slot, unix_time_of(&data)?))
}
