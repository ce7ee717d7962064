//! Who may change a vault.

use anchor_lang::prelude::*;
use trellis_registry_interface::{constants::ACCOUNT_VERSION as NETWORK_VERSION, state::Network};

use crate::{error::RewardsError, state::Vault};

/// Errors unless `signer` is the authority of `network`.
pub fn require_authority(network: &Network, signer: &Signer) -> Result<()> {
    require!(network.version == NETWORK_VERSION, RewardsError::UnknownVersion);
    require!(network.authority == *signer.address(), RewardsError::NotAuthority);
    Ok(())
}

/// Errors unless `signer` is the authority of `network`, and `vault` is a vault of it.
pub fn require_vault_authority(network: &Account<Network>, vault: &Vault, signer: &Signer) -> Result<()> {
    require_authority(network, signer)?;
    require!(vault.network == *network.address(), RewardsError::WrongNetwork);
    Ok(())
}
