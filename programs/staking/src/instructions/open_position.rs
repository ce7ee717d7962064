use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_cpi::record;

use crate::{
    constants::ACCOUNT_VERSION,
    event::PositionOpened,
    state::{OperatorStake, Position},
};

#[derive(Accounts)]
pub struct OpenPosition {
    /// May be the wallet too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Whose position it is; need not sign.
    pub wallet: UncheckedAccount,
    pub operator_stake: Box<Account<OperatorStake>>,
    #[account(mut)]
    pub position: UncheckedAccount,
    pub system_program: Program<System>,
}

impl OpenPosition {
    #[inline(always)]
    pub fn open_position(&mut self) -> Result<()> {
        self.operator_stake.invariant()?;
        let (operator_stake, wallet) = (*self.operator_stake.address(), *self.wallet.address());
        let address = *self.position.address();
        let seeds = [pda::STAKE_POSITION, operator_stake.as_ref(), wallet.as_ref()];
        let (mut position, bump) = record::create::<Position>(&self.payer, &self.position, &seeds)?;
        let position: &mut Position = &mut position;
        position.pool = self.operator_stake.pool;
        position.operator_stake = operator_stake;
        position.wallet = wallet;
        position.version = ACCOUNT_VERSION;
        position.bump = bump;
        position.invariant()?;
        emit!(PositionOpened { operator_stake, position: address, wallet });
        Ok(())
    }
}
