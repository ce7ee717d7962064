use anchor_lang::{pod::PodU128, prelude::*};
use trellis_core::{
    Amount, Calendar,
    staking::{self, MAX_TIERS, PoolRewards},
};

use crate::{constants::*, error::StakingError};

/// A network's stake in one mint. This account owns both token accounts.
#[account]
pub struct StakePool {
    pub network: Address,
    pub mint: Address,
    /// SPL Token or Token-2022.
    pub token_program: Address,
    /// Holds all stake, active and unbonding. What else is sent there is nobody's.
    pub stake_tokens: Address,
    /// Rewards of stakers come in here, by minting or by plain transfer.
    pub reward_tokens: Address,
    /// Slashed tokens go there.
    pub slash_destination: Address,
    /// May veto slashes; can do nothing else.
    pub guardian: Address,
    /// [`PoolRewards::per_token`].
    pub reward_per_token: PodU128,
    /// [`PoolRewards::held`].
    pub rewards_held: u64,
    /// [`PoolRewards::folded`].
    pub rewards_folded: u64,
    /// Active stake of all operators: what rewards are shared out over.
    pub active_total: u64,
    /// Active and unbonding stake of all operators: what the stake account owes.
    pub staked_total: u64,
    /// The first `tier_count` are set, ascending.
    pub tiers: [u64; MAX_TIERS],
    /// The network's; copied, since neither ever changes.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    /// From unstaking to release. A change applies to later tickets only.
    pub unstake_cooldown_seconds: u32,
    /// From proposing a slash to the first moment that it can be executed.
    pub slash_delay_seconds: u32,
    /// Most that may be slashed from one operator in one epoch.
    pub max_slash_bps_per_epoch: u16,
    pub tier_count: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 135],
}

impl StakePool {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    /// The number of the epoch that `unix` falls into; the time before genesis counts to epoch 0.
    pub fn epoch_at(&self, unix: i64) -> u64 {
        self.calendar().epoch_at(unix).map_or(0, |epoch| epoch.get())
    }

    pub fn rewards(&self) -> PoolRewards {
        PoolRewards {
            per_token: self.reward_per_token.get(),
            held: Amount(self.rewards_held),
            folded: Amount(self.rewards_folded),
        }
    }

    pub fn set_rewards(&mut self, rewards: PoolRewards) {
        self.reward_per_token = rewards.per_token.into();
        self.rewards_held = rewards.held.get();
        self.rewards_folded = rewards.folded.get();
    }

    /// The tiers' thresholds, ascending.
    pub fn thresholds(&self) -> &[u64] {
        &self.tiers[..usize::from(self.tier_count).min(MAX_TIERS)]
    }

    /// The highest tier that `amount` reaches; 0 is no tier.
    pub fn tier_of(&self, amount: Amount) -> u8 {
        staking::tier_of(amount, self.thresholds())
    }

    /// Ends every mutation.
    #[inline(never)]
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, StakingError::UnknownVersion);
        require!(self.guardian != Address::default(), StakingError::ZeroAddress);
        require!(self.slash_delay_seconds >= MIN_SLASH_DELAY_SECONDS, StakingError::InvalidSlashDelay);
        let shortest = self.slash_delay_seconds.saturating_add(MIN_EXECUTION_SECONDS);
        require!(
            (shortest..=MAX_COOLDOWN_SECONDS).contains(&self.unstake_cooldown_seconds),
            StakingError::InvalidCooldown
        );
        require!((1..=MAX_SLASH_BPS_PER_EPOCH).contains(&self.max_slash_bps_per_epoch), StakingError::InvalidSlashCap);
        let unset = self.tiers.get(usize::from(self.tier_count)..).ok_or(StakingError::InvalidTiers)?;
        require!(unset.iter().all(|&threshold| threshold == 0), StakingError::InvalidTiers);
        require!(staking::are_ascending(self.thresholds()), StakingError::InvalidTiers);
        require!(self.active_total <= self.staked_total, StakingError::BooksBroken);
        require!(self.rewards_held <= self.rewards_folded, StakingError::BooksBroken);
        Ok(())
    }
}
