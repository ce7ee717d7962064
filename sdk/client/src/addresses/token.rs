//! Addresses of the token program.

use solana_address::Address;
use trellis_core::pda;

use super::derive;
use crate::TOKEN_ID;

pub fn mint(network: &Address) -> Address {
    derive(&[pda::MINT, network.as_ref()], &TOKEN_ID)
}

pub fn mint_authority(network: &Address) -> Address {
    derive(&[pda::MINT_AUTHORITY, network.as_ref()], &TOKEN_ID)
}

pub fn emission(network: &Address) -> Address {
    derive(&[pda::EMISSION, network.as_ref()], &TOKEN_ID)
}
