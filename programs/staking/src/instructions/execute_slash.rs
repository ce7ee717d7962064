use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{
    books,
    constants::SLASH_EXECUTED,
    error::StakingError,
    event::SlashExecuted,
    spl,
    state::{OperatorStake, SlashProposal, StakePool},
};

#[derive(Accounts)]
pub struct ExecuteSlash {
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub proposal: Box<Account<SlashProposal>>,
    /// Checked against the pool.
    pub reward_tokens: UncheckedAccount,
    /// Checked against the pool; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub stake_tokens: UncheckedAccount,
    /// Checked against the pool.
    #[account(mut)]
    pub slash_destination: UncheckedAccount,
    /// Checked against the pool.
    pub token_program: UncheckedAccount,
}

impl ExecuteSlash {
    fn validate(&self, now_unix: i64) -> Result<()> {
        let (pool, proposal) = (&self.pool, &self.proposal);
        require!(self.operator_stake.pool == *pool.address(), StakingError::WrongPool);
        require!(proposal.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(pool.stake_tokens == *self.stake_tokens.address(), StakingError::WrongStakeTokens);
        require!(pool.slash_destination == *self.slash_destination.address(), StakingError::WrongSlashDestination);
        require!(pool.token_program == *self.token_program.address(), StakingError::WrongTokenProgram);
        proposal.require_open()?;
        require!(now_unix >= proposal.effective_unix, StakingError::SlashNotEffective);
        require!(now_unix < proposal.expires_unix, StakingError::SlashExpired);
        Ok(())
    }

    #[inline(always)]
    pub fn execute_slash(&mut self) -> Result<()> {
        let now_unix = Clock::get()?.unix_timestamp;
        self.validate(now_unix)?;
        let pool_address = *self.pool.address();
        let proposal_address = *self.proposal.address();
        let (pool, stake, proposal): (&mut StakePool, &mut OperatorStake, &mut SlashProposal) =
            (&mut self.pool, &mut self.operator_stake, &mut self.proposal);
        let epoch = pool.epoch_at(now_unix);
        // Both are at most 5,000.
        let in_epoch = stake.slashed_bps_in(epoch).saturating_add(proposal.bps);
        require!(in_epoch <= pool.max_slash_bps_per_epoch, StakingError::SlashAboveEpochCap);
        stake.slash_epoch = epoch;
        stake.slashed_bps = in_epoch;
        books::fold_rewards(pool, &pool_address, self.reward_tokens.account())?;
        let amount = books::slash(pool, stake, proposal.bps)?;
        proposal.status = SLASH_EXECUTED;
        pool.invariant()?;
        stake.invariant()?;
        proposal.invariant()?;
        let (operator_stake, bps) = (proposal.operator_stake, proposal.bps);
        if amount > Amount::ZERO {
            let (from, to) = (self.stake_tokens.account(), self.slash_destination.account());
            spl::transfer_out(&self.pool, from, to, self.pool.account(), amount);
        }
        emit!(SlashExecuted { operator_stake, proposal: proposal_address, bps, amount: amount.get() });
        Ok(())
    }
}
