use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;

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
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Position>(),
        seeds = [pda::STAKE_POSITION, operator_stake.address().as_ref(), wallet.address().as_ref()],
        bump
    )]
    pub position: Box<Account<Position>>,
    pub system_program: Program<System>,
}

impl OpenPosition {
    #[inline(always)]
    pub fn open_position(&mut self, bumps: &OpenPositionBumps) -> Result<()> {
        self.operator_stake.invariant()?;
        let (operator_stake, wallet) = (*self.operator_stake.address(), *self.wallet.address());
        let address = *self.position.address();
        let position: &mut Position = &mut self.position;
        position.pool = self.operator_stake.pool;
        position.operator_stake = operator_stake;
        position.wallet = wallet;
        position.version = ACCOUNT_VERSION;
        position.bump = bumps.position;
        position.invariant()?;
        emit!(PositionOpened { operator_stake, position: address, wallet });
        Ok(())
    }
}
