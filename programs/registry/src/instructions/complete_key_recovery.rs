use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    clock,
    error::RegistryError,
    rekeying,
    state::{Device, Network},
};

#[derive(Accounts)]
pub struct CompleteKeyRecovery {
    /// Anybody. Pays for the new account.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    #[account(mut, close = rent_payer)]
    pub device: Box<Account<Device>>,
    #[account(mut)]
    pub new_device: UncheckedAccount,
    /// Whoever paid for the old account gets its rent back.
    #[account(mut, unsafe(dup))]
    pub rent_payer: UncheckedAccount,
    pub system_program: Program<System>,
}

impl CompleteKeyRecovery {
    fn validate(&self) -> Result<()> {
        let device = &self.device;
        device.invariant()?;
        require!(device.network == *self.network.address(), RegistryError::WrongNetwork);
        require!(device.rent_payer == *self.rent_payer.address(), RegistryError::WrongRentPayer);
        require!(device.has_pending_recovery(), RegistryError::NoRecovery);
        let now_unix = clock::now_unix()?;
        require!(now_unix >= device.recovery_effective_unix, RegistryError::RecoveryTooEarly);
        Ok(())
    }

    #[inline(always)]
    pub fn complete_key_recovery(&mut self) -> Result<()> {
        self.validate()?;
        let new_key = self.device.parse_key(&self.device.recovery_key)?;
        rekeying::move_device(&self.payer, &mut self.network, &self.device, &self.new_device, &new_key)
    }
}
