use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::DeviceKey;

use crate::{
    error::RegistryError,
    event::KeyRecoveryCancelled,
    state::{Device, Operator},
};

#[derive(Accounts)]
pub struct CancelKeyRecovery {
    /// The operator's wallet, or the device's key, which is not lost then.
    pub canceller: Signer,
    pub operator: Box<Account<Operator>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
}

impl CancelKeyRecovery {
    #[inline(always)]
    pub fn cancel_key_recovery(&mut self) -> Result<()> {
        self.operator.invariant()?;
        require!(self.device.operator == *self.operator.address(), RegistryError::WrongOperator);
        let by = *self.canceller.address();
        let is_key = self.device.device_key() == Some(DeviceKey::Ed25519(by.to_bytes()));
        require!(is_key || self.operator.wallet == by, RegistryError::NotOwnerOrKey);
        require!(self.device.has_pending_recovery(), RegistryError::NoRecovery);
        let device_address = *self.device.address();
        self.device.clear_recovery();
        self.device.invariant()?;
        emit!(KeyRecoveryCancelled { device: device_address, by });
        Ok(())
    }
}
