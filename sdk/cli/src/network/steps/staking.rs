//! The stake pool, in the network's own mint.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{StakePool, account_bytes, decode},
    addresses,
    instructions::staking::{self, PoolSettings},
};
use trellis_core::{spl::ACCOUNT_BYTES, staking::MAX_TIERS};

use crate::network::{
    NetworkPlan,
    file::StakingFile,
    step::{Comparison, Found, Step},
};

pub struct StakingStep<'a> {
    pub plan: &'a NetworkPlan,
    pub staking: &'a StakingFile,
}

impl StakingStep<'_> {
    /// Zeros behind the thresholds; the plan has checked that they fit.
    fn tiers(&self) -> [u64; MAX_TIERS] {
        let mut tiers = [0; MAX_TIERS];
        tiers.iter_mut().zip(&self.staking.tiers).for_each(|(tier, wanted)| *tier = *wanted);
        tiers
    }
}

impl Step for StakingStep<'_> {
    fn name(&self) -> String {
        "stake pool".to_owned()
    }

    fn account(&self) -> Address {
        addresses::stake_pool(&self.plan.address)
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let (file, pool) = (self.staking, decode::<StakePool>(&self.account(), account)?);
        let comparison = Comparison::default()
            .field("guardian", self.plan.guardian, pool.guardian)
            .field("treasury", self.plan.treasury(), pool.slash_destination)
            .field("unstake_cooldown_seconds", file.unstake_cooldown_seconds, pool.unstake_cooldown_seconds)
            .field("slash_delay_seconds", file.slash_delay_seconds, pool.slash_delay_seconds)
            .field("max_slash_bps_per_epoch", file.max_slash_bps_per_epoch, pool.max_slash_bps_per_epoch)
            .field("tiers", format!("{:?}", self.tiers()), format!("{:?}", pool.tiers));
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let settings = PoolSettings {
            unstake_cooldown_seconds: self.staking.unstake_cooldown_seconds,
            slash_delay_seconds: self.staking.slash_delay_seconds,
            max_slash_bps_per_epoch: self.staking.max_slash_bps_per_epoch,
            tiers: self.tiers(),
            tier_count: self.staking.tiers.len() as u8,
        };
        let (creator, plan) = (self.plan.creator, self.plan);
        let program = plan.token_program();
        vec![staking::create_pool(creator, creator, plan.address, plan.mint, program, plan.treasury(), settings)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<StakePool>(), ACCOUNT_BYTES, ACCOUNT_BYTES]
    }
}
