//! Accounts of the registry. Fixed layouts, each with a version byte and reserved space.

use anchor_lang::prelude::*;
use trellis_core::Calendar;

use crate::{constants::ACCOUNT_VERSION, error::RegistryError};

/// One DePIN. Everything else names it by its address.
#[account]
pub struct Network {
    /// May add classes and suspend devices; a wallet, a multisig's vault or a governance program's PDA.
    pub authority: Address,
    /// Who may take over; all zero if nobody.
    pub pending_authority: Address,
    /// May veto roots; proposed to the reward vaults of the network.
    pub guardian: Address,
    /// Part of this account's address.
    pub creator: Address,
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
    /// Classes created so far: the next one's index.
    pub class_count: u16,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 128],
}

impl Network {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    /// Ends every mutation.
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.authority != Address::default(), RegistryError::ZeroAddress);
        require!(self.guardian != Address::default(), RegistryError::ZeroAddress);
        Ok(())
    }
}

/// A hardware profile.
#[account]
pub struct DeviceClass {
    pub network: Address,
    /// Must sign registrations of this class; all zero if no maker is asked for.
    pub maker: Address,
    /// Energy: the most that a device of this class can feed in.
    pub rated_power_watts: u64,
    /// Points for a unit of verified work.
    pub weight: u32,
    pub index: u16,
    /// A [`trellis_core::attestation::WorkKind`].
    pub work_kind: u8,
    /// A [`trellis_core::device_key::KeyKind`].
    pub key_kind: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 62],
}

impl DeviceClass {
    pub fn has_maker(&self) -> bool {
        self.maker != Address::default()
    }

    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.weight > 0, RegistryError::InvalidWeight);
        Ok(())
    }
}

/// A wallet that owns devices in a network.
#[account]
pub struct Operator {
    pub network: Address,
    pub wallet: Address,
    /// Where rewards are paid.
    pub payout_wallet: Address,
    /// Sum of the bonds that the classes of this operator's devices ask for, in the mint's smallest unit.
    pub required_bond: u64,
    /// Position of this operator's leaf in every rewards tree of the network. Never changes.
    pub index: u32,
    pub device_count: u32,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 62],
}

impl Operator {
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.payout_wallet != Address::default(), RegistryError::ZeroAddress);
        Ok(())
    }
}

/// A device earns.
pub const DEVICE_ACTIVE: u8 = 0;
/// A device does not earn until it is reinstated.
pub const DEVICE_SUSPENDED: u8 = 1;

/// A machine with a signing key of its own.
#[account]
pub struct Device {
    pub network: Address,
    /// The operator's account.
    pub operator: Address,
    pub key: [u8; 32],
    /// Evidence for the last suspension.
    pub evidence_hash: [u8; 32],
    pub registered_unix: i64,
    pub index: u32,
    pub operator_index: u32,
    pub class_index: u16,
    /// Why it was suspended; 0 when active.
    pub reason_code: u16,
    pub key_kind: u8,
    /// [`DEVICE_ACTIVE`] or [`DEVICE_SUSPENDED`].
    pub status: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 64],
}

impl Device {
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        // A reason stands exactly as long as the suspension.
        require!((self.status == DEVICE_SUSPENDED) == (self.reason_code != 0), RegistryError::MissingReason);
        Ok(())
    }
}
