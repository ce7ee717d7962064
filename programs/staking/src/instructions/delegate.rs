use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{
    books,
    error::StakingError,
    event::Delegated,
    spl,
    state::{OperatorStake, Position, StakePool},
};

#[derive(Accounts)]
pub struct Delegate {
    pub wallet: Signer,
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub position: Box<Account<Position>>,
    /// The tokens come from here; the token program checks that the wallet may move them.
    #[account(mut)]
    pub source_tokens: UncheckedAccount,
    /// Checked against the pool; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub stake_tokens: UncheckedAccount,
    /// Checked against the pool.
    pub reward_tokens: UncheckedAccount,
    /// Checked against the pool.
    pub token_program: UncheckedAccount,
}

impl Delegate {
    fn validate(&self, amount: u64) -> Result<()> {
        require!(self.operator_stake.pool == *self.pool.address(), StakingError::WrongPool);
        require!(self.position.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(self.position.wallet == *self.wallet.address(), StakingError::NotWallet);
        require!(self.pool.stake_tokens == *self.stake_tokens.address(), StakingError::WrongStakeTokens);
        require!(self.pool.token_program == *self.token_program.address(), StakingError::WrongTokenProgram);
        require!(amount > 0, StakingError::ZeroAmount);
        Ok(())
    }

    #[inline(always)]
    pub fn delegate(&mut self, amount: u64) -> Result<()> {
        self.validate(amount)?;
        let pool_address = *self.pool.address();
        let operator_stake = *self.operator_stake.address();
        let (pool, stake, position): (&mut StakePool, &mut OperatorStake, &mut Position) =
            (&mut self.pool, &mut self.operator_stake, &mut self.position);
        books::fold_rewards(pool, &pool_address, self.reward_tokens.account())?;
        books::settle(pool, stake, position)?;
        books::activate(pool, stake, position, Amount(amount))?;
        pool.invariant()?;
        stake.invariant()?;
        position.invariant()?;
        let (wallet, active_tokens) = (position.wallet, stake.active_tokens);
        let (from, to) = (self.source_tokens.account(), self.stake_tokens.account());
        spl::transfer_in(&self.pool, from, to, self.wallet.account(), Amount(amount));
        emit!(Delegated { operator_stake, wallet, amount, active_tokens });
        Ok(())
    }
}
