use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_registry_interface::state::Network;

use super::authority::require_vault_authority;
use crate::{constants::NO_LAST_EPOCH, error::RewardsError, event::VaultRetired, state::Vault};

#[derive(Accounts)]
pub struct RetireVault {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
}

impl RetireVault {
    /// Whatever is worked in the epoch that runs, and in the next, can still be paid: nobody loses it unannounced.
    fn validate(&self, last_epoch: u64, now_unix: i64) -> Result<()> {
        require_vault_authority(&self.network, &self.vault, &self.authority)?;
        require!(!self.vault.is_retired(), RewardsError::AlreadyRetired);
        // Before genesis no epoch runs: epoch 0 is the next.
        let running = self.vault.calendar().epoch_at(now_unix);
        let announced = running.is_none_or(|running| last_epoch > running.get());
        let sound = announced && last_epoch >= self.vault.next_epoch && last_epoch != NO_LAST_EPOCH;
        require!(sound, RewardsError::InvalidLastEpoch);
        Ok(())
    }

    #[inline(always)]
    pub fn retire_vault(&mut self, last_epoch: u64) -> Result<()> {
        self.validate(last_epoch, Clock::get()?.unix_timestamp)?;
        let address = *self.vault.address();
        let vault: &mut Vault = &mut self.vault;
        vault.last_epoch = last_epoch;
        vault.invariant()?;
        emit!(VaultRetired { vault: address, last_epoch });
        Ok(())
    }
}
