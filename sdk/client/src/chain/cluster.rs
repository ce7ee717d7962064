//! What a cluster is.

use solana_account::Account;
use solana_address::Address;

use super::{Chain, ChainError};

impl Chain {
    /// The version of the node's software, such as `3.1.8`.
    pub async fn version(&self) -> Result<String, ChainError> {
        let version = self.rpc.get_version().await.map_err(|error| self.rpc_error(error))?;
        Ok(version.solana_core)
    }

    /// The hash of the cluster's first block, in base58: no two clusters share it.
    pub async fn genesis_hash(&self) -> Result<String, ChainError> {
        let hash = self.rpc.get_genesis_hash().await.map_err(|error| self.rpc_error(error))?;
        Ok(hash.to_string())
    }

    /// What an account of so many bytes must hold to be kept.
    pub async fn rent_lamports(&self, bytes: usize) -> Result<u64, ChainError> {
        let lamports = self.rpc.get_minimum_balance_for_rent_exemption(bytes).await;
        lamports.map_err(|error| self.rpc_error(error))
    }

    /// Raw accounts at `addresses` (at most 100), in their order; `None` where there is nothing.
    pub async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ChainError> {
        self.rpc.get_multiple_accounts(addresses).await.map_err(|error| self.rpc_error(error))
    }
}
