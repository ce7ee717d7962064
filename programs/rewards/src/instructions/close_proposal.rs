use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RewardsError,
    event::ProposalClosed,
    state::{RootProposal, Vault},
};

#[derive(Accounts)]
pub struct CloseProposal {
    pub vault: Box<Account<Vault>>,
    /// Whoever paid the rent gets it back.
    #[account(mut)]
    pub proposer: UncheckedAccount,
    #[account(mut, close = proposer)]
    pub proposal: Box<Account<RootProposal>>,
}

impl CloseProposal {
    #[inline(always)]
    pub fn close_proposal(&mut self) -> Result<()> {
        let (vault, proposal) = (&self.vault, &self.proposal);
        vault.invariant()?;
        proposal.invariant()?;
        require!(proposal.vault == *vault.address(), RewardsError::WrongVault);
        require!(proposal.proposer == *self.proposer.address(), RewardsError::WrongProposer);
        // No ballot names a dead proposal: those of a vetoed one were cleared with the veto, all others since then.
        require!(proposal.require_alive(vault, vault.address()).is_err(), RewardsError::ProposalAlive);
        emit!(ProposalClosed { vault: *vault.address(), proposal: *proposal.address(), proposer: proposal.proposer });
        Ok(())
    }
}
