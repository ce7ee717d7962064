use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{pda, staking::MAX_TIERS};
use trellis_cpi::{Place, record, token};
use trellis_registry_interface::state::Network;

use crate::{ID, constants::ACCOUNT_VERSION, error::StakingError, event::PoolCreated, spl, state::StakePool};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct PoolSettings {
    /// From unstaking to release: at least an hour longer than a slash's delay.
    pub unstake_cooldown_seconds: u32,
    /// From proposing a slash to the first moment that it can be executed.
    pub slash_delay_seconds: u32,
    /// Most that may be slashed from one operator in one epoch: 1 to 5,000.
    pub max_slash_bps_per_epoch: u16,
    /// The first `tier_count` are thresholds, ascending; zeros behind them.
    pub tiers: [u64; MAX_TIERS],
    pub tier_count: u8,
}

#[derive(Accounts)]
pub struct CreatePool {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    /// Checked by hand: a mint of the token program, without extensions that could harm the pool.
    pub mint: UncheckedAccount,
    #[account(mut)]
    pub pool: UncheckedAccount,
    #[account(mut)]
    pub stake_tokens: UncheckedAccount,
    #[account(mut)]
    pub reward_tokens: UncheckedAccount,
    /// Slashed tokens go there: any token account of the mint.
    pub slash_destination: UncheckedAccount,
    /// SPL Token or Token-2022; checked by hand.
    pub token_program: UncheckedAccount,
    pub system_program: Program<System>,
}

impl PoolSettings {
    /// Writes the settings; the pool's invariant checks them.
    pub fn write_to(&self, pool: &mut StakePool) {
        pool.unstake_cooldown_seconds = self.unstake_cooldown_seconds;
        pool.slash_delay_seconds = self.slash_delay_seconds;
        pool.max_slash_bps_per_epoch = self.max_slash_bps_per_epoch;
        pool.tiers = self.tiers;
        pool.tier_count = self.tier_count;
    }
}

impl CreatePool {
    fn validate(&self) -> Result<()> {
        self.network.invariant()?;
        require!(self.network.authority == *self.authority.address(), StakingError::NotAuthority);
        spl::require_sound_mint(self.mint.account(), self.token_program.address())
    }

    #[inline(always)]
    pub fn create_pool(&mut self, settings: PoolSettings) -> Result<()> {
        self.validate()?;
        let address = *self.pool.address();
        let seeds = [pda::STAKE_POOL, self.network.address().as_ref()];
        let (mut pool, bump) = record::create::<StakePool>(&self.payer, &self.pool, &seeds)?;
        let pool: &mut StakePool = &mut pool;
        pool.network = *self.network.address();
        pool.mint = *self.mint.address();
        pool.token_program = *self.token_program.address();
        pool.stake_tokens = *self.stake_tokens.address();
        pool.reward_tokens = *self.reward_tokens.address();
        pool.slash_destination = *self.slash_destination.address();
        pool.guardian = self.network.guardian;
        pool.genesis_unix = self.network.genesis_unix;
        pool.epoch_seconds = self.network.epoch_seconds;
        pool.version = ACCOUNT_VERSION;
        pool.bump = bump;
        settings.write_to(pool);
        pool.invariant()?;
        spl::outside_account_owner(pool, self.slash_destination.account())?;
        self.open_token_accounts(&address)?;
        emit!(PoolCreated { network: pool.network, pool: address, mint: pool.mint });
        Ok(())
    }

    #[inline(never)]
    fn open_token_accounts(&self, pool: &Address) -> Result<()> {
        let accounts = [(&self.stake_tokens, pda::STAKE_TOKENS), (&self.reward_tokens, pda::STAKE_REWARDS)];
        for (account, seed) in accounts {
            let (payer, account, seeds) = (self.payer.account(), account.account(), [seed, pool.as_ref()]);
            let place = Place { payer, account, program: &ID, seeds: &seeds };
            token::create_account(&place, self.mint.account(), pool, self.token_program.address())?;
        }
        Ok(())
    }
}
