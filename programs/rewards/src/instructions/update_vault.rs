use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;
use trellis_registry_interface::state::Network;

use super::authority::require_vault_authority;
use crate::{event::VaultUpdated, state::Vault};

/// What is left out stays as it is. See [`crate::CreateVaultArgs`].
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct UpdateVaultArgs {
    pub guardian: Option<Address>,
    /// Holds for roots that become final from now on, approved ones too: lowering it stops a root that adds more.
    pub epoch_cap: Option<u64>,
    /// Holds for roots that are approved from now on.
    pub challenge_seconds: Option<u32>,
    pub breaker_capacity: Option<u64>,
    pub breaker_window_seconds: Option<u32>,
}

#[derive(Accounts)]
pub struct UpdateVault {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
}

impl UpdateVault {
    #[inline(always)]
    pub fn update_vault(&mut self, args: UpdateVaultArgs) -> Result<()> {
        require_vault_authority(&self.network, &self.vault, &self.authority)?;
        let now_unix = Clock::get()?.unix_timestamp;
        let address = *self.vault.address();
        let vault: &mut Vault = &mut self.vault;
        vault.guardian = args.guardian.unwrap_or(vault.guardian);
        vault.epoch_cap = args.epoch_cap.unwrap_or(vault.epoch_cap);
        vault.challenge_seconds = args.challenge_seconds.unwrap_or(vault.challenge_seconds);
        let capacity = Amount(args.breaker_capacity.unwrap_or(vault.breaker_capacity));
        let window_seconds = args.breaker_window_seconds.unwrap_or(vault.breaker_window_seconds);
        let breaker = vault.breaker().resized(capacity, window_seconds, now_unix);
        vault.set_breaker(breaker);
        vault.require_settings()?;
        vault.invariant()?;
        emit!(VaultUpdated {
            vault: address,
            guardian: vault.guardian,
            epoch_cap: vault.epoch_cap,
            challenge_seconds: vault.challenge_seconds,
            breaker_capacity: vault.breaker_capacity,
            breaker_window_seconds: vault.breaker_window_seconds,
        });
        Ok(())
    }
}
