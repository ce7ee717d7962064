//! What the tests of several instructions share.

use solana_instruction::Instruction;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{OperatorStake, Position, StakePool},
    instructions::staking,
};
use trellis_tests::{World, fixtures::StakingStage};

/// A stake of the tests: a power of two, so that halves and quarters of it come out even.
pub const AMOUNT: u64 = 1 << 24;

/// A stage on which wallet 2 has staked [`AMOUNT`] with operator 0.
pub fn staked(world: &mut World) -> StakingStage {
    let stage = world.staking_stage();
    world.stake(&stage, 0, 2, AMOUNT);
    stage
}

pub fn pool(world: &World, stage: &StakingStage) -> StakePool {
    world.account(stage.pool.address)
}

pub fn operator_stake(world: &World, stage: &StakingStage, operator: usize) -> OperatorStake {
    world.account(stage.stakes[operator])
}

pub fn position(world: &World, stage: &StakingStage, operator: usize, wallet: usize) -> Position {
    world.account(stage.position(operator, wallet))
}

pub fn delegate(stage: &StakingStage, operator: usize, wallet: usize, amount: u64) -> Instruction {
    let (pool, stake) = (stage.pool.address, stage.stakes[operator]);
    staking::delegate(stage.wallet(wallet), pool, SPL_TOKEN_ID, stake, stage.tokens[wallet], amount)
}

/// Ticket 0 of the wallet's position, paid by the wallet.
pub fn unstake(stage: &StakingStage, operator: usize, wallet: usize, amount: u64) -> Instruction {
    let owner = stage.wallet(wallet);
    staking::unstake(owner, owner, stage.pool.address, stage.stakes[operator], 0, amount)
}

pub fn claim(stage: &StakingStage, operator: usize, wallet: usize) -> Instruction {
    let (pool, stake) = (stage.pool.address, stage.stakes[operator]);
    staking::claim_stake_rewards(pool, SPL_TOKEN_ID, stake, stage.wallet(wallet), stage.tokens[wallet])
}
