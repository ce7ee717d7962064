//! What this program needs of SPL Token and Token-2022: reading mints and token accounts, and transfers.

use anchor_lang::prelude::*;
use pinocchio::cpi::Seed;
use trellis_core::{
    Amount, pda,
    spl::{self, AccountFault, MintFault},
};
use trellis_cpi::token;

use crate::{error::StakingError, state::StakePool};

/// Errors unless `mint` is a mint of `token_program` that a pool can rely on.
#[inline(never)]
pub fn require_sound_mint(mint: &AccountView, token_program: &Address) -> Result<()> {
    let is_2022 = *token_program == Token2022::id();
    require!(is_2022 || *token_program == Token::id(), StakingError::WrongTokenProgram);
    require!(mint.owned_by(token_program), StakingError::InvalidMint);
    let mint = spl::mint(&mint.try_borrow()?, is_2022).map_err(|fault| match fault {
        MintFault::NotAMint => StakingError::InvalidMint,
        MintFault::Extension => StakingError::MintExtensionRefused,
    })?;
    require!(!mint.can_freeze, StakingError::MintCanFreeze);
    Ok(())
}

/// The owner of `account`, which must be an open, unfrozen token account of the pool's mint, but none of the pool's own.
#[inline(never)]
pub fn outside_account_owner(pool: &StakePool, account: &AccountView) -> Result<Address> {
    // A payment of the pool to itself would be booked without leaving it.
    let own = *account.address() == pool.stake_tokens || *account.address() == pool.reward_tokens;
    require!(!own, StakingError::InvalidTokenAccount);
    require!(account.owned_by(&pool.token_program), StakingError::InvalidTokenAccount);
    let data = account.try_borrow()?;
    match spl::account_owner(&data, || pool.token_program == Token2022::id(), pool.mint.as_array()) {
        Ok(owner) => Ok(Address::new_from_array(owner)),
        Err(AccountFault::NotAnAccount) => Err(StakingError::InvalidTokenAccount.into()),
        Err(AccountFault::OtherMint) => Err(StakingError::WrongMint.into()),
    }
}

/// What the token account holds, which must be known to be one.
#[inline(never)]
pub fn balance(account: &AccountView) -> Result<Amount> {
    Ok(spl::balance(&account.try_borrow()?).ok_or(StakingError::InvalidTokenAccount)?)
}

/// Transfers `amount` from `from` to `to`, as `wallet` has signed for.
#[inline(never)]
pub fn transfer_in(pool: &StakePool, from: &AccountView, to: &AccountView, wallet: &AccountView, amount: Amount) {
    token::transfer(&pool.token_program, from, to, wallet, amount.get(), &[]);
}

/// Transfers `amount` from `from`, one of the pool's token accounts, to `to`. `authority` is the pool's account.
#[inline(never)]
pub fn transfer_out(pool: &StakePool, from: &AccountView, to: &AccountView, authority: &AccountView, amount: Amount) {
    let bump = [pool.bump];
    let seeds = [Seed::from(pda::STAKE_POOL), Seed::from(pool.network.as_ref()), Seed::from(bump.as_ref())];
    token::transfer(&pool.token_program, from, to, authority, amount.get(), &seeds);
}
