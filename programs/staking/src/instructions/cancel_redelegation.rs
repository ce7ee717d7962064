use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::StakingError, event::RedelegationCancelled, state::UnbondingTicket};

#[derive(Accounts)]
pub struct CancelRedelegation {
    pub wallet: Signer,
    #[account(mut)]
    pub ticket: Box<Account<UnbondingTicket>>,
}

impl CancelRedelegation {
    #[inline(always)]
    pub fn cancel_redelegation(&mut self) -> Result<()> {
        require!(self.ticket.wallet == *self.wallet.address(), StakingError::NotWallet);
        require!(self.ticket.is_redelegation(), StakingError::TicketIsWithdrawal);
        let address = *self.ticket.address();
        self.ticket.destination = Address::default();
        self.ticket.invariant()?;
        emit!(RedelegationCancelled { ticket: address, wallet: self.ticket.wallet });
        Ok(())
    }
}
