use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{
    books,
    error::StakingError,
    event::RewardsClaimed,
    spl,
    state::{OperatorStake, Position, StakePool},
};

#[derive(Accounts)]
pub struct ClaimStakeRewards {
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub position: Box<Account<Position>>,
    /// Checked against the pool; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub reward_tokens: UncheckedAccount,
    /// Any token account of the position's wallet.
    #[account(mut)]
    pub payout_tokens: UncheckedAccount,
    /// Checked against the pool.
    pub token_program: UncheckedAccount,
}

impl ClaimStakeRewards {
    fn validate(&self) -> Result<()> {
        self.operator_stake.invariant()?;
        require!(self.operator_stake.pool == *self.pool.address(), StakingError::WrongPool);
        require!(self.position.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(self.pool.token_program == *self.token_program.address(), StakingError::WrongTokenProgram);
        let owner = spl::outside_account_owner(&self.pool, self.payout_tokens.account())?;
        require!(owner == self.position.wallet, StakingError::WrongTokenOwner);
        Ok(())
    }

    #[inline(always)]
    pub fn claim_stake_rewards(&mut self) -> Result<()> {
        self.validate()?;
        let pool_address = *self.pool.address();
        let operator_stake = *self.operator_stake.address();
        let (pool, position): (&mut StakePool, &mut Position) = (&mut self.pool, &mut self.position);
        books::fold_rewards(pool, &pool_address, self.reward_tokens.account())?;
        books::settle(pool, &self.operator_stake, position)?;
        let mut rewards = position.rewards();
        let amount = rewards.take_whole();
        require!(amount > Amount::ZERO, StakingError::NothingToClaim);
        position.set_rewards(rewards);
        position.claimed_total = position.claimed_total.checked_add(amount.get()).ok_or(StakingError::Overflow)?;
        let mut rewards = pool.rewards();
        rewards.pay(amount).ok_or(StakingError::BooksBroken)?;
        pool.set_rewards(rewards);
        pool.invariant()?;
        position.invariant()?;
        let wallet = position.wallet;
        let (from, to) = (self.reward_tokens.account(), self.payout_tokens.account());
        spl::transfer_out(&self.pool, from, to, self.pool.account(), amount);
        emit!(RewardsClaimed { operator_stake, wallet, amount: amount.get() });
        Ok(())
    }
}
