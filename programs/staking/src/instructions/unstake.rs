use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{Amount, pda};
use trellis_cpi::record;

use crate::{
    books,
    constants::ACCOUNT_VERSION,
    error::StakingError,
    event::Unstaked,
    state::{OperatorStake, Position, StakePool, UnbondingTicket},
};

#[derive(Accounts)]
pub struct Unstake {
    /// May be the wallet too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub wallet: Signer,
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub position: Box<Account<Position>>,
    /// The stake of the operator to move to; this program's address if the wallet is to be paid.
    pub destination: Option<Box<Account<OperatorStake>>>,
    /// Checked against the pool.
    pub reward_tokens: UncheckedAccount,
    #[account(mut)]
    pub ticket: UncheckedAccount,
    pub system_program: Program<System>,
}

impl Unstake {
    fn validate(&self, amount: u64) -> Result<()> {
        require!(self.operator_stake.pool == *self.pool.address(), StakingError::WrongPool);
        require!(self.position.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(self.position.wallet == *self.wallet.address(), StakingError::NotWallet);
        if let Some(destination) = &self.destination {
            destination.invariant()?;
            require!(destination.pool == *self.pool.address(), StakingError::WrongPool);
        }
        require!(amount > 0, StakingError::ZeroAmount);
        Ok(())
    }

    #[inline(always)]
    pub fn unstake(&mut self, amount: u64) -> Result<()> {
        self.validate(amount)?;
        let pool_address = *self.pool.address();
        let operator_stake = *self.operator_stake.address();
        let position_address = *self.position.address();
        let ticket_address = *self.ticket.address();
        let destination = self.destination.as_ref().map_or(Address::default(), |stake| *stake.address());
        let (pool, stake, position): (&mut StakePool, &mut OperatorStake, &mut Position) =
            (&mut self.pool, &mut self.operator_stake, &mut self.position);
        books::fold_rewards(pool, &pool_address, self.reward_tokens.account())?;
        books::settle(pool, stake, position)?;
        books::deactivate(pool, stake, position, Amount(amount))?;
        let shares = books::unbond(pool, stake, Amount(amount))?;
        let number = position.ticket_count;
        position.ticket_count = number.checked_add(1).ok_or(StakingError::Overflow)?;
        position.open_tickets = position.open_tickets.checked_add(1).ok_or(StakingError::Overflow)?;
        pool.invariant()?;
        stake.invariant()?;
        position.invariant()?;

        let cooldown = i64::from(pool.unstake_cooldown_seconds);
        let release_unix = Clock::get()?.unix_timestamp.checked_add(cooldown).ok_or(StakingError::Overflow)?;
        let wallet = position.wallet;
        let seeds = [pda::UNBONDING_TICKET, position_address.as_ref(), bytemuck::bytes_of(&number)];
        let (mut ticket, bump) = record::create::<UnbondingTicket>(&self.payer, &self.ticket, &seeds)?;
        let ticket: &mut UnbondingTicket = &mut ticket;
        ticket.position = position_address;
        ticket.operator_stake = operator_stake;
        ticket.wallet = wallet;
        ticket.destination = destination;
        ticket.shares = shares.into();
        ticket.release_unix = release_unix;
        ticket.number = number;
        ticket.version = ACCOUNT_VERSION;
        ticket.bump = bump;
        ticket.invariant()?;
        emit!(Unstaked { operator_stake, wallet, ticket: ticket_address, destination, amount, release_unix });
        Ok(())
    }
}
