use alloc::boxed::Box;

use anchor_lang::prelude::*;
use pinocchio::cpi::set_return_data;

use crate::{
    error::StakingError,
    state::{OperatorStake, Position, StakePool},
};

#[derive(Accounts)]
pub struct RequireTier {
    pub pool: Box<Account<StakePool>>,
    pub operator_stake: Box<Account<OperatorStake>>,
    pub position: Box<Account<Position>>,
}

impl RequireTier {
    fn validate(&self, tier: u8) -> Result<()> {
        self.pool.invariant()?;
        self.operator_stake.invariant()?;
        self.position.invariant()?;
        require!(self.operator_stake.pool == *self.pool.address(), StakingError::WrongPool);
        require!(self.position.operator_stake == *self.operator_stake.address(), StakingError::WrongOperatorStake);
        require!(tier > 0 && tier <= self.pool.tier_count, StakingError::UnknownTier);
        Ok(())
    }

    #[inline(always)]
    pub fn require_tier(&mut self, tier: u8) -> Result<()> {
        self.validate(tier)?;
        let worth = self.position.worth(&self.operator_stake);
        require!(self.pool.tier_of(worth) >= tier, StakingError::TierNotReached);
        let mut figures = [0; 40];
        figures[..8].copy_from_slice(&worth.get().to_le_bytes());
        figures[8..].copy_from_slice(self.position.wallet.as_ref());
        set_return_data(&figures);
        Ok(())
    }
}
