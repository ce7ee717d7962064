//! A connection to a cluster.

mod cluster;
mod many;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::{Error as RpcError, ErrorKind},
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSendTransactionConfig},
    filter::{Memcmp, RpcFilterType},
    request::{RpcError as RpcRequestError, RpcResponseErrorData},
};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use trellis_core::{Amount, spl};

use crate::{
    accounts::{AccountError, ProgramAccount, account_bytes, decode},
    program_error::ProgramError,
};

/// Why the chain did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    #[error("{url} did not answer as an RPC server of Solana: {source}")]
    Rpc { url: String, source: Box<RpcError> },
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
}

/// A connection to a cluster over JSON-RPC.
pub struct Chain {
    rpc: Arc<RpcClient>,
}

/// How long a transaction is waited for: a blockhash lives about a minute.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(90);
/// How often it is asked after.
const CONFIRM_POLL: Duration = Duration::from_millis(25);
/// How often it is sent again meanwhile: leaders drop transactions.
const RESEND_EVERY: Duration = Duration::from_secs(2);

impl Chain {
    /// Does not connect yet.
    pub fn new(url: &str) -> Self {
        let rpc = RpcClient::new_with_timeout_and_commitment(
            url.to_owned(),
            Duration::from_secs(30),
            CommitmentConfig::confirmed(),
        );
        Self { rpc: Arc::new(rpc) }
    }

    pub fn url(&self) -> String {
        self.rpc.url()
    }

    fn rpc_error(&self, source: RpcError) -> ChainError {
        ChainError::Rpc { url: self.url(), source: Box::new(source) }
    }

    /// Raw account at `address`, or `None`.
    pub async fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        // Asked for one of several: for a single one the client says "not found" of a server that did not answer.
        let answer = self.rpc.get_multiple_accounts(&[*address]).await;
        Ok(answer.map_err(|error| self.rpc_error(error))?.into_iter().next().flatten())
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

    /// All accounts of type `T` whose first field, the network, is `network`; in order of their addresses.
    pub async fn of_network<T: ProgramAccount>(&self, network: &Address) -> Result<Vec<(Address, T)>, ChainError> {
        let config = RpcProgramAccountsConfig {
            filters: Some(vec![
                RpcFilterType::DataSize(account_bytes::<T>() as u64),
                RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, T::DISCRIMINATOR.to_vec())),
                RpcFilterType::Memcmp(Memcmp::new_raw_bytes(8, network.to_bytes().to_vec())),
            ]),
            account_config: RpcAccountInfoConfig {
                encoding: Some(solana_rpc_client_api::config::UiAccountEncoding::Base64),
                commitment: Some(self.rpc.commitment()),
                ..Default::default()
            },
            ..Default::default()
        };
        let found = self.rpc.get_program_ui_accounts_with_config(&T::OWNER, config).await;
        let mut accounts = Vec::new();
        for (address, account) in found.map_err(|error| self.rpc_error(error))? {
            let account: Account = account.to_account().ok_or(ChainError::NoAccount { address })?;
            accounts.push((address, decode(&address, &account)?));
        }
        accounts.sort_by_key(|(address, _)| address.to_bytes());
        Ok(accounts)
    }

    /// The chain's own time, unix seconds, from its clock.
    pub async fn unix_time(&self) -> Result<i64, ChainError> {
        // Layout of the sysvar: slot, start of the cluster's epoch, epoch, leader schedule's epoch, unix timestamp.
        const UNIX_TIMESTAMP: std::ops::Range<usize> = 32..40;
        let address = solana_sdk_ids::sysvar::clock::ID;
        let account = self.account(&address).await?;
        let bytes = account.as_ref().and_then(|account| account.data.get(UNIX_TIMESTAMP));
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(ChainError::NoAccount { address })?;
        Ok(i64::from_le_bytes(bytes))
    }

    pub async fn slot(&self) -> Result<u64, ChainError> {
        self.rpc.get_slot().await.map_err(|error| self.rpc_error(error))
    }

    pub async fn balance_lamports(&self, address: &Address) -> Result<u64, ChainError> {
        self.rpc.get_balance(address).await.map_err(|error| self.rpc_error(error))
    }

    /// Tokens in a token account, in the mint's smallest unit; `None` if the account does not exist.
    pub async fn token_balance(&self, token_account: &Address) -> Result<Option<u64>, ChainError> {
        let account = self.account(token_account).await?;
        Ok(account.and_then(|account| spl::balance(&account.data)).map(Amount::get))
    }

    /// Signs, sends and waits until the transaction is confirmed. `signers[0]` pays the fee.
    pub async fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Signature, ChainError> {
        let payer = signers.first().ok_or_else(|| ChainError::Signing("no fee payer".to_owned()))?;
        let blockhash = self.rpc.get_latest_blockhash().await.map_err(|error| self.rpc_error(error))?;
        let message = Message::new_with_blockhash(instructions, Some(&payer.pubkey()), &blockhash);
        let mut transaction = Transaction::new_unsigned(message);
        transaction.try_sign(signers, blockhash).map_err(|error| ChainError::Signing(error.to_string()))?;
        self.send_until_confirmed(&transaction).await
    }

    async fn send_until_confirmed(&self, transaction: &Transaction) -> Result<Signature, ChainError> {
        let started = Instant::now();
        let signature = self.submit(transaction, false).await?;
        let mut last_sent = started;
        while started.elapsed() < CONFIRM_TIMEOUT {
            let statuses = self.rpc.get_signature_statuses(&[signature]).await;
            let status = statuses.map_err(|error| self.rpc_error(error))?.value.into_iter().next().flatten();
            if let Some(status) = status {
                if let Some(error) = status.err {
                    return Err(ChainError::failed(error, Vec::new()));
                }
                if status.satisfies_commitment(self.rpc.commitment()) {
                    return Ok(signature);
                }
            }
            if last_sent.elapsed() >= RESEND_EVERY {
                // The first one went through preflight; a copy that is refused now changes nothing.
                let _ = self.submit(transaction, true).await;
                last_sent = Instant::now();
            }
            tokio::time::sleep(CONFIRM_POLL).await;
        }
        Err(ChainError::NotConfirmed { signature, seconds: CONFIRM_TIMEOUT.as_secs() })
    }

    async fn submit(&self, transaction: &Transaction, skip_preflight: bool) -> Result<Signature, ChainError> {
        let config = RpcSendTransactionConfig {
            skip_preflight,
            preflight_commitment: Some(self.rpc.commitment().commitment),
            ..Default::default()
        };
        self.rpc.send_transaction_with_config(transaction, config).await.map_err(|error| self.refusal(error))
    }

    /// Turns an RPC error into the transaction's own error where it holds one.
    fn refusal(&self, error: RpcError) -> ChainError {
        if let ErrorKind::RpcError(RpcRequestError::RpcResponseError {
            data: RpcResponseErrorData::SendTransactionPreflightFailure(failure),
            ..
        }) = error.kind()
            && let Some(transaction_error) = failure.err.clone()
        {
            return ChainError::failed(transaction_error.into(), failure.logs.clone().unwrap_or_default());
        }
        match error.get_transaction_error() {
            Some(transaction_error) => ChainError::failed(transaction_error, Vec::new()),
            None => self.rpc_error(error),
        }
    }
}
