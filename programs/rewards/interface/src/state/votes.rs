//! The oracle set and its ballots.
//!
//! Every oracle has one ballot for the next epoch, which lies in the vault and names whose proposal it is for. So no
//! weight counts twice, whatever is proposed, withdrawn and proposed anew: a proposal's weight is that of the ballots
//! that name its proposer, and those are cleared whenever that proposal ends.

use anchor_lang::prelude::*;

use super::Vault;
use crate::{constants::MAX_ORACLES, error::RewardsError};

impl Vault {
    /// Place of `oracle` in the set.
    pub fn oracle_position(&self, oracle: &Address) -> Option<usize> {
        self.oracles.iter().take(usize::from(self.oracle_count)).position(|member| member == oracle)
    }

    /// Weight of the oracles whose bits are set in `votes`.
    pub fn weight_of(&self, votes: u32) -> u32 {
        (0..usize::from(self.oracle_count).min(MAX_ORACLES))
            .filter(|&position| votes & (1 << position) != 0)
            .map(|position| u32::from(self.weights[position]))
            .sum()
    }

    /// The oracles that vote for the proposal of the oracle at `proposer`: bit n is oracle n.
    pub fn votes_for(&self, proposer: u8) -> u32 {
        let ballots = self.ballots.iter().take(usize::from(self.oracle_count)).enumerate();
        ballots.filter(|(_, ballot)| **ballot == proposer + 1).fold(0, |votes, (position, _)| votes | 1 << position)
    }

    /// Errors if a proposal for the next epoch is approved: until it is vetoed or final, no vote changes.
    pub fn require_open_vote(&self) -> Result<()> {
        require!(self.approved == 0, RewardsError::AlreadyApproved);
        Ok(())
    }

    /// Forgets the proposal of the oracle at `proposer`: whoever voted for it has its vote back.
    pub fn clear_votes_for(&mut self, proposer: u8) {
        self.ballots.iter_mut().filter(|ballot| **ballot == proposer + 1).for_each(|ballot| *ballot = 0);
        if self.approved == proposer + 1 {
            self.approved = 0;
        }
    }

    /// Forgets every proposal: the epoch or the oracle set is another one now.
    pub fn clear_votes(&mut self) {
        self.ballots = [0; MAX_ORACLES];
        self.approved = 0;
    }
}
