//! What this program needs of SPL Token and Token-2022: reading mints and token accounts, opening one, transfers. By
//! hand, at an eighth of the compute that the wrapped types cost, and without a reference into what is passed on.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer as CpiSigner, invoke_signed_unchecked},
    instruction::{InstructionAccount, InstructionView},
};
use trellis_core::{
    Amount, pda,
    spl::{self, ACCOUNT_BYTES, AccountFault, MintFault},
};

use crate::{error::StakingError, state::StakePool};

const TRANSFER: u8 = 3;
const INITIALIZE_ACCOUNT_3: u8 = 18;

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

/// Creates `account` at the address that `seeds` sign for, as a token account of `owner` for `mint`.
#[inline(never)]
#[allow(unsafe_code)]
pub fn open_account(
    payer: &AccountView,
    account: &AccountView,
    mint: &AccountView,
    owner: &Address,
    token_program: &Address,
    seeds: &[&[u8]],
) -> Result<()> {
    anchor_lang::create_account_with_signers(payer, account, ACCOUNT_BYTES, token_program, Some(seeds), None)?;
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    data[1..].copy_from_slice(owner.as_ref());
    let accounts = [InstructionAccount::writable(account.address()), InstructionAccount::readonly(mint.address())];
    let instruction = InstructionView { program_id: token_program, accounts: &accounts, data: &data };
    // SAFETY: both are unloaded accounts: callers hold no reference into their data.
    unsafe { invoke_signed_unchecked(&instruction, &[CpiAccount::from(account), CpiAccount::from(mint)], &[]) };
    Ok(())
}

/// Transfers `amount` from `from` to `to`, as `wallet` has signed for.
#[inline(never)]
pub fn transfer_in(pool: &StakePool, from: &AccountView, to: &AccountView, wallet: &AccountView, amount: Amount) {
    transfer(&pool.token_program, from, to, wallet, amount, &[]);
}

/// Transfers `amount` from `from`, one of the pool's token accounts, to `to`. `authority` is the pool's account.
#[inline(never)]
pub fn transfer_out(pool: &StakePool, from: &AccountView, to: &AccountView, authority: &AccountView, amount: Amount) {
    let bump = [pool.bump];
    let seeds = [Seed::from(pda::STAKE_POOL), Seed::from(pool.network.as_ref()), Seed::from(bump.as_ref())];
    transfer(&pool.token_program, from, to, authority, amount, &[CpiSigner::from(&seeds)]);
}

#[allow(unsafe_code)]
#[inline(never)]
fn transfer(
    token_program: &Address,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: Amount,
    signers: &[CpiSigner],
) {
    let mut data = [TRANSFER; 9];
    data[1..].copy_from_slice(&amount.get().to_le_bytes());
    let accounts = [
        InstructionAccount::writable(from.address()),
        InstructionAccount::writable(to.address()),
        InstructionAccount::readonly_signer(authority.address()),
    ];
    let instruction = InstructionView { program_id: token_program, accounts: &accounts, data: &data };
    let views = [CpiAccount::from(from), CpiAccount::from(to), CpiAccount::from(authority)];
    // SAFETY: the token program writes to `from` and `to` only, and callers hold no reference into their data: both are
    // unloaded accounts. `authority` is passed read-only, so a loaded (borrowed) one cannot change under its reference.
    // A failing transfer ends the transaction.
    unsafe { invoke_signed_unchecked(&instruction, &views, signers) }
}
