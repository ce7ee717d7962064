use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    books,
    error::StakingError,
    event::Withdrawn,
    spl,
    state::{OperatorStake, Position, StakePool, UnbondingTicket},
};

#[derive(Accounts)]
pub struct Withdraw {
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub position: Box<Account<Position>>,
    #[account(mut, close = wallet)]
    pub ticket: Box<Account<UnbondingTicket>>,
    /// The ticket's wallet: gets its rent.
    #[account(mut)]
    pub wallet: UncheckedAccount,
    /// Checked against the pool; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub stake_tokens: UncheckedAccount,
    /// Any token account of the wallet.
    #[account(mut)]
    pub payout_tokens: UncheckedAccount,
    /// Checked against the pool.
    pub token_program: UncheckedAccount,
}

impl Withdraw {
    fn validate(&self, now_unix: i64) -> Result<()> {
        let (pool, ticket) = (&self.pool, &self.ticket);
        ticket.invariant()?;
        require!(self.operator_stake.pool == *pool.address(), StakingError::WrongPool);
        require!(ticket.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(ticket.position == *self.position.address(), StakingError::WrongPosition);
        require!(ticket.wallet == *self.wallet.address(), StakingError::WrongRentReceiver);
        require!(pool.stake_tokens == *self.stake_tokens.address(), StakingError::WrongStakeTokens);
        require!(pool.token_program == *self.token_program.address(), StakingError::WrongTokenProgram);
        let owner = spl::outside_account_owner(pool, self.payout_tokens.account())?;
        require!(owner == ticket.wallet, StakingError::WrongTokenOwner);
        require!(!ticket.is_redelegation(), StakingError::TicketIsRedelegation);
        require!(now_unix >= ticket.release_unix, StakingError::TicketNotReleased);
        Ok(())
    }

    #[inline(always)]
    pub fn withdraw(&mut self) -> Result<()> {
        self.validate(Clock::get()?.unix_timestamp)?;
        let operator_stake = *self.operator_stake.address();
        let (pool, stake, position): (&mut StakePool, &mut OperatorStake, &mut Position) =
            (&mut self.pool, &mut self.operator_stake, &mut self.position);
        let amount = books::release(pool, stake, self.ticket.shares.get())?;
        position.open_tickets = position.open_tickets.checked_sub(1).ok_or(StakingError::BooksBroken)?;
        pool.invariant()?;
        stake.invariant()?;
        position.invariant()?;
        let (from, to) = (self.stake_tokens.account(), self.payout_tokens.account());
        spl::transfer_out(&self.pool, from, to, self.pool.account(), amount);
        emit!(Withdrawn {
            operator_stake,
            wallet: self.ticket.wallet,
            ticket: *self.ticket.address(),
            amount: amount.get(),
        });
        Ok(())
    }
}
