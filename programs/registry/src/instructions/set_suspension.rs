use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RegistryError,
    event::{DeviceReinstated, DeviceSuspended},
    state::{Device, Network},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct SuspendDeviceArgs {
    /// The network's own code for why; not zero.
    pub reason_code: u16,
    /// Hash of the evidence, published by whoever accuses.
    pub evidence_hash: [u8; 32],
}

#[derive(Accounts)]
pub struct SetSuspension {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
}

impl SetSuspension {
    fn validate(&self) -> Result<()> {
        self.network.invariant()?;
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        require!(self.device.network == *self.network.address(), RegistryError::WrongNetwork);
        Ok(())
    }

    #[inline(always)]
    pub fn set_suspension(&mut self, accusation: Option<SuspendDeviceArgs>) -> Result<()> {
        self.validate()?;
        let (network, device_address) = (*self.network.address(), *self.device.address());
        let device: &mut Device = &mut self.device;
        match accusation {
            Some(SuspendDeviceArgs { reason_code, evidence_hash }) => {
                let by = *self.authority.address();
                device.suspend(by, reason_code, evidence_hash)?;
                emit!(DeviceSuspended { network, device: device_address, by, reason_code, evidence_hash });
            }
            None => {
                device.reinstate()?;
                emit!(DeviceReinstated { network, device: device_address });
            }
        }
        Ok(())
    }
}
