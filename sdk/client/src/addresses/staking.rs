//! Addresses of the staking program.

use solana_address::Address;
use trellis_core::pda;

use super::derive;
use crate::STAKING_ID;

/// A network's stake pool, which owns its token accounts.
pub fn stake_pool(network: &Address) -> Address {
    derive(&[pda::STAKE_POOL, network.as_ref()], &STAKING_ID)
}

/// The token account of all stake of a pool.
pub fn stake_tokens(pool: &Address) -> Address {
    derive(&[pda::STAKE_TOKENS, pool.as_ref()], &STAKING_ID)
}

/// The token account that rewards of a pool's stakers come into.
pub fn stake_rewards(pool: &Address) -> Address {
    derive(&[pda::STAKE_REWARDS, pool.as_ref()], &STAKING_ID)
}

/// All stake with an operator, which is named by its account in the registry.
pub fn operator_stake(pool: &Address, operator: &Address) -> Address {
    derive(&[pda::OPERATOR_STAKE, pool.as_ref(), operator.as_ref()], &STAKING_ID)
}

/// A wallet's stake with one operator.
pub fn stake_position(operator_stake: &Address, wallet: &Address) -> Address {
    derive(&[pda::STAKE_POSITION, operator_stake.as_ref(), wallet.as_ref()], &STAKING_ID)
}

/// A position's ticket; `number` is the position's ticket count when it was opened.
pub fn unbonding_ticket(position: &Address, number: u32) -> Address {
    derive(&[pda::UNBONDING_TICKET, position.as_ref(), &number.to_le_bytes()], &STAKING_ID)
}

/// A slash; `number` is the operator stake's slash count when it was proposed.
pub fn slash_proposal(operator_stake: &Address, number: u32) -> Address {
    derive(&[pda::SLASH_PROPOSAL, operator_stake.as_ref(), &number.to_le_bytes()], &STAKING_ID)
}
