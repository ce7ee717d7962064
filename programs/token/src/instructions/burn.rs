use alloc::string::String;

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{constants::MAX_MEMO_BYTES, error::TokenError, event::TokensBurned, spl::TokenMint, state::Emission};

#[derive(Accounts)]
pub struct Burn {
    /// Owner of the tokens, or whom the owner lets spend them.
    pub owner: Signer,
    #[account(mut)]
    pub emission: Account<Emission>,
    /// Checked against the emission; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub mint: UncheckedAccount,
    /// Checked by the token program: of the mint, and the owner's.
    #[account(mut)]
    pub tokens: UncheckedAccount,
    /// Checked against the emission.
    pub token_program: UncheckedAccount,
}

impl Burn {
    fn validate(&self, amount: Amount, memo: &str) -> Result<()> {
        require!(self.emission.mint == *self.mint.address(), TokenError::WrongMint);
        require!(self.emission.token_program == *self.token_program.address(), TokenError::WrongTokenProgram);
        require!(amount > Amount::ZERO, TokenError::ZeroBurn);
        require!(memo.len() <= MAX_MEMO_BYTES, TokenError::MemoTooLong);
        Ok(())
    }

    #[inline(always)]
    pub fn burn(&mut self, amount: u64, memo: String) -> Result<()> {
        self.validate(Amount(amount), &memo)?;
        let mut supply = self.emission.supply();
        supply.burn(Amount(amount)).ok_or(TokenError::Overflow)?;
        self.emission.set_supply(supply);
        self.emission.invariant()?;
        TokenMint { token_program: self.token_program.address(), mint: self.mint.account() }.burn(
            self.tokens.account(),
            self.owner.account(),
            amount,
        )?;
        emit!(TokensBurned {
            network: self.emission.network,
            owner: *self.owner.address(),
            amount,
            burned: self.emission.burned,
            memo,
        });
        Ok(())
    }
}
