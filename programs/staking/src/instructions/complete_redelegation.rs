use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{
    books,
    error::StakingError,
    event::Redelegated,
    state::{OperatorStake, Position, StakePool, UnbondingTicket},
};

#[derive(Accounts)]
pub struct CompleteRedelegation {
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    /// The stake that the ticket comes from.
    #[account(mut)]
    pub source: Box<Account<OperatorStake>>,
    /// The position that the ticket comes from.
    #[account(mut)]
    pub source_position: Box<Account<Position>>,
    #[account(mut, close = wallet)]
    pub ticket: Box<Account<UnbondingTicket>>,
    /// The ticket's wallet: gets its rent.
    #[account(mut)]
    pub wallet: UncheckedAccount,
    #[account(mut)]
    pub destination: Box<Account<OperatorStake>>,
    /// The wallet's position at the destination. Anyone may open it.
    #[account(mut)]
    pub position: Box<Account<Position>>,
    /// Checked against the pool.
    pub reward_tokens: UncheckedAccount,
}

impl CompleteRedelegation {
    fn validate(&self, now_unix: i64) -> Result<()> {
        let ticket = &self.ticket;
        ticket.invariant()?;
        require!(self.source.pool == *self.pool.address(), StakingError::WrongPool);
        require!(ticket.operator_stake == *self.source.address(), StakingError::WrongOperatorStake);
        require!(ticket.position == *self.source_position.address(), StakingError::WrongPosition);
        require!(ticket.wallet == *self.wallet.address(), StakingError::WrongRentReceiver);
        require!(ticket.is_redelegation(), StakingError::TicketIsWithdrawal);
        // Of the same pool: looked at when the ticket was opened.
        require!(ticket.destination == *self.destination.address(), StakingError::WrongOperatorStake);
        require!(self.position.operator_stake == ticket.destination, StakingError::WrongOperatorStake);
        require!(self.position.wallet == ticket.wallet, StakingError::NotWallet);
        require!(now_unix >= ticket.release_unix, StakingError::TicketNotReleased);
        Ok(())
    }

    #[inline(always)]
    pub fn complete_redelegation(&mut self) -> Result<()> {
        self.validate(Clock::get()?.unix_timestamp)?;
        let pool_address = *self.pool.address();
        let (pool, from, to): (&mut StakePool, &mut OperatorStake, &mut OperatorStake) =
            (&mut self.pool, &mut self.source, &mut self.destination);
        books::fold_rewards(pool, &pool_address, self.reward_tokens.account())?;
        books::settle(pool, to, &mut self.position)?;
        let amount = books::release(pool, from, self.ticket.shares.get())?;
        if amount > Amount::ZERO {
            books::activate(pool, to, &mut self.position, amount)?;
        }
        let left = self.source_position.open_tickets.checked_sub(1).ok_or(StakingError::BooksBroken)?;
        self.source_position.open_tickets = left;
        pool.invariant()?;
        from.invariant()?;
        to.invariant()?;
        self.source_position.invariant()?;
        self.position.invariant()?;
        emit!(Redelegated {
            source: self.ticket.operator_stake,
            destination: self.ticket.destination,
            wallet: self.ticket.wallet,
            ticket: *self.ticket.address(),
            amount: amount.get(),
        });
        Ok(())
    }
}
