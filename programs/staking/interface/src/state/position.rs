use anchor_lang::{pod::PodU128, prelude::*};
use trellis_core::{Amount, staking::PositionRewards};

use crate::{constants::ACCOUNT_VERSION, error::StakingError, state::OperatorStake};

/// A wallet's active stake with one operator, and its rewards.
#[account]
pub struct Position {
    pub pool: Address,
    pub operator_stake: Address,
    pub wallet: Address,
    pub shares: PodU128,
    /// [`PositionRewards::pending`].
    pub pending_rewards: PodU128,
    /// [`PositionRewards::checkpoint`].
    pub reward_checkpoint: PodU128,
    /// All that was ever paid.
    pub claimed_total: u64,
    /// Tickets opened so far: the next one's number.
    pub ticket_count: u32,
    /// Tickets that are not closed yet.
    pub open_tickets: u32,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 62],
}

impl Position {
    pub fn rewards(&self) -> PositionRewards {
        PositionRewards { pending: self.pending_rewards.get(), checkpoint: self.reward_checkpoint.get() }
    }

    pub fn set_rewards(&mut self, rewards: PositionRewards) {
        self.pending_rewards = rewards.pending.into();
        self.reward_checkpoint = rewards.checkpoint.into();
    }

    /// What the active stake is worth, with `stake`, which it is part of.
    pub fn worth(&self, stake: &OperatorStake) -> Amount {
        stake.active().worth(self.shares.get())
    }

    #[inline(never)]
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, StakingError::UnknownVersion);
        require!(self.open_tickets <= self.ticket_count, StakingError::BooksBroken);
        Ok(())
    }
}
