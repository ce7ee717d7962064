use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_registry_interface::state::Network;

use crate::{error::StakingError, event::PoolUpdated, instructions::PoolSettings, spl, state::StakePool};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct UpdatePoolArgs {
    pub guardian: Address,
    pub settings: PoolSettings,
}

#[derive(Accounts)]
pub struct UpdatePool {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub pool: Box<Account<StakePool>>,
    /// Slashed tokens go there from now on: any token account of the mint.
    pub slash_destination: UncheckedAccount,
}

impl UpdatePool {
    #[inline(always)]
    pub fn update_pool(&mut self, args: UpdatePoolArgs) -> Result<()> {
        self.network.invariant()?;
        require!(self.network.authority == *self.authority.address(), StakingError::NotAuthority);
        require!(self.pool.network == *self.network.address(), StakingError::WrongNetwork);
        let address = *self.pool.address();
        let pool: &mut StakePool = &mut self.pool;
        spl::outside_account_owner(pool, self.slash_destination.account())?;
        pool.slash_destination = *self.slash_destination.address();
        pool.guardian = args.guardian;
        args.settings.write_to(pool);
        pool.invariant()?;
        emit!(PoolUpdated {
            pool: address,
            guardian: pool.guardian,
            slash_destination: pool.slash_destination,
            unstake_cooldown_seconds: pool.unstake_cooldown_seconds,
            slash_delay_seconds: pool.slash_delay_seconds,
            max_slash_bps_per_epoch: pool.max_slash_bps_per_epoch,
        });
        Ok(())
    }
}
