//! How oracles' votes suspend a device.

use anchor_lang::prelude::*;
use trellis_rewards_interface::state::Vault;

use crate::{
    error::RegistryError,
    event::DeviceSuspended,
    state::{Device, Network, SuspensionCase},
};

/// The oracle's bit among the votes. Errors unless it is one of the oracles who may suspend devices of the network.
pub fn vote_of(oracle: &Signer, network: &Account<Network>, vault: &Account<Vault>) -> Result<u32> {
    network.invariant()?;
    vault.invariant()?;
    require!(network.suspension_vault == *vault.address(), RegistryError::WrongSuspensionVault);
    require!(vault.network == *network.address(), RegistryError::WrongNetwork);
    let position = vault.oracle_position(oracle.address()).ok_or(RegistryError::NotOracle)?;
    Ok(1 << position)
}

/// Counts `vote`, and suspends the device if the votes reach the vault's threshold: weight for, and whether it did.
pub fn count(
    case: &mut SuspensionCase,
    device: &mut Account<Device>,
    vault: &Account<Vault>,
    vote: u32,
) -> Result<(u32, bool)> {
    require!(device.network == case.network, RegistryError::WrongNetwork);
    require!(device.index == case.device_index, RegistryError::WrongDevice);
    require!(!device.is_suspended(), RegistryError::AlreadySuspended);
    require!(case.votes & vote == 0, RegistryError::AlreadyVoted);
    case.votes |= vote;
    let weight_for = vault.weight_of(case.votes);
    let suspends = weight_for >= vault.threshold;
    if suspends {
        let device_address = *device.address();
        device.suspend(case.vault, case.reason_code, case.evidence_hash)?;
        case.executed = 1;
        emit!(DeviceSuspended {
            network: case.network,
            device: device_address,
            by: case.vault,
            reason_code: case.reason_code,
            evidence_hash: case.evidence_hash,
        });
    }
    case.invariant()?;
    device.invariant()?;
    Ok((weight_for, suspends))
}
