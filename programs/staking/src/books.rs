//! Bookkeeping over the accounts: the arithmetic of `trellis_core::staking`, and the pool's totals with it.
//!
//! Rule of every instruction that changes how much stake anybody has: [`fold_rewards`] first, so that what has come in
//! belongs to those who had stake then; next [`settle`] the position; only then move.

use anchor_lang::prelude::*;
use trellis_core::Amount;

use crate::{
    error::StakingError,
    event::RewardsDistributed,
    spl,
    state::{OperatorStake, Position, StakePool},
};

/// Folds what has newly come into the reward account into the pool's running sum; how much it was.
#[inline(never)]
pub fn fold_rewards(pool: &mut StakePool, pool_address: &Address, reward_tokens: &AccountView) -> Result<Amount> {
    require!(pool.reward_tokens == *reward_tokens.address(), StakingError::WrongRewardTokens);
    let balance = spl::balance(reward_tokens)?;
    let mut rewards = pool.rewards();
    let amount = rewards.fold(balance, Amount(pool.active_total)).ok_or(StakingError::Overflow)?;
    if amount > Amount::ZERO {
        pool.set_rewards(rewards);
        emit!(RewardsDistributed { pool: *pool_address, amount: amount.get() });
    }
    Ok(amount)
}

/// The position earns up to now.
#[inline(never)]
pub fn settle(pool: &StakePool, stake: &OperatorStake, position: &mut Position) -> Result<()> {
    let per_share =
        stake.rewards().per_share(&pool.rewards(), stake.active_factor.get()).ok_or(StakingError::Overflow)?;
    let mut rewards = position.rewards();
    rewards.settle(position.shares.get(), per_share).ok_or(StakingError::Overflow)?;
    position.set_rewards(rewards);
    Ok(())
}

/// `amount` becomes active stake of the position, which must be settled.
#[inline(never)]
pub fn activate(
    pool: &mut StakePool,
    stake: &mut OperatorStake,
    position: &mut Position,
    amount: Amount,
) -> Result<()> {
    let mut active = stake.active();
    let shares = active.deposit(amount).map_err(StakingError::from)?;
    stake.set_active(active);
    let owned = position.shares.get().checked_add(shares).ok_or(StakingError::Overflow)?;
    set_shares(stake, position, owned);
    pool.active_total = pool.active_total.checked_add(amount.get()).ok_or(StakingError::Overflow)?;
    pool.staked_total = pool.staked_total.checked_add(amount.get()).ok_or(StakingError::Overflow)?;
    Ok(())
}

/// `amount` leaves the active stake of the position, which must be settled.
#[inline(never)]
pub fn deactivate(
    pool: &mut StakePool,
    stake: &mut OperatorStake,
    position: &mut Position,
    amount: Amount,
) -> Result<()> {
    let before = stake.active();
    let mut active = before;
    let burned = active.take(position.shares.get(), amount).map_err(StakingError::from)?;
    if active.factor != before.factor {
        // The last share has gone, and the factor begins anew.
        close_interval(pool, stake)?;
    }
    stake.set_active(active);
    let owned = position.shares.get().checked_sub(burned).ok_or(StakingError::BooksBroken)?;
    set_shares(stake, position, owned);
    let left = before.tokens.checked_sub(active.tokens).ok_or(StakingError::BooksBroken)?;
    pool.active_total = pool.active_total.checked_sub(left.get()).ok_or(StakingError::BooksBroken)?;
    pool.staked_total = pool.staked_total.checked_sub(left.get()).ok_or(StakingError::BooksBroken)?;
    Ok(())
}

/// `amount` becomes unbonding stake; its shares.
#[inline(never)]
pub fn unbond(pool: &mut StakePool, stake: &mut OperatorStake, amount: Amount) -> Result<u128> {
    let mut unbonding = stake.unbonding();
    let shares = unbonding.deposit(amount).map_err(StakingError::from)?;
    stake.set_unbonding(unbonding);
    pool.staked_total = pool.staked_total.checked_add(amount.get()).ok_or(StakingError::Overflow)?;
    Ok(shares)
}

/// `shares` leave the unbonding stake; what they are worth.
#[inline(never)]
pub fn release(pool: &mut StakePool, stake: &mut OperatorStake, shares: u128) -> Result<Amount> {
    let before = stake.unbonding();
    let mut unbonding = before;
    let worth = unbonding.worth(shares);
    unbonding.take(shares, worth).map_err(StakingError::from)?;
    stake.set_unbonding(unbonding);
    let left = before.tokens.checked_sub(unbonding.tokens).ok_or(StakingError::BooksBroken)?;
    pool.staked_total = pool.staked_total.checked_sub(left.get()).ok_or(StakingError::BooksBroken)?;
    Ok(worth)
}

/// Takes `bps` of the operator's active and unbonding stake away, each rounded down; how much in all. Rewards must be
/// folded in.
#[inline(never)]
pub fn slash(pool: &mut StakePool, stake: &mut OperatorStake, bps: u16) -> Result<Amount> {
    close_interval(pool, stake)?;
    let (mut active, mut unbonding) = (stake.active(), stake.unbonding());
    let from_active = active.slash(bps).ok_or(StakingError::InvalidSlashBps)?;
    let from_unbonding = unbonding.slash(bps).ok_or(StakingError::InvalidSlashBps)?;
    stake.set_active(active);
    stake.set_unbonding(unbonding);
    let slashed = from_active.checked_add(from_unbonding).ok_or(StakingError::BooksBroken)?;
    pool.active_total = pool.active_total.checked_sub(from_active.get()).ok_or(StakingError::BooksBroken)?;
    pool.staked_total = pool.staked_total.checked_sub(slashed.get()).ok_or(StakingError::BooksBroken)?;
    stake.slashed_total = stake.slashed_total.saturating_add(slashed.get());
    Ok(slashed)
}

/// The operator's running sum up to now, before its factor changes.
#[inline(never)]
fn close_interval(pool: &StakePool, stake: &mut OperatorStake) -> Result<()> {
    let mut rewards = stake.rewards();
    rewards.close_interval(&pool.rewards(), stake.active_factor.get()).ok_or(StakingError::Overflow)?;
    stake.set_rewards(rewards);
    Ok(())
}

fn set_shares(stake: &mut OperatorStake, position: &mut Position, shares: u128) {
    position.shares = shares.into();
    if position.wallet == stake.wallet {
        stake.self_shares = shares.into();
    }
}
