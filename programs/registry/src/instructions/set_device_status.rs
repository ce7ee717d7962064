use anchor_lang::prelude::*;

use crate::{
    error::RegistryError,
    event::{DeviceReinstated, DeviceSuspended},
    state::{DEVICE_ACTIVE, DEVICE_SUSPENDED, Device, Network},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct SuspendDeviceArgs {
    /// The network's own code for why; not zero.
    pub reason_code: u16,
    /// Hash of the evidence, published by the authority.
    pub evidence_hash: [u8; 32],
}

/// Accounts of `suspend_device` and `reinstate_device`.
#[derive(Accounts)]
pub struct SetDeviceStatus {
    pub authority: Signer,
    pub network: Account<Network>,
    #[account(mut)]
    pub device: Account<Device>,
}

impl SetDeviceStatus {
    fn validate(&self) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        require!(self.device.network == *self.network.address(), RegistryError::WrongNetwork);
        Ok(())
    }

    #[inline(always)]
    pub fn suspend_device(&mut self, args: SuspendDeviceArgs) -> Result<()> {
        self.validate()?;
        require!(args.reason_code != 0, RegistryError::MissingReason);
        require!(self.device.status != DEVICE_SUSPENDED, RegistryError::AlreadySuspended);
        let device_address = *self.device.address();
        self.device.status = DEVICE_SUSPENDED;
        self.device.reason_code = args.reason_code;
        self.device.evidence_hash = args.evidence_hash;
        self.device.invariant()?;
        emit!(DeviceSuspended {
            network: *self.network.address(),
            device: device_address,
            reason_code: args.reason_code,
            evidence_hash: args.evidence_hash,
        });
        Ok(())
    }

    #[inline(always)]
    pub fn reinstate_device(&mut self) -> Result<()> {
        self.validate()?;
        require!(self.device.status == DEVICE_SUSPENDED, RegistryError::NotSuspended);
        let device_address = *self.device.address();
        self.device.status = DEVICE_ACTIVE;
        self.device.reason_code = 0;
        self.device.invariant()?;
        emit!(DeviceReinstated { network: *self.network.address(), device: device_address });
        Ok(())
    }
}
