//! Token accounts and transfers, of SPL Token and Token-2022.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer as CpiSigner, invoke_signed_unchecked},
    instruction::{InstructionAccount, InstructionView},
};
use trellis_core::spl::ACCOUNT_BYTES;

use crate::Place;

const INITIALIZE_ACCOUNT_3: u8 = 18;
const TRANSFER: u8 = 3;
/// Length of a transfer's data.
pub const TRANSFER_BYTES: usize = 9;

/// Makes a token account of `owner` for `mint` at `place`, and gives its bump. None of the extensions that a supported mint
/// may have asks for room in its accounts.
#[inline(never)]
pub fn create_account(place: &Place, mint: &AccountView, owner: &Address, token_program: &Address) -> Result<u8> {
    let bump = place.create(ACCOUNT_BYTES, token_program)?;
    let account = place.account;
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    data[1..].copy_from_slice(owner.as_ref());
    let accounts = [InstructionAccount::writable(account.address()), InstructionAccount::readonly(mint.address())];
    let views = [CpiAccount::from(account), CpiAccount::from(mint)];
    invoke(&InstructionView { program_id: token_program, accounts: &accounts, data: &data }, &views, &[]);
    Ok(bump)
}

/// Transfers `amount` from `from` to `to`; `authority` has signed, or is the program-derived address of `seeds`.
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

/// The data of a transfer.
#[inline(always)]
pub fn transfer_data(amount: u64) -> [u8; TRANSFER_BYTES] {
    let mut data = [TRANSFER; TRANSFER_BYTES];
    data[1..].copy_from_slice(&amount.to_le_bytes());
    data
}

/// Calls the token program, signed with `seeds` if there are any.
#[inline(always)]
#[allow(unsafe_code)]
pub fn invoke(instruction: &InstructionView, views: &[CpiAccount], seeds: &[Seed]) {
    // SAFETY: the token program writes to token accounts only, and callers hold no reference into their data: all are
    // unloaded accounts. The authority is passed read-only, so a loaded (borrowed) one cannot change under its reference.
    // A failing call ends the transaction.
    match seeds {
        [] => unsafe { invoke_signed_unchecked(instruction, views, &[]) },
        _ => unsafe { invoke_signed_unchecked(instruction, views, &[CpiSigner::from(seeds)]) },
    }
}
