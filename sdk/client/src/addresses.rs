//! Program-derived addresses. Seeds come from [`trellis_core::pda`].

use solana_address::Address;
use trellis_core::{Epoch, pda};

use crate::{REGISTRY_ID, REWARDS_ID, SPL_TOKEN_ID, TOKEN_ID};

fn derive(seeds: &[&[u8]], program: &Address) -> Address {
    Address::find_program_address(seeds, program).0
}

/// A network's name as its account stores it; `None` if it is empty, longer than 32 bytes or holds a zero byte.
pub fn network_name(name: &str) -> Option<[u8; 32]> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return None;
    }
    let mut padded = [0; 32];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(padded)
}

pub fn network(creator: &Address, name: &[u8; 32]) -> Address {
    derive(&[pda::NETWORK, creator.as_ref(), name], &REGISTRY_ID)
}

pub fn class(network: &Address, index: u16) -> Address {
    derive(&[pda::CLASS, network.as_ref(), &index.to_le_bytes()], &REGISTRY_ID)
}

pub fn operator(network: &Address, wallet: &Address) -> Address {
    derive(&[pda::OPERATOR, network.as_ref(), wallet.as_ref()], &REGISTRY_ID)
}

pub fn device(network: &Address, key: &[u8; 32]) -> Address {
    derive(&[pda::DEVICE, network.as_ref(), key], &REGISTRY_ID)
}

pub fn mint(network: &Address) -> Address {
    derive(&[pda::MINT, network.as_ref()], &TOKEN_ID)
}

pub fn mint_authority(network: &Address) -> Address {
    derive(&[pda::MINT_AUTHORITY, network.as_ref()], &TOKEN_ID)
}

pub fn emission(network: &Address) -> Address {
    derive(&[pda::EMISSION, network.as_ref()], &TOKEN_ID)
}

pub fn vault(network: &Address, mint: &Address) -> Address {
    derive(&[pda::VAULT, network.as_ref(), mint.as_ref()], &REWARDS_ID)
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

/// The wallet's associated token account for `mint` (SPL Token program): where wallets look for tokens.
pub fn associated_token_account(wallet: &Address, mint: &Address) -> Address {
    spl_associated_token_account_interface::address::get_associated_token_address_with_program_id(
        wallet,
        mint,
        &SPL_TOKEN_ID,
    )
}
