//! A connection to a cluster.

mod cluster;
mod fault;
mod fees;
mod filters;
mod history;
mod many;
mod pool;
mod send;
mod settle;
mod simulated;

use std::{sync::Arc, time::Duration};

use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::{
    client_error::{Error as RpcError, ErrorKind},
    request::{RpcError as RpcRequestError, RpcResponseErrorData},
};
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use trellis_core::{Amount, spl};

pub use fees::{Fees, LAMPORTS_PER_SIGNATURE, MOST_UNITS, fee_lamports, priority_lamports};
pub use history::PastInstruction;
pub use pool::ServerReport;
pub use send::PACKET_BYTES;
pub use settle::Settled;
pub use simulated::Simulated;

use self::pool::Pool;
use crate::{
    accounts::{AccountError, ProgramAccount, decode},
    program_error::ProgramError,
};

/// Why the chain did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    #[error("{url} did not answer as an RPC server of Solana: {source}")]
    Rpc { url: String, source: Box<RpcError> },
    #[error("no RPC server was named")]
    NoServer,
    #[error("there is no account at {address}: is this the right network, and the right --url?")]
    NoAccount { address: Address },
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("the program refused: {error}")]
    Program { error: ProgramError, logs: Vec<String> },
    #[error("the transaction failed: {error}{}", last_log(logs))]
    Transaction { error: TransactionError, logs: Vec<String> },
    #[error("transaction {signature} was not confirmed within {seconds} s; it may still land")]
    NotConfirmed { signature: Signature, seconds: u64 },
    #[error("a signature is missing: {0}")]
    Signing(String),
}

fn last_log(logs: &[String]) -> String {
    logs.last().map(|line| format!(" ({line})")).unwrap_or_default()
}

impl ChainError {
    /// The program's own error, if that is what it is.
    pub fn program_error(&self) -> Option<ProgramError> {
        match self {
            Self::Program { error, .. } => Some(*error),
            _ => None,
        }
    }

    fn failed(error: TransactionError, logs: Vec<String>) -> Self {
        match ProgramError::from_transaction_error(&error) {
            Some(error) => Self::Program { error, logs },
            None => Self::Transaction { error, logs },
        }
    }

    fn rpc(url: String, source: RpcError) -> Self {
        Self::Rpc { url, source: Box::new(source) }
    }

    /// Turns an RPC error into the transaction's own error where it holds one.
    fn refusal(url: String, error: RpcError) -> Self {
        if let ErrorKind::RpcError(RpcRequestError::RpcResponseError {
            data: RpcResponseErrorData::SendTransactionPreflightFailure(failure),
            ..
        }) = error.kind()
            && let Some(transaction_error) = failure.err.clone()
        {
            return Self::failed(transaction_error.into(), failure.logs.clone().unwrap_or_default());
        }
        match error.get_transaction_error() {
            Some(transaction_error) => Self::failed(transaction_error, Vec::new()),
            None => Self::rpc(url, error),
        }
    }
}

/// A connection to a cluster over JSON-RPC. Clones share it.
#[derive(Clone)]
pub struct Chain {
    pool: Arc<Pool>,
    commitment: CommitmentConfig,
    fees: Fees,
}

/// How long one server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Chain {
    /// Does not connect yet.
    pub fn new(url: &str) -> Self {
        Self::with_servers(&[url.to_owned()], TIMEOUT)
    }

    /// A connection to one cluster through several servers: who does not answer within `timeout` is passed over. Does
    /// not connect yet.
    pub fn with_servers(urls: &[String], timeout: Duration) -> Self {
        let pool = Arc::new(Pool::new(urls, timeout));
        Self { pool, commitment: CommitmentConfig::confirmed(), fees: Fees::default() }
    }

    /// The same connection, seeing only what can never be taken back. It is half a minute behind.
    pub fn finalized(&self) -> Self {
        Self { commitment: CommitmentConfig::finalized(), ..self.clone() }
    }

    /// The same connection, paying these fees for what is [simulated](Self::send_simulated) before it is sent.
    pub fn with_fees(self, fees: Fees) -> Self {
        Self { fees, ..self }
    }

    pub fn fees(&self) -> Fees {
        self.fees
    }

    /// Looks at every server's clock. Those more than `max_behind` slots behind the newest are asked last from then on.
    pub async fn survey(&self, max_behind: u64) -> Vec<ServerReport> {
        self.pool.survey(max_behind).await
    }

    pub fn url(&self) -> String {
        self.pool.url()
    }

    /// Raw account at `address`, or `None`.
    pub async fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        // Asked for one of several: for a single one the client says "not found" of a server that did not answer.
        Ok(self.accounts(&[*address]).await?.into_iter().next().flatten())
    }

    /// Typed account at `address`, or `None` if there is nothing there.
    pub async fn find<T: ProgramAccount>(&self, address: &Address) -> Result<Option<T>, ChainError> {
        let account = self.account(address).await?;
        Ok(account.map(|account| decode(address, &account)).transpose()?)
    }

    /// Typed account at `address`.
    pub async fn fetch<T: ProgramAccount>(&self, address: &Address) -> Result<T, ChainError> {
        self.find(address).await?.ok_or(ChainError::NoAccount { address: *address })
    }

    /// The chain's own time, unix seconds, from its clock.
    pub async fn unix_time(&self) -> Result<i64, ChainError> {
        let address = solana_sdk_ids::sysvar::clock::ID;
        let account = self.account(&address).await?;
        account.and_then(|account| unix_time_of(&account.data)).ok_or(ChainError::NoAccount { address })
    }

    pub async fn slot(&self) -> Result<u64, ChainError> {
        {
            let commitment = self.commitment;
            self.pool.ask(|rpc| async move { rpc.get_slot_with_commitment(commitment).await }).await
        }
    }

    pub async fn balance_lamports(&self, address: &Address) -> Result<u64, ChainError> {
        {
            let commitment = self.commitment;
            let balance =
                self.pool.ask(|rpc| async move { rpc.get_balance_with_commitment(address, commitment).await });
            Ok(balance.await?.value)
        }
    }

    /// Tokens in a token account, in the mint's smallest unit; `None` if the account does not exist.
    pub async fn token_balance(&self, token_account: &Address) -> Result<Option<u64>, ChainError> {
        let account = self.account(token_account).await?;
        Ok(account.and_then(|account| spl::balance(&account.data)).map(Amount::get))
    }
}

/// Unix time in the clock sysvar's data: slot, start of the cluster's epoch, epoch, leader schedule's epoch, unix timestamp.
fn unix_time_of(data: &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(data.get(32..40)?.try_into().ok()?))
}
