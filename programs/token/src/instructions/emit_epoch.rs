use anchor_lang::prelude::*;
use pinocchio::cpi::{Seed, Signer as CpiSigner};
use pinocchio_token::instructions::MintTo;
use trellis_core::{Amount, Epoch, pda};

use crate::{error::TokenError, event::EpochEmitted, state::Emission};

#[derive(Accounts)]
pub struct EmitEpoch {
    #[account(mut)]
    pub emission: Account<Emission>,
    /// Checked against the emission; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub mint: UncheckedAccount,
    /// Checked by the token program: nobody else can sign for minting.
    pub mint_authority: UncheckedAccount,
    /// Checked against the emission; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub reward_account: UncheckedAccount,
    pub token_program: Program<Token>,
}

impl EmitEpoch {
    fn validate(&self, epoch: Epoch, now_unix: i64) -> Result<()> {
        require!(self.emission.mint == *self.mint.address(), TokenError::WrongMint);
        require!(self.emission.reward_account == *self.reward_account.address(), TokenError::WrongRewardAccount);
        let next = Epoch(self.emission.next_epoch);
        require!(epoch >= next, TokenError::EpochAlreadyEmitted);
        require!(epoch == next, TokenError::EpochOutOfOrder);
        require!(self.emission.calendar().has_elapsed(epoch, now_unix), TokenError::EpochNotElapsed);
        Ok(())
    }

    #[inline(always)]
    pub fn emit_epoch(&mut self, epoch: u64) -> Result<()> {
        let epoch = Epoch(epoch);
        self.validate(epoch, Clock::get()?.unix_timestamp)?;
        let mut progress = self.emission.progress();
        let amount = progress.emit_next(&self.emission.schedule()).ok_or(TokenError::CapExceeded)?;
        self.emission.set_progress(progress);
        self.emission.invariant()?;
        self.mint(amount)?;
        emit!(EpochEmitted {
            network: self.emission.network,
            epoch: epoch.get(),
            amount: amount.get(),
            emitted: progress.emitted.get(),
        });
        Ok(())
    }

    fn mint(&self, amount: Amount) -> Result<()> {
        let bump = [self.emission.mint_authority_bump];
        let seeds =
            [Seed::from(pda::MINT_AUTHORITY), Seed::from(self.emission.network.as_ref()), Seed::from(bump.as_ref())];
        MintTo::new(self.mint.account(), self.reward_account.account(), self.mint_authority.account(), amount.get())
            .invoke_signed(&[CpiSigner::from(&seeds)])
    }
}
