use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{
    books,
    error::StakingError,
    event::PositionClosed,
    state::{OperatorStake, Position, StakePool},
};

#[derive(Accounts)]
pub struct ClosePosition {
    /// Gets the rent.
    #[account(mut)]
    pub wallet: Signer,
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut, close = wallet)]
    pub position: Box<Account<Position>>,
    /// Checked against the pool.
    pub reward_tokens: UncheckedAccount,
}

impl ClosePosition {
    fn validate(&self) -> Result<()> {
        require!(self.operator_stake.pool == *self.pool.address(), StakingError::WrongPool);
        require!(self.position.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(self.position.wallet == *self.wallet.address(), StakingError::NotWallet);
        Ok(())
    }

    #[inline(always)]
    pub fn close_position(&mut self) -> Result<()> {
        self.validate()?;
        let pool_address = *self.pool.address();
        let (operator_stake, address) = (*self.operator_stake.address(), *self.position.address());
        let (pool, stake, position): (&mut StakePool, &mut OperatorStake, &mut Position) =
            (&mut self.pool, &mut self.operator_stake, &mut self.position);
        books::fold_rewards(pool, &pool_address, self.reward_tokens.account())?;
        books::settle(pool, stake, position)?;
        let is_empty = position.worth(stake) == Amount::ZERO
            && position.rewards().whole() == Amount::ZERO
            && position.open_tickets == 0;
        require!(is_empty, StakingError::PositionNotEmpty);
        books::deactivate(pool, stake, position, Amount::ZERO)?;
        pool.invariant()?;
        stake.invariant()?;
        position.invariant()?;
        emit!(PositionClosed { operator_stake, position: address, wallet: position.wallet });
        Ok(())
    }
}
