use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::StakingError, event::SlashClosed, state::SlashProposal};

#[derive(Accounts)]
pub struct CloseSlash {
    /// Whoever paid the rent gets it back.
    #[account(mut)]
    pub rent_receiver: UncheckedAccount,
    #[account(mut, close = rent_receiver)]
    pub proposal: Box<Account<SlashProposal>>,
}

impl CloseSlash {
    #[inline(always)]
    pub fn close_slash(&mut self) -> Result<()> {
        let proposal = &self.proposal;
        proposal.invariant()?;
        require!(proposal.payer == *self.rent_receiver.address(), StakingError::WrongRentReceiver);
        require!(!proposal.is_alive(Clock::get()?.unix_timestamp), StakingError::SlashAlive);
        emit!(SlashClosed { operator_stake: proposal.operator_stake, proposal: *proposal.address() });
        Ok(())
    }
}
