use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    constants::{MAX_PAUSE_SECONDS, PAUSE_REST_SECONDS},
    error::RewardsError,
    event::VaultPaused,
    state::Vault,
};

#[derive(Accounts)]
pub struct PauseVault {
    pub guardian: Signer,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
}

impl PauseVault {
    #[inline(always)]
    pub fn pause_vault(&mut self, seconds: u32) -> Result<()> {
        require!(self.vault.guardian == *self.guardian.address(), RewardsError::NotGuardian);
        require!((1..=MAX_PAUSE_SECONDS).contains(&seconds), RewardsError::InvalidPause);
        let now_unix = Clock::get()?.unix_timestamp;
        let address = *self.vault.address();
        let vault: &mut Vault = &mut self.vault;
        require!(now_unix >= vault.next_pause_unix, RewardsError::PausedTooSoon);
        let until_unix = now_unix.checked_add(i64::from(seconds)).ok_or(RewardsError::Overflow)?;
        vault.paused_until_unix = until_unix;
        vault.next_pause_unix = until_unix.checked_add(i64::from(PAUSE_REST_SECONDS)).ok_or(RewardsError::Overflow)?;
        vault.invariant()?;
        emit!(VaultPaused { vault: address, until_unix });
        Ok(())
    }
}
