use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_registry_interface::state::Network;

use super::authority::require_vault_authority;
use crate::{constants::PAUSE_REST_SECONDS, error::RewardsError, event::VaultUnpaused, state::Vault};

#[derive(Accounts)]
pub struct UnpauseVault {
    /// The vault's guardian or the network's authority.
    pub signer: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
}

impl UnpauseVault {
    fn validate(&self, now_unix: i64) -> Result<()> {
        if self.vault.guardian != *self.signer.address() {
            require_vault_authority(&self.network, &self.vault, &self.signer)?;
        }
        require!(self.vault.network == *self.network.address(), RewardsError::WrongNetwork);
        require!(self.vault.is_paused(now_unix), RewardsError::NotPaused);
        Ok(())
    }

    #[inline(always)]
    pub fn unpause_vault(&mut self) -> Result<()> {
        let now_unix = Clock::get()?.unix_timestamp;
        self.validate(now_unix)?;
        let (address, by) = (*self.vault.address(), *self.signer.address());
        let vault: &mut Vault = &mut self.vault;
        vault.paused_until_unix = 0;
        vault.next_pause_unix = now_unix.checked_add(i64::from(PAUSE_REST_SECONDS)).ok_or(RewardsError::Overflow)?;
        vault.invariant()?;
        emit!(VaultUnpaused { vault: address, by });
        Ok(())
    }
}
