use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RewardsError,
    event::RootVetoed,
    state::{RootProposal, Vault},
};

#[derive(Accounts)]
pub struct VetoRoot {
    pub guardian: Signer,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub proposal: Box<Account<RootProposal>>,
}

impl VetoRoot {
    #[inline(always)]
    pub fn veto_root(&mut self) -> Result<()> {
        require!(self.vault.guardian == *self.guardian.address(), RewardsError::NotGuardian);
        self.proposal.require_alive(&self.vault, self.vault.address())?;
        let address = *self.proposal.address();
        let position = self.proposal.proposer_position;
        self.proposal.vetoed = 1;
        self.proposal.invariant()?;
        self.vault.clear_votes_for(position);
        self.vault.invariant()?;
        emit!(RootVetoed { vault: self.proposal.vault, proposal: address, epoch: self.proposal.epoch });
        Ok(())
    }
}
