use anchor_lang::prelude::*;
use trellis_core::Calendar;

use crate::{constants::ACCOUNT_VERSION, error::RegistryError};

/// One DePIN. Everything else names it by its address.
#[account]
pub struct Network {
    /// May change the network, its classes, and suspend devices; a wallet, a multisig's vault or a governance program's
    /// PDA.
    pub authority: Address,
    /// Who may take over; all zero if nobody.
    pub pending_authority: Address,
    /// May veto roots; proposed to the reward vaults of the network.
    pub guardian: Address,
    /// Part of this account's address.
    pub creator: Address,
    /// The reward vault whose oracles may suspend devices together; all zero: none.
    pub suspension_vault: Address,
    /// UTF-8, filled up with zero bytes; part of this account's address.
    pub name: [u8; 32],
    /// SHA-256 of the scoring policy's canonical bytes.
    pub policy_hash: [u8; 32],
    /// Start of epoch 0, unix seconds. Never changes.
    pub genesis_unix: i64,
    /// Length of an epoch. Never changes.
    pub epoch_seconds: u32,
    /// Operators registered so far: the next one's index.
    pub operator_count: u32,
    /// Devices registered so far: the next one's index.
    pub device_count: u32,
    /// Devices retired so far: their accounts are gone.
    pub retired_device_count: u32,
    /// How often a device's key was rotated or recovered so far.
    pub key_change_count: u32,
    /// Classes created so far: the next one's index.
    pub class_count: u16,
    /// 1: no operator and no device can be registered. Everything else goes on.
    pub paused: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 127],
}

impl Network {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    /// Devices that are registered now, suspended ones included.
    pub fn live_device_count(&self) -> u32 {
        self.device_count.saturating_sub(self.retired_device_count)
    }

    /// Errors while registrations are paused.
    pub fn require_open(&self) -> Result<()> {
        require!(self.paused == 0, RegistryError::NetworkPaused);
        Ok(())
    }

    /// Ends every mutation.
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.authority != Address::default(), RegistryError::ZeroAddress);
        require!(self.guardian != Address::default(), RegistryError::ZeroAddress);
        require!(self.retired_device_count <= self.device_count, RegistryError::CountersContradict);
        Ok(())
    }
}
