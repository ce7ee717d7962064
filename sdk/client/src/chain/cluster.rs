//! What a cluster is.

use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::{Error as RpcError, ErrorKind},
    config::{RpcAccountInfoConfig, UiAccountEncoding},
    response::UiAccount,
};

use super::{Chain, ChainError};

/// The feature's account: agave's `enable_tx_v1`.
const TRANSACTION_VERSION_1: Address = solana_address::address!("txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL");

impl Chain {
    /// The version of the node's software, such as `3.1.8`.
    pub async fn version(&self) -> Result<String, ChainError> {
        let version = self.pool.ask(|rpc| async move { rpc.get_version().await }).await?;
        Ok(version.solana_core)
    }

    /// The hash of the cluster's first block, in base58: no two clusters share it.
    pub async fn genesis_hash(&self) -> Result<String, ChainError> {
        let hash = self.pool.ask(|rpc| async move { rpc.get_genesis_hash().await }).await?;
        Ok(hash.to_string())
    }

    /// Does the cluster take transactions of version 1, which hold 4,096 bytes (SIMD-0385)?
    pub async fn takes_version_1(&self) -> Result<bool, ChainError> {
        let found = self.accounts(&[TRANSACTION_VERSION_1]).await?.pop().flatten();
        // A feature's data is the slot of its activation, as an option: it begins with 1 if there is one.
        let is_active = |account: Account| {
            account.owner == solana_sdk_ids::feature::ID && account.data.first().is_some_and(|is_some| *is_some == 1)
        };
        Ok(found.is_some_and(is_active))
    }

    /// What an account of so many bytes must hold to be kept.
    pub async fn rent_lamports(&self, bytes: usize) -> Result<u64, ChainError> {
        self.pool.ask(|rpc| async move { rpc.get_minimum_balance_for_rent_exemption(bytes).await }).await
    }

    /// Raw accounts at `addresses` (at most 100), in their order; `None` where there is nothing.
    pub async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ChainError> {
        let commitment = self.commitment;
        self.pool.ask(|rpc| async move { read_accounts(&rpc, addresses, commitment).await }).await
    }
}

/// Raw accounts, in the order of their addresses. What a server sends that is no account is an error, of that server.
pub(super) async fn read_accounts(
    rpc: &RpcClient,
    addresses: &[Address],
    commitment: CommitmentConfig,
) -> Result<Vec<Option<Account>>, RpcError> {
    let config = RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(commitment),
        ..Default::default()
    };
    let answer = rpc.get_multiple_ui_accounts_with_config(addresses, config).await?;
    if answer.value.len() != addresses.len() {
        return Err(ErrorKind::Custom(format!("{} accounts for {}", answer.value.len(), addresses.len())).into());
    }
    let read = |account: Option<UiAccount>| match account {
        None => Ok(None),
        Some(account) => match account.to_account() {
            Some(account) => Ok(Some(account)),
            None => Err(RpcError::from(ErrorKind::Custom("an account that cannot be decoded".to_owned()))),
        },
    };
    answer.value.into_iter().map(read).collect()
}
