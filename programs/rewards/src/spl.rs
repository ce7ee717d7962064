//! What the hot paths need of the token programs, SPL Token and Token-2022: mints, token accounts, transfers; at an
//! eighth of the compute that the wrapped types cost.

use alloc::vec::Vec;

use anchor_lang::{create_account_with_signers, prelude::*};
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer as CpiSigner, invoke_signed_unchecked},
    instruction::{InstructionAccount, InstructionView},
};
use trellis_core::{
    Amount,
    spl::{self, ACCOUNT_BYTES, AccountFault, MintFault},
};

use crate::error::RewardsError;

const INITIALIZE_ACCOUNT_3: u8 = 18;
const TRANSFER: u8 = 3;
const TRANSFER_BYTES: usize = 9;
/// SPL Token: several instructions in one, each behind its number of accounts and of bytes.
const BATCH: u8 = 255;
const TRANSFER_ACCOUNTS: usize = 3;

/// Makes `account`, whose address `seeds` derive, a token account of `owner` for `mint`. None of the extensions that a mint
/// may have asks for room in its accounts.
pub fn create_token_account(
    payer: &AccountView,
    account: &AccountView,
    mint: &AccountView,
    owner: &Address,
    token_program: &Address,
    seeds: &[&[u8]],
) -> Result<()> {
    create_account_with_signers(payer, account, ACCOUNT_BYTES, token_program, Some(seeds), None)?;
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    data[1..].copy_from_slice(owner.as_ref());
    let accounts = [InstructionAccount::writable(account.address()), InstructionAccount::readonly(mint.address())];
    let views = [CpiAccount::from(account), CpiAccount::from(mint)];
    invoke(&InstructionView { program_id: token_program, accounts: &accounts, data: &data }, &views, &[]);
    Ok(())
}

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

/// Transfers `amount` from `from` to `to`, signed by the program-derived address `authority`.
#[inline(always)]
pub fn transfer(
    token_program: &Address,
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: u64,
    seeds: &[Seed],
) {
    let accounts = [
        InstructionAccount::writable(from.address()),
        InstructionAccount::writable(to.address()),
        InstructionAccount::readonly_signer(authority.address()),
    ];
    let data = transfer_data(amount);
    let views = [CpiAccount::from(from), CpiAccount::from(to), CpiAccount::from(authority)];
    invoke(&InstructionView { program_id: token_program, accounts: &accounts, data: &data }, &views, seeds);
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

#[inline(always)]
fn transfer_data(amount: u64) -> [u8; TRANSFER_BYTES] {
    let mut data = [TRANSFER; TRANSFER_BYTES];
    data[1..].copy_from_slice(&amount.to_le_bytes());
    data
}

/// Calls the token program, signed with `seeds`.
#[inline(always)]
#[allow(unsafe_code)]
fn invoke(instruction: &InstructionView, views: &[CpiAccount], seeds: &[Seed]) {
    // SAFETY: the token program writes to token accounts only, and callers hold no reference into their data: all are
    // unloaded accounts. The authority is passed read-only, so a loaded (borrowed) one cannot change under its reference.
    // A failing call ends the transaction.
    match seeds {
        [] => unsafe { invoke_signed_unchecked(instruction, views, &[]) },
        _ => unsafe { invoke_signed_unchecked(instruction, views, &[CpiSigner::from(seeds)]) },
    }
}
