//! Where payments come from: what `claim`, `claim_range` and `sweep_vault` share.

use anchor_lang::prelude::*;
use pinocchio::cpi::Seed;
use trellis_core::pda;

use crate::{error::RewardsError, state::Vault};

/// Errors unless `tokens` and `token_program` are the vault's.
#[inline(always)]
pub fn require_source(vault: &Vault, tokens: &UncheckedAccount, token_program: &UncheckedAccount) -> Result<()> {
    require!(vault.token_account == *tokens.address(), RewardsError::WrongVaultTokens);
    require!(vault.token_program == *token_program.address(), RewardsError::WrongTokenProgram);
    Ok(())
}

/// Errors while the guardian's pause lasts. Reads the clock only if there may be one.
#[inline(always)]
pub fn require_not_paused(vault: &Vault) -> Result<()> {
    if vault.paused_until_unix != 0 {
        require!(!vault.is_paused(Clock::get()?.unix_timestamp), RewardsError::Paused);
    }
    Ok(())
}

/// Calls `pay` with the seeds that sign for the vault.
#[inline(always)]
pub fn with_seeds(vault: &Vault, pay: impl FnOnce(&[Seed])) {
    let (pool, bump) = (vault.pool.to_le_bytes(), [vault.bump]);
    pay(&[
        Seed::from(pda::VAULT),
        Seed::from(vault.network.as_ref()),
        Seed::from(vault.mint.as_ref()),
        Seed::from(pool.as_ref()),
        Seed::from(bump.as_ref()),
    ]);
}
