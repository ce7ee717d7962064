use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RegistryError,
    event::DeviceRetired,
    state::{Device, Network, Operator},
};

#[derive(Accounts)]
pub struct RetireDevice {
    /// The operator's wallet.
    pub wallet: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub operator: Box<Account<Operator>>,
    /// Whoever paid the rent gets it back: one who pays for others' devices cannot be farmed.
    #[account(mut, unsafe(dup))]
    pub rent_payer: UncheckedAccount,
    #[account(mut, close = rent_payer)]
    pub device: Box<Account<Device>>,
}

impl RetireDevice {
    fn validate(&self) -> Result<()> {
        let device = &self.device;
        device.invariant()?;
        require!(device.network == *self.network.address(), RegistryError::WrongNetwork);
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        require!(device.operator == *self.operator.address(), RegistryError::WrongOperator);
        require!(device.rent_payer == *self.rent_payer.address(), RegistryError::WrongRentPayer);
        // Else the account that a reason and evidence stand in could be wiped, and its bond released.
        device.require_not_suspended()
    }

    #[inline(always)]
    pub fn retire_device(&mut self) -> Result<()> {
        self.validate()?;
        let device = &self.device;
        let retired = self.network.retired_device_count;
        self.network.retired_device_count = retired.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.network.invariant()?;
        self.operator.remove_device(device.bond)?;
        emit!(DeviceRetired {
            network: device.network,
            device: *device.address(),
            operator_index: device.operator_index,
            index: device.index,
            bond: device.bond,
            rent_payer: device.rent_payer,
        });
        Ok(())
    }
}
