use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{pda, staking::Bucket};
use trellis_cpi::record;
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
    #[account(mut)]
    pub operator_stake: UncheckedAccount,
    pub system_program: Program<System>,
}

impl OpenOperatorStake {
    #[inline(always)]
    pub fn open_operator_stake(&mut self) -> Result<()> {
        self.pool.invariant()?;
        self.operator.invariant()?;
        require!(self.operator.network == self.pool.network, StakingError::WrongNetwork);
        let (pool, operator) = (*self.pool.address(), *self.operator.address());
        let address = *self.operator_stake.address();
        let seeds = [pda::OPERATOR_STAKE, pool.as_ref(), operator.as_ref()];
        let (mut stake, bump) = record::create::<OperatorStake>(&self.payer, &self.operator_stake, &seeds)?;
        let stake: &mut OperatorStake = &mut stake;
        stake.pool = pool;
        stake.network = self.pool.network;
        stake.operator = operator;
        stake.wallet = self.operator.wallet;
        stake.set_active(Bucket::EMPTY);
        stake.set_unbonding(Bucket::EMPTY);
        stake.version = ACCOUNT_VERSION;
        stake.bump = bump;
        stake.invariant()?;
        emit!(OperatorStakeOpened { pool, operator_stake: address, operator });
        Ok(())
    }
}
