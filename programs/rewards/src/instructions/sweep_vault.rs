use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;
use trellis_cpi::token;
use trellis_registry_interface::state::Network;

use trellis_rewards_claims::source::{require_not_paused, require_source, with_seeds};

use super::authority::require_vault_authority;
use crate::{error::RewardsError, event::VaultSwept, spl, state::Vault};

#[derive(Accounts)]
pub struct SweepVault {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    /// Signs for its tokens; nothing in it changes.
    pub vault: Box<Account<Vault>>,
    /// Checked against the vault; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub vault_tokens: UncheckedAccount,
    /// Any token account of the vault's mint.
    #[account(mut)]
    pub receiving_tokens: UncheckedAccount,
    /// The one of the vault's mint.
    pub token_program: UncheckedAccount,
}

impl SweepVault {
    /// Checks everything; what the vault holds and does not owe.
    fn validate(&self) -> Result<Amount> {
        let vault = &self.vault;
        vault.invariant()?;
        require_vault_authority(&self.network, vault, &self.authority)?;
        require_source(vault, &self.vault_tokens, &self.token_program)?;
        require_not_paused(vault)?;
        require!(vault.is_retired() && vault.next_epoch > vault.last_epoch, RewardsError::StillNeeded);
        spl::receiver(self.receiving_tokens.account(), &vault.token_program, &vault.mint)?;
        let owed = vault.owed().ok_or(RewardsError::ClaimedAbovePromised)?;
        let balance = spl::balance(self.vault_tokens.account())?;
        let spare = balance.checked_sub(owed).unwrap_or_default();
        require!(spare > Amount::ZERO, RewardsError::NothingToSweep);
        Ok(spare)
    }

    #[inline(always)]
    pub fn sweep_vault(&mut self) -> Result<()> {
        let amount = self.validate()?.get();
        let vault = &self.vault;
        let (from, to) = (self.vault_tokens.account(), self.receiving_tokens.account());
        with_seeds(vault, |seeds| token::transfer(&vault.token_program, from, to, vault.account(), amount, seeds));
        emit!(VaultSwept { vault: *vault.address(), receiving_tokens: *to.address(), amount });
        Ok(())
    }
}
