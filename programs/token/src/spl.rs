//! Calls of the mint's token program, which is SPL Token or Token-2022: both know these instructions by the same bytes.
//!
//! The wrapped types cost several times the compute, and a loaded account could not be passed on.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{Signer as CpiSigner, invoke_signed},
    instruction::{InstructionAccount, InstructionView},
};

const MINT_TO: u8 = 7;
const BURN: u8 = 8;

/// A mint and the program that it belongs to.
pub struct TokenMint<'a> {
    pub token_program: &'a Address,
    pub mint: &'a AccountView,
}

impl TokenMint<'_> {
    /// Mints `amount` to `account`, signed by the program-derived address `authority`.
    #[inline(always)]
    pub fn mint_to(
        &self,
        account: &AccountView,
        authority: &AccountView,
        amount: u64,
        signer: &CpiSigner,
    ) -> Result<()> {
        let accounts = [
            InstructionAccount::writable(self.mint.address()),
            InstructionAccount::writable(account.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ];
        self.invoke(&accounts, &[self.mint, account, authority], MINT_TO, amount, core::slice::from_ref(signer))
    }

    /// Burns `amount` of the tokens in `account`, which `owner` has signed for.
    #[inline(always)]
    pub fn burn(&self, account: &AccountView, owner: &AccountView, amount: u64) -> Result<()> {
        let accounts = [
            InstructionAccount::writable(account.address()),
            InstructionAccount::writable(self.mint.address()),
            InstructionAccount::readonly_signer(owner.address()),
        ];
        self.invoke(&accounts, &[account, self.mint, owner], BURN, amount, &[])
    }

    #[inline(always)]
    fn invoke(
        &self,
        accounts: &[InstructionAccount],
        views: &[&AccountView; 3],
        kind: u8,
        amount: u64,
        signers: &[CpiSigner],
    ) -> Result<()> {
        let mut data = [kind; 9];
        data[1..].copy_from_slice(&amount.to_le_bytes());
        invoke_signed(&InstructionView { program_id: self.token_program, accounts, data: &data }, views, signers)
    }
}
