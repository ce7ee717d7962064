//! What the hot path needs of the SPL Token program: reading an account and transferring, at an eighth of the compute
//! that the wrapped types cost.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer as CpiSigner, invoke_signed_unchecked},
    instruction::{InstructionAccount, InstructionView},
};

use crate::error::RewardsError;

/// Layout of a token account: mint, owner, amount, …, state. Source: `spl_token_interface::state::Account`.
const ACCOUNT_BYTES: usize = 165;
const MINT: usize = 0;
const OWNER: usize = 32;
const STATE: usize = 108;
const INITIALIZED: u8 = 1;
const TRANSFER: u8 = 3;

/// Mint and owner of an open, unfrozen token account.
pub struct TokenAccountView {
    pub mint: Address,
    pub owner: Address,
}

/// Reads `account`, which must be an initialized and unfrozen account of the SPL Token program.
#[inline(always)]
pub fn read_token_account(account: &AccountView) -> Result<TokenAccountView> {
    require!(account.owned_by(&Token::id()), RewardsError::InvalidPayoutAccount);
    let data = account.try_borrow()?;
    require!(data.len() == ACCOUNT_BYTES, RewardsError::InvalidPayoutAccount);
    require!(data[STATE] == INITIALIZED, RewardsError::InvalidPayoutAccount);
    let address_at = |offset: usize| {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&data[offset..offset + 32]);
        Address::new_from_array(bytes)
    };
    Ok(TokenAccountView { mint: address_at(MINT), owner: address_at(OWNER) })
}

/// Transfers `amount` from `from` to `to`, signed by the program-derived address `authority`.
#[inline(always)]
#[allow(unsafe_code)]
pub fn transfer(from: &AccountView, to: &AccountView, authority: &AccountView, amount: u64, seeds: &[Seed]) {
    let mut data = [TRANSFER; 9];
    data[1..].copy_from_slice(&amount.to_le_bytes());
    let accounts = [
        InstructionAccount::writable(from.address()),
        InstructionAccount::writable(to.address()),
        InstructionAccount::readonly_signer(authority.address()),
    ];
    let program_id = Token::id();
    let instruction = InstructionView { program_id: &program_id, accounts: &accounts, data: &data };
    let views = [CpiAccount::from(from), CpiAccount::from(to), CpiAccount::from(authority)];
    // SAFETY: the token program writes to `from` and `to` only, and callers hold no reference into their data: both
    // are unloaded accounts. `authority` is passed read-only, so a loaded (borrowed) one cannot change under its
    // reference. A failing transfer ends the transaction.
    unsafe { invoke_signed_unchecked(&instruction, &views, &[CpiSigner::from(seeds)]) }
}
