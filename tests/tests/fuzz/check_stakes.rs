//! Whether a pool holds what it owes, and takes no more than it may.

use trellis_client::{
    accounts::{OperatorStake, Position, StakePool, UnbondingTicket},
    addresses,
};
use trellis_staking::constants::MAX_SLASH_BPS_PER_EPOCH;

use super::{
    check::{at_most, same},
    model::{Network, Sim},
};

pub fn check_stakes(sim: &Sim, network: &Network) -> Result<(), String> {
    let (world, model) = (&sim.world, &network.staking);
    let pool: StakePool = world.account(network.pool);
    let (mut staked, mut active, mut owed) = (0, 0, 0);
    for &operator in &model.stakes {
        let address = network.stake_of(operator);
        let stake: OperatorStake = world.account(address);
        staked += stake.active_tokens + stake.unbonding_tokens;
        active += stake.active_tokens;
        let (mut worth, mut self_shares) = (0, 0);
        for &(_, staker) in model.positions.range((operator, 0)..(operator + 1, 0)) {
            let position: Position = world.account(network.position_of(operator, staker));
            worth += position.worth(&stake).get();
            owed += owed_to(&pool, &stake, &position)?;
            if position.wallet == stake.wallet {
                self_shares = position.shares.get();
            }
        }
        at_most("what positions are worth of the active stake", worth, stake.active_tokens)?;
        same("the operator's own shares", stake.self_shares.get(), self_shares)?;
        let tickets = model.tickets.iter().map(|ticket| world.account::<UnbondingTicket>(*ticket));
        let of_operator = tickets.filter(|ticket| ticket.operator_stake == address);
        let leaving = of_operator.map(|ticket| stake.unbonding().worth(ticket.shares.get()).get()).sum();
        at_most("what tickets are worth of the unbonding stake", leaving, stake.unbonding_tokens)?;
    }
    same("all stake", pool.staked_total, staked)?;
    same("all active stake", pool.active_total, active)?;
    at_most("all stake of the pool's tokens", staked, world.token_balance(pool.stake_tokens))?;
    let rewards = world.token_balance(addresses::stake_rewards(&network.pool));
    same("rewards that are left", rewards, model.rewarded - model.paid)?;
    at_most("rewards owed of those held", owed, pool.rewards_held)?;
    at_most("rewards held of those that are left", pool.rewards_held, rewards)?;
    let most = model.slashed_bps.values().copied().max().unwrap_or_default();
    at_most("slashed in an epoch", most, u64::from(MAX_SLASH_BPS_PER_EPOCH))
}

/// What a position could claim, with what is folded in.
fn owed_to(pool: &StakePool, stake: &OperatorStake, position: &Position) -> Result<u64, String> {
    let per_share =
        stake.rewards().per_share(&pool.rewards(), stake.active_factor.get()).ok_or("no reward per share")?;
    let mut rewards = position.rewards();
    rewards.settle(position.shares.get(), per_share).ok_or("rewards that cannot be settled")?;
    Ok(rewards.whole().get())
}
