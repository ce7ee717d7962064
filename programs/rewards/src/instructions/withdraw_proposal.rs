use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RewardsError,
    event::ProposalClosed,
    state::{RootProposal, Vault},
};

#[derive(Accounts)]
pub struct WithdrawProposal {
    /// Gets the rent back.
    #[account(mut)]
    pub proposer: Signer,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
    #[account(mut, close = proposer)]
    pub proposal: Box<Account<RootProposal>>,
}

impl WithdrawProposal {
    #[inline(always)]
    pub fn withdraw_proposal(&mut self) -> Result<()> {
        let (address, proposer) = (*self.proposal.address(), *self.proposer.address());
        self.proposal.invariant()?;
        require!(self.proposal.proposer == proposer, RewardsError::NotProposer);
        self.proposal.require_alive(&self.vault, self.vault.address())?;
        self.vault.require_open_vote()?;
        let position = self.proposal.proposer_position;
        self.vault.clear_votes_for(position);
        self.vault.invariant()?;
        emit!(ProposalClosed { vault: *self.vault.address(), proposal: address, proposer });
        Ok(())
    }
}
