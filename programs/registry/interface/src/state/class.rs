use anchor_lang::prelude::*;
use trellis_core::device_key::KeyKind;

use crate::{
    constants::{ACCOUNT_VERSION, NO_LOCATION},
    error::RegistryError,
};

/// A hardware profile.
#[account]
pub struct DeviceClass {
    pub network: Address,
    /// Must sign registrations and key recoveries of this class; all zero if no maker is asked for.
    pub maker: Address,
    /// Energy: the most that a device of this class can feed in.
    pub rated_power_watts: u64,
    /// What an operator must have bonded for each device of this class that it registers, in the mint's smallest unit.
    pub bond: u64,
    /// Points for a unit of verified work.
    pub weight: u32,
    pub index: u16,
    /// A [`trellis_core::attestation::WorkKind`]. Never changes.
    pub work_kind: u8,
    /// A [`trellis_core::device_key::KeyKind`]. Never changes.
    pub key_kind: u8,
    /// Resolution of the H3 cells that devices stand in, 0 to 15; [`NO_LOCATION`] if they have none. Never changes.
    pub h3_resolution: u8,
    /// 0: no device can be registered in it any more. Those that are go on.
    pub active: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 60],
}

impl DeviceClass {
    pub fn has_maker(&self) -> bool {
        self.maker != Address::default()
    }

    pub fn has_location(&self) -> bool {
        self.h3_resolution != NO_LOCATION
    }

    pub fn device_key_kind(&self) -> Result<KeyKind> {
        Ok(KeyKind::from_u8(self.key_kind).ok_or(RegistryError::UnknownKeyKind)?)
    }

    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.weight > 0, RegistryError::InvalidWeight);
        Ok(())
    }
}
