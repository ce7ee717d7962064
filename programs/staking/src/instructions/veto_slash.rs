use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    constants::SLASH_VETOED,
    error::StakingError,
    event::SlashVetoed,
    state::{SlashProposal, StakePool},
};

#[derive(Accounts)]
pub struct VetoSlash {
    pub guardian: Signer,
    pub pool: Box<Account<StakePool>>,
    #[account(mut)]
    pub proposal: Box<Account<SlashProposal>>,
}

impl VetoSlash {
    #[inline(always)]
    pub fn veto_slash(&mut self) -> Result<()> {
        self.pool.invariant()?;
        require!(self.pool.guardian == *self.guardian.address(), StakingError::NotGuardian);
        require!(self.proposal.pool == *self.pool.address(), StakingError::WrongPool);
        self.proposal.require_open()?;
        let address = *self.proposal.address();
        self.proposal.status = SLASH_VETOED;
        self.proposal.invariant()?;
        emit!(SlashVetoed { operator_stake: self.proposal.operator_stake, proposal: address });
        Ok(())
    }
}
