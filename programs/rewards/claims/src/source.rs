//! Where payments come from: what `claim`, `claim_range` and `sweep_vault` share.

use anchor_lang::prelude::*;
use pinocchio::cpi::Seed;
use trellis_core::pda;

use crate::{
    error::RewardsError,
    state::{ClaimPage, Vault},
};

/// The vault and the page that a claim writes.
pub struct Books<'a> {
    pub vault: Account<Vault>,
    pub page: &'a mut Account<ClaimPage>,
}

impl<'a> Books<'a> {
    /// Errors unless the vault is one, and the page is the vault's.
    #[inline(always)]
    pub fn open(vault: &UncheckedAccount, page: &'a mut Account<ClaimPage>) -> Result<Self> {
        let books = Self { vault: load(vault)?, page };
        require!(books.page.vault == *books.vault.address(), RewardsError::WrongVault);
        Ok(books)
    }

    /// Counts what is about to be paid.
    #[inline(always)]
    pub fn count(&mut self, amount: u64) -> Result<()> {
        self.page.invariant()?;
        let vault: &mut Vault = &mut self.vault;
        vault.claimed_total = vault.claimed_total.checked_add(amount).ok_or(RewardsError::Overflow)?;
        vault.invariant()
    }
}

/// Loads an account that is declared mutable and nothing else, and checks its owner and type. Here rather than by Anchor's
/// derive, which would do it in the program's crate, compiled for size: that is hundreds of units of compute.
#[inline(always)]
#[allow(unsafe_code)]
pub fn load<T: AnchorAccount>(account: &UncheckedAccount) -> Result<T> {
    // SAFETY: no two mutable accounts of an instruction are the same one, and each is loaded once.
    unsafe { T::load_mut(*account.account()) }
}

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
