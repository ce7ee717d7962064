use anchor_lang::{pod::PodU128, prelude::*};
use trellis_core::{
    Amount,
    staking::{Bucket, OperatorRewards},
};

use crate::{constants::*, error::StakingError};

/// All stake with one operator: its own bond and what others delegated. A slash changes this account alone.
#[account]
pub struct OperatorStake {
    pub pool: Address,
    pub network: Address,
    /// The registry's account of the operator.
    pub operator: Address,
    /// The operator's wallet: its own position is the bond.
    pub wallet: Address,
    pub active_shares: PodU128,
    /// What is left of an unslashed token of active stake; see [`Bucket::factor`].
    pub active_factor: PodU128,
    pub unbonding_shares: PodU128,
    pub unbonding_factor: PodU128,
    /// Active shares of the operator's own wallet.
    pub self_shares: PodU128,
    /// [`OperatorRewards::base`].
    pub reward_base: PodU128,
    /// [`OperatorRewards::since_per_token`].
    pub reward_since: PodU128,
    pub active_tokens: u64,
    pub unbonding_tokens: u64,
    /// The epoch that `slashed_bps` counts in.
    pub slash_epoch: u64,
    /// All that was ever slashed.
    pub slashed_total: u64,
    /// Slashes proposed so far: the next one's number.
    pub slash_count: u32,
    /// Slashed in `slash_epoch`.
    pub slashed_bps: u16,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 64],
}

impl OperatorStake {
    pub fn active(&self) -> Bucket {
        Bucket {
            tokens: Amount(self.active_tokens),
            shares: self.active_shares.get(),
            factor: self.active_factor.get(),
        }
    }

    pub fn set_active(&mut self, bucket: Bucket) {
        self.active_tokens = bucket.tokens.get();
        self.active_shares = bucket.shares.into();
        self.active_factor = bucket.factor.into();
    }

    pub fn unbonding(&self) -> Bucket {
        Bucket {
            tokens: Amount(self.unbonding_tokens),
            shares: self.unbonding_shares.get(),
            factor: self.unbonding_factor.get(),
        }
    }

    pub fn set_unbonding(&mut self, bucket: Bucket) {
        self.unbonding_tokens = bucket.tokens.get();
        self.unbonding_shares = bucket.shares.into();
        self.unbonding_factor = bucket.factor.into();
    }

    pub fn rewards(&self) -> OperatorRewards {
        OperatorRewards { base: self.reward_base.get(), since_per_token: self.reward_since.get() }
    }

    pub fn set_rewards(&mut self, rewards: OperatorRewards) {
        self.reward_base = rewards.base.into();
        self.reward_since = rewards.since_per_token.into();
    }

    /// What the operator's own active stake is worth: its bond.
    pub fn self_stake(&self) -> Amount {
        self.active().worth(self.self_shares.get())
    }

    /// Basis points slashed in `epoch` so far.
    pub fn slashed_bps_in(&self, epoch: u64) -> u16 {
        if self.slash_epoch == epoch { self.slashed_bps } else { 0 }
    }

    #[inline(never)]
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, StakingError::UnknownVersion);
        require!(self.self_shares.get() <= self.active_shares.get(), StakingError::BooksBroken);
        require!(self.slashed_bps <= MAX_SLASH_BPS_PER_EPOCH, StakingError::BooksBroken);
        Ok(())
    }
}
