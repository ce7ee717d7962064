use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::RewardsError, event::VoteWithdrawn, state::Vault};

#[derive(Accounts)]
pub struct WithdrawVote {
    pub oracle: Signer,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
}

impl WithdrawVote {
    #[inline(always)]
    pub fn withdraw_vote(&mut self) -> Result<()> {
        let (address, oracle) = (*self.vault.address(), *self.oracle.address());
        let vault: &mut Vault = &mut self.vault;
        let position = vault.oracle_position(&oracle).ok_or(RewardsError::NotOracle)?;
        vault.require_open_vote()?;
        require!(vault.ballots[position] != 0, RewardsError::NotVoted);
        vault.ballots[position] = 0;
        vault.invariant()?;
        emit!(VoteWithdrawn { vault: address, oracle, epoch: vault.next_epoch });
        Ok(())
    }
}
