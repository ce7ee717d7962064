use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    clock,
    error::RegistryError,
    event::SuspensionAppealed,
    state::{Device, Operator},
};

#[derive(Accounts)]
pub struct AppealSuspension {
    /// The operator's wallet.
    pub wallet: Signer,
    pub operator: Box<Account<Operator>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
}

impl AppealSuspension {
    #[inline(always)]
    pub fn appeal_suspension(&mut self, statement_hash: [u8; 32]) -> Result<()> {
        self.operator.invariant()?;
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        require!(self.device.operator == *self.operator.address(), RegistryError::WrongOperator);
        require!(self.device.is_suspended(), RegistryError::NotSuspended);
        require!(self.device.appealed_unix == 0, RegistryError::AlreadyAppealed);
        let device_address = *self.device.address();
        self.device.appeal_hash = statement_hash;
        self.device.appealed_unix = clock::now_unix()?;
        self.device.invariant()?;
        emit!(SuspensionAppealed { device: device_address, operator_index: self.operator.index, statement_hash });
        Ok(())
    }
}
