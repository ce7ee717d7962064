use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RegistryError,
    event::{DeviceReinstated, DeviceSuspended},
    state::{DEVICE_ACTIVE, Device, Network},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct SuspendDeviceArgs {
    /// The network's own code for why; not zero.
    pub reason_code: u16,
    /// Hash of the evidence, published by whoever accuses.
    pub evidence_hash: [u8; 32],
}

/// Accounts of `suspend_device` and `reinstate_device`.
#[derive(Accounts)]
pub struct SetDeviceStatus {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
}

impl SetDeviceStatus {
    fn validate(&self) -> Result<()> {
        self.network.invariant()?;
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        require!(self.device.network == *self.network.address(), RegistryError::WrongNetwork);
        Ok(())
    }

    #[inline(always)]
    pub fn suspend_device(&mut self, args: SuspendDeviceArgs) -> Result<()> {
        self.validate()?;
        let device_address = *self.device.address();
        let by = *self.authority.address();
        self.device.suspend(by, args.reason_code, args.evidence_hash)?;
        emit!(DeviceSuspended {
            network: *self.network.address(),
            device: device_address,
            by,
            reason_code: args.reason_code,
            evidence_hash: args.evidence_hash,
        });
        Ok(())
    }

    #[inline(always)]
    pub fn reinstate_device(&mut self) -> Result<()> {
        self.validate()?;
        require!(self.device.is_suspended(), RegistryError::NotSuspended);
        let device_address = *self.device.address();
        self.device.status = DEVICE_ACTIVE;
        self.device.suspended_by = Address::default();
        self.device.reason_code = 0;
        self.device.appeal_hash = [0; 32];
        self.device.appealed_unix = 0;
        self.device.invariant()?;
        emit!(DeviceReinstated { network: *self.network.address(), device: device_address });
        Ok(())
    }
}
