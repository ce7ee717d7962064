//! What a cluster is.

use solana_account::Account;
use solana_address::Address;

use super::{Chain, ChainError};

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

    /// What an account of so many bytes must hold to be kept.
    pub async fn rent_lamports(&self, bytes: usize) -> Result<u64, ChainError> {
        self.pool.ask(|rpc| async move { rpc.get_minimum_balance_for_rent_exemption(bytes).await }).await
    }

    /// Raw accounts at `addresses` (at most 100), in their order; `None` where there is nothing.
    pub async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ChainError> {
        let commitment = self.commitment;
        let accounts =
            self.pool.ask(|rpc| async move { rpc.get_multiple_accounts_with_commitment(addresses, commitment).await });
        Ok(accounts.await?.value)
    }
}
