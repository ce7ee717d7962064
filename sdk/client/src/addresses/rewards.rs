//! Addresses of the rewards program.

use solana_address::Address;
use trellis_core::{Epoch, pda};

use super::derive;
use crate::REWARDS_ID;

/// The vault that pays for device work.
pub fn vault(network: &Address, mint: &Address) -> Address {
    vault_of_pool(network, mint, pda::DEVICE_REWARDS)
}

/// The vault of another pool of the network.
pub fn vault_of_pool(network: &Address, mint: &Address, pool: u16) -> Address {
    derive(&[pda::VAULT, network.as_ref(), mint.as_ref(), &pool.to_le_bytes()], &REWARDS_ID)
}

pub fn vault_tokens(vault: &Address) -> Address {
    derive(&[pda::VAULT_TOKENS, vault.as_ref()], &REWARDS_ID)
}

pub fn proposal(vault: &Address, epoch: Epoch, proposer: &Address) -> Address {
    derive(&[pda::PROPOSAL, vault.as_ref(), &epoch.get().to_le_bytes(), proposer.as_ref()], &REWARDS_ID)
}

pub fn claim_page(vault: &Address, page: u32) -> Address {
    derive(&[pda::CLAIM_PAGE, vault.as_ref(), &page.to_le_bytes()], &REWARDS_ID)
}
