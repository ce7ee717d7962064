use anchor_lang::prelude::*;
use trellis_rewards_interface::state::Vault;

use crate::{
    constants::{ACCOUNT_VERSION, CASE_SECONDS},
    error::RegistryError,
    state::Network,
};

/// Oracles vote on whether a device is to be suspended. One account for each device, evidence and reason; the device is
/// named by its index, which it keeps when its key changes.
#[account]
pub struct SuspensionCase {
    pub network: Address,
    /// The vault whose oracles vote.
    pub vault: Address,
    /// The oracle that opened it; gets the rent back.
    pub opener: Address,
    pub evidence_hash: [u8; 32],
    pub opened_unix: i64,
    pub device_index: u32,
    /// The vault's oracle set that the votes count in; under any other the case is void.
    pub set_version: u32,
    /// Bit n: the set's oracle n has voted for the suspension.
    pub votes: u32,
    pub reason_code: u16,
    /// 1 once the device was suspended.
    pub executed: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 71],
}

impl SuspensionCase {
    pub fn is_executed(&self) -> bool {
        self.executed != 0
    }

    pub fn is_expired(&self, now_unix: i64) -> bool {
        now_unix > self.opened_unix.saturating_add(CASE_SECONDS)
    }

    /// Errors unless votes still count: `vault` is this case's.
    pub fn require_alive(&self, network: &Network, vault: &Vault, now_unix: i64) -> Result<()> {
        require!(network.suspension_vault == self.vault, RegistryError::WrongSuspensionVault);
        require!(vault.set_version == self.set_version, RegistryError::StaleOracleSet);
        require!(!self.is_executed(), RegistryError::CaseExecuted);
        require!(!self.is_expired(now_unix), RegistryError::CaseExpired);
        Ok(())
    }

    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.reason_code != 0, RegistryError::MissingReason);
        Ok(())
    }
}
