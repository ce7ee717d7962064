use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{pda, staking::Bucket};
use trellis_registry_interface::state::Operator;

use crate::{
    constants::ACCOUNT_VERSION,
    error::StakingError,
    event::OperatorStakeOpened,
    state::{OperatorStake, StakePool},
};

#[derive(Accounts)]
pub struct OpenOperatorStake {
    #[account(mut)]
    pub payer: Signer,
    pub pool: Box<Account<StakePool>>,
    pub operator: Box<Account<Operator>>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<OperatorStake>(),
        seeds = [pda::OPERATOR_STAKE, pool.address().as_ref(), operator.address().as_ref()],
        bump
    )]
    pub operator_stake: Box<Account<OperatorStake>>,
    pub system_program: Program<System>,
}

impl OpenOperatorStake {
    #[inline(always)]
    pub fn open_operator_stake(&mut self, bumps: &OpenOperatorStakeBumps) -> Result<()> {
        self.pool.invariant()?;
        self.operator.invariant()?;
        require!(self.operator.network == self.pool.network, StakingError::WrongNetwork);
        let (pool, operator) = (*self.pool.address(), *self.operator.address());
        let address = *self.operator_stake.address();
        let stake: &mut OperatorStake = &mut self.operator_stake;
        stake.pool = pool;
        stake.network = self.pool.network;
        stake.operator = operator;
        stake.wallet = self.operator.wallet;
        stake.set_active(Bucket::EMPTY);
        stake.set_unbonding(Bucket::EMPTY);
        stake.version = ACCOUNT_VERSION;
        stake.bump = bumps.operator_stake;
        stake.invariant()?;
        emit!(OperatorStakeOpened { pool, operator_stake: address, operator });
        Ok(())
    }
}
