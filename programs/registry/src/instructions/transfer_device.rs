use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    clock,
    error::RegistryError,
    event::DeviceTransferred,
    state::{Device, Operator},
};

#[derive(Accounts)]
pub struct TransferDevice {
    /// Wallet of the operator who gives the device away.
    pub from_wallet: Signer,
    /// Wallet of the operator who takes it over, with the bond that it asks for.
    pub to_wallet: Signer,
    #[account(mut)]
    pub from_operator: Box<Account<Operator>>,
    #[account(mut)]
    pub to_operator: Box<Account<Operator>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
}

impl TransferDevice {
    fn validate(&self) -> Result<()> {
        let (from, to, device) = (&self.from_operator, &self.to_operator, &self.device);
        require!(from.wallet == *self.from_wallet.address(), RegistryError::NotOperatorWallet);
        require!(to.wallet == *self.to_wallet.address(), RegistryError::NotOperatorWallet);
        require!(device.operator == *from.address(), RegistryError::WrongOperator);
        require!(to.network == device.network, RegistryError::WrongNetwork);
        device.require_not_suspended()
    }

    #[inline(always)]
    pub fn transfer_device(&mut self) -> Result<()> {
        self.validate()?;
        let device_address = *self.device.address();
        let device: &mut Device = &mut self.device;
        self.from_operator.remove_device(device.bond)?;
        self.to_operator.add_device(device.bond)?;
        device.operator = *self.to_operator.address();
        device.operator_index = self.to_operator.index;
        device.operator_since_unix = clock::now_unix()?;
        // Asked for by the one who gives it away: he could take it back under a key of his.
        device.clear_recovery();
        device.invariant()?;
        emit!(DeviceTransferred {
            network: device.network,
            device: device_address,
            from_operator_index: self.from_operator.index,
            to_operator_index: self.to_operator.index,
            bond: device.bond,
        });
        Ok(())
    }
}
