use anchor_lang::prelude::*;

use crate::{
    error::RewardsError,
    event::ProposalClosed,
    state::{RootProposal, Vault},
};

#[derive(Accounts)]
pub struct CloseProposal {
    pub vault: Account<Vault>,
    /// Whoever paid the rent gets it back.
    #[account(mut)]
    pub proposer: UncheckedAccount,
    #[account(mut, close = proposer)]
    pub proposal: Account<RootProposal>,
}

impl CloseProposal {
    #[inline(always)]
    pub fn close_proposal(&mut self) -> Result<()> {
        let (vault, proposal) = (&self.vault, &self.proposal);
        require!(proposal.vault == *vault.address(), RewardsError::WrongVault);
        require!(proposal.proposer == *self.proposer.address(), RewardsError::WrongProposer);
        require!(proposal.require_alive(vault, vault.address()).is_err(), RewardsError::ProposalAlive);
        emit!(ProposalClosed { vault: *vault.address(), proposal: *proposal.address(), proposer: proposal.proposer });
        Ok(())
    }
}
