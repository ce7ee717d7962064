//! What of a network never changes, read once: for those who show it.

use anyhow::{Context, Result};
use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Network, Vault},
};

use crate::chain_view::Target;

/// Where a mint's account says how many of its digits are decimals. Source: `spl_token_interface::state::Mint`.
const DECIMALS: usize = 44;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkFacts {
    pub name: String,
    /// Of the vault's mint.
    pub decimals: u8,
    /// The mint's: SPL Token or Token-2022.
    pub token_program: Address,
    /// Solana's JSON-RPC for browsers, as in the settings.
    pub rpc_url: Option<String>,
}

impl NetworkFacts {
    pub async fn read(chain: &Chain, target: &Target, rpc_url: Option<String>) -> Result<Self> {
        let network: Network = chain.fetch(&target.network).await.context("the network's account")?;
        let vault: Vault = chain.fetch(&target.vault).await.context("the reward vault")?;
        let mint = chain.account(&vault.mint).await?.context("the vault's mint is not on the chain")?;
        let decimals = *mint.data.get(DECIMALS).context("the vault's mint is no mint")?;
        let bytes = network.name.split(|byte| *byte == 0).next().unwrap_or_default();
        let name = String::from_utf8_lossy(bytes).into_owned();
        Ok(Self { name, decimals, token_program: vault.token_program, rpc_url })
    }
}
