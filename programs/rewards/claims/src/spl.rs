//! What the hot paths need of the token programs, SPL Token and Token-2022: mints, token accounts, transfers; at an
//! eighth of the compute that the wrapped types cost.

use alloc::vec::Vec;

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, Seed},
    instruction::{InstructionAccount, InstructionView},
};
use trellis_core::{
    Amount,
    spl::{self, AccountFault, MintFault},
};
use trellis_cpi::token::{TRANSFER_BYTES, invoke, transfer, transfer_data};

use crate::error::RewardsError;

/// SPL Token: several instructions in one, each behind its number of accounts and of bytes.
const BATCH: u8 = 255;
const TRANSFER_ACCOUNTS: usize = 3;

/// Errors unless `mint` is a mint of `token_program`, SPL Token or Token-2022, under which a vault's sums add up.
pub fn require_supported(mint: &AccountView, token_program: &Address) -> Result<()> {
    require!(mint.owned_by(token_program), RewardsError::InvalidMint);
    let read = spl::mint(&mint.try_borrow()?, *token_program == Token2022::id());
    read.map(drop).map_err(|fault| match fault {
        MintFault::NotAMint => RewardsError::InvalidMint.into(),
        MintFault::Extension => RewardsError::UnsupportedMint.into(),
    })
}

/// The owner of `account`, which must be an initialized and unfrozen account of `token_program` for `mint`.
#[inline(always)]
pub fn receiver(account: &AccountView, token_program: &Address, mint: &Address) -> Result<Address> {
    require!(account.owned_by(token_program), RewardsError::InvalidPayoutAccount);
    let data = account.try_borrow()?;
    match spl::account_owner(&data, || *token_program == Token2022::id(), mint.as_array()) {
        Ok(owner) => Ok(Address::new_from_array(owner)),
        Err(AccountFault::NotAnAccount) => Err(RewardsError::InvalidPayoutAccount.into()),
        Err(AccountFault::OtherMint) => Err(RewardsError::WrongPayoutMint.into()),
    }
}

/// Tokens in `account`, which must be a token account: the caller knows it by its address.
pub fn balance(account: &AccountView) -> Result<Amount> {
    Ok(spl::balance(&account.try_borrow()?).ok_or(RewardsError::WrongVaultTokens)?)
}

/// Transfers each payment (to whom, how much) from `from`: in one call where the token program is SPL Token, whose
/// present version takes a batch, in one call each where it is Token-2022.
#[inline(never)]
pub fn transfer_all<'a>(
    token_program: &Address,
    from: &AccountView,
    payments: impl Iterator<Item = (&'a AccountView, u64)> + Clone,
    authority: &AccountView,
    seeds: &[Seed],
) {
    let count = payments.clone().count();
    if count == 1 || *token_program == Token2022::id() {
        payments.for_each(|(to, amount)| transfer(token_program, from, to, authority, amount, seeds));
        return;
    }
    let mut accounts = Vec::with_capacity(TRANSFER_ACCOUNTS * count);
    let mut views = Vec::with_capacity(2 + count);
    let mut data = Vec::with_capacity(1 + (2 + TRANSFER_BYTES) * count);
    views.extend([CpiAccount::from(from), CpiAccount::from(authority)]);
    data.push(BATCH);
    for (to, amount) in payments {
        accounts.push(InstructionAccount::writable(from.address()));
        accounts.push(InstructionAccount::writable(to.address()));
        accounts.push(InstructionAccount::readonly_signer(authority.address()));
        views.push(CpiAccount::from(to));
        data.extend_from_slice(&[TRANSFER_ACCOUNTS as u8, TRANSFER_BYTES as u8]);
        data.extend_from_slice(&transfer_data(amount));
    }
    invoke(&InstructionView { program_id: token_program, accounts: &accounts, data: &data }, &views, seeds);
}
