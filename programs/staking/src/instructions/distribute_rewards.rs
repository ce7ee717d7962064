use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{books, state::StakePool};

#[derive(Accounts)]
pub struct DistributeRewards {
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    /// Checked against the pool.
    pub reward_tokens: UncheckedAccount,
}

impl DistributeRewards {
    #[inline(always)]
    pub fn distribute_rewards(&mut self) -> Result<()> {
        let pool_address = *self.pool.address();
        books::fold_rewards(&mut self.pool, &pool_address, self.reward_tokens.account())?;
        self.pool.invariant()
    }
}
