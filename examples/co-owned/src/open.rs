use anchor_lang::prelude::*;
use trellis_registry_interface::state::Operator;

use crate::{BPS, CO_OWNED, CoOwned, CoOwnedError};

#[derive(Accounts)]
pub struct Open {
    #[account(mut)]
    pub host: Signer,
    pub investor: UncheckedAccount,
    /// Of Trellis's registry; its owner and type are checked as it is read.
    pub operator: Account<Operator>,
    #[account(
        init,
        payer = host,
        space = 8 + core::mem::size_of::<CoOwned>(),
        seeds = [CO_OWNED, operator.address().as_ref()],
        bump
    )]
    pub co_owned: Account<CoOwned>,
    pub system_program: Program<System>,
}

impl Open {
    pub fn open(&mut self, investor_bps: u16, bump: u8) -> Result<()> {
        require!(self.operator.wallet == *self.host.address(), CoOwnedError::NotHost);
        require!(investor_bps > 0 && u64::from(investor_bps) < BPS, CoOwnedError::InvalidPart);
        *self.co_owned = CoOwned {
            operator: *self.operator.address(),
            host: *self.host.address(),
            investor: *self.investor.address(),
            investor_bps,
            bump,
            reserved: [0; 5],
        };
        Ok(())
    }
}
