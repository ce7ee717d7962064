use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RewardsError,
    event::RootVoted,
    state::{RootProposal, Vault},
};

#[derive(Accounts)]
pub struct VoteRoot {
    pub oracle: Signer,
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub proposal: Box<Account<RootProposal>>,
}

impl VoteRoot {
    fn validate(&self, content_hash: &[u8; 32]) -> Result<()> {
        self.proposal.require_alive(&self.vault, self.vault.address())?;
        self.vault.require_open_vote()?;
        require!(self.proposal.content().hash() == *content_hash, RewardsError::WrongContent);
        Ok(())
    }

    #[inline(always)]
    pub fn vote_root(&mut self, content_hash: [u8; 32]) -> Result<()> {
        let position = self.vault.oracle_position(self.oracle.address()).ok_or(RewardsError::NotOracle)?;
        self.validate(&content_hash)?;
        let address = *self.proposal.address();
        let (vault, proposal): (&mut Vault, &mut RootProposal) = (&mut self.vault, &mut self.proposal);
        let ballot = proposal.proposer_position + 1;
        require!(vault.ballots[position] != ballot, RewardsError::AlreadyVoted);
        // A vote for another proposal moves here with all its weight.
        vault.ballots[position] = ballot;
        let votes = vault.votes_for(proposal.proposer_position);
        let weight_for = vault.weight_of(votes);
        let approved = weight_for >= vault.threshold;
        if approved {
            let now_unix = Clock::get()?.unix_timestamp;
            vault.approved = ballot;
            proposal.votes = votes;
            proposal.approved_unix = now_unix;
            proposal.challenge_end_unix = now_unix.saturating_add(i64::from(vault.challenge_seconds));
        }
        vault.invariant()?;
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
