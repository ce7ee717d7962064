use anchor_lang::prelude::*;

use crate::{
    error::RewardsError,
    event::RootVoted,
    state::{RootProposal, Vault},
};

#[derive(Accounts)]
pub struct VoteRoot {
    pub oracle: Signer,
    pub vault: Account<Vault>,
    #[account(mut)]
    pub proposal: Account<RootProposal>,
}

impl VoteRoot {
    fn validate(&self, content_hash: &[u8; 32]) -> Result<()> {
        self.proposal.require_alive(&self.vault, self.vault.address())?;
        require!(!self.proposal.is_approved(), RewardsError::AlreadyApproved);
        require!(self.proposal.content().hash() == *content_hash, RewardsError::WrongContent);
        Ok(())
    }

    #[inline(always)]
    pub fn vote_root(&mut self, content_hash: [u8; 32]) -> Result<()> {
        let position = self.vault.oracle_position(self.oracle.address()).ok_or(RewardsError::NotOracle)?;
        self.validate(&content_hash)?;
        let vote = 1u32 << position;
        require!(self.proposal.votes & vote == 0, RewardsError::AlreadyVoted);
        let address = *self.proposal.address();
        let proposal = &mut self.proposal;
        proposal.votes |= vote;
        let weight_for = self.vault.weight_of(proposal.votes);
        let approved = weight_for >= self.vault.threshold;
        if approved {
            proposal.approved_unix = Clock::get()?.unix_timestamp;
        }
        proposal.invariant()?;
        emit!(RootVoted {
            vault: proposal.vault,
            proposal: address,
            oracle: *self.oracle.address(),
            epoch: proposal.epoch,
            weight_for,
            approved,
        });
        Ok(())
    }
}
