//! Instructions of the staking program.

use solana_address::Address;
use solana_instruction::Instruction;
pub use trellis_staking::{PoolSettings, ProposeSlashArgs, UpdatePoolArgs};
use trellis_staking::{accounts, instruction};

use super::build;
use crate::{
    STAKING_ID,
    accounts::{SlashProposal, StakePool, UnbondingTicket},
    addresses,
};

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;

/// Signers: payer, authority of the network. `token_program` is the mint's; `slash_destination` any token account of it.
pub fn create_pool(
    payer: Address,
    authority: Address,
    network: Address,
    mint: Address,
    token_program: Address,
    slash_destination: Address,
    settings: PoolSettings,
) -> Instruction {
    let pool = addresses::stake_pool(&network);
    build(
        STAKING_ID,
        accounts::CreatePool {
            payer,
            authority,
            network,
            mint,
            pool,
            stake_tokens: addresses::stake_tokens(&pool),
            reward_tokens: addresses::stake_rewards(&pool),
            slash_destination,
            token_program,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreatePool { settings },
    )
}

/// Signer: authority of the network.
pub fn update_pool(
    authority: Address,
    network: Address,
    slash_destination: Address,
    args: UpdatePoolArgs,
) -> Instruction {
    let pool = addresses::stake_pool(&network);
    build(
        STAKING_ID,
        accounts::UpdatePool { authority, network, pool, slash_destination },
        instruction::UpdatePool { args },
    )
}

/// Signer: payer. `operator` is the operator's account in the registry.
pub fn open_operator_stake(payer: Address, pool: Address, operator: Address) -> Instruction {
    let operator_stake = addresses::operator_stake(&pool, &operator);
    build(
        STAKING_ID,
        accounts::OpenOperatorStake { payer, pool, operator, operator_stake, system_program: SYSTEM_PROGRAM },
        instruction::OpenOperatorStake {},
    )
}

/// Signer: payer.
pub fn open_position(payer: Address, operator_stake: Address, wallet: Address) -> Instruction {
    let position = addresses::stake_position(&operator_stake, &wallet);
    build(
        STAKING_ID,
        accounts::OpenPosition { payer, wallet, operator_stake, position, system_program: SYSTEM_PROGRAM },
        instruction::OpenPosition {},
    )
}

/// Signer: wallet. The tokens come from `source_tokens`, which the wallet may move.
pub fn delegate(
    wallet: Address,
    pool: Address,
    token_program: Address,
    operator_stake: Address,
    source_tokens: Address,
    amount: u64,
) -> Instruction {
    build(
        STAKING_ID,
        accounts::Delegate {
            wallet,
            pool,
            operator_stake,
            position: addresses::stake_position(&operator_stake, &wallet),
            source_tokens,
            stake_tokens: addresses::stake_tokens(&pool),
            reward_tokens: addresses::stake_rewards(&pool),
            token_program,
        },
        instruction::Delegate { amount },
    )
}

/// Signers: payer, wallet. `ticket_number` is the position's ticket count.
pub fn unstake(
    payer: Address,
    wallet: Address,
    pool: Address,
    operator_stake: Address,
    ticket_number: u32,
    amount: u64,
) -> Instruction {
    leave(payer, wallet, pool, operator_stake, None, ticket_number, amount)
}

/// Unstakes in order to move to `destination`, another operator's stake. Signers: payer, wallet. `ticket_number` is the
/// position's ticket count.
pub fn redelegate(
    payer: Address,
    wallet: Address,
    pool: Address,
    operator_stake: Address,
    destination: Address,
    ticket_number: u32,
    amount: u64,
) -> Instruction {
    leave(payer, wallet, pool, operator_stake, Some(destination), ticket_number, amount)
}

fn leave(
    payer: Address,
    wallet: Address,
    pool: Address,
    operator_stake: Address,
    destination: Option<Address>,
    ticket_number: u32,
    amount: u64,
) -> Instruction {
    let position = addresses::stake_position(&operator_stake, &wallet);
    build(
        STAKING_ID,
        accounts::Unstake {
            payer,
            wallet,
            pool,
            operator_stake,
            position,
            destination,
            reward_tokens: addresses::stake_rewards(&pool),
            ticket: addresses::unbonding_ticket(&position, ticket_number),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::Unstake { amount },
    )
}

/// Signer: wallet of the ticket.
pub fn cancel_redelegation(wallet: Address, ticket: Address) -> Instruction {
    build(STAKING_ID, accounts::CancelRedelegation { wallet, ticket }, instruction::CancelRedelegation {})
}

/// No signer but the fee payer. `payout_tokens` is a token account of the ticket's wallet.
pub fn withdraw(
    pool: Address,
    token_program: Address,
    ticket: &UnbondingTicket,
    payout_tokens: Address,
) -> Instruction {
    build(
        STAKING_ID,
        accounts::Withdraw {
            pool,
            operator_stake: ticket.operator_stake,
            position: ticket.position,
            ticket: addresses::unbonding_ticket(&ticket.position, ticket.number),
            wallet: ticket.wallet,
            stake_tokens: addresses::stake_tokens(&pool),
            payout_tokens,
            token_program,
        },
        instruction::Withdraw {},
    )
}

/// No signer but the fee payer. The wallet's position at the destination must be open.
pub fn complete_redelegation(pool: Address, ticket: &UnbondingTicket) -> Instruction {
    build(
        STAKING_ID,
        accounts::CompleteRedelegation {
            pool,
            source: ticket.operator_stake,
            source_position: ticket.position,
            ticket: addresses::unbonding_ticket(&ticket.position, ticket.number),
            wallet: ticket.wallet,
            destination: ticket.destination,
            position: addresses::stake_position(&ticket.destination, &ticket.wallet),
            reward_tokens: addresses::stake_rewards(&pool),
        },
        instruction::CompleteRedelegation {},
    )
}

/// No signer but the fee payer. `payout_tokens` is a token account of `wallet`, whose position it is.
pub fn claim_stake_rewards(
    pool: Address,
    token_program: Address,
    operator_stake: Address,
    wallet: Address,
    payout_tokens: Address,
) -> Instruction {
    build(
        STAKING_ID,
        accounts::ClaimStakeRewards {
            pool,
            operator_stake,
            position: addresses::stake_position(&operator_stake, &wallet),
            reward_tokens: addresses::stake_rewards(&pool),
            payout_tokens,
            token_program,
        },
        instruction::ClaimStakeRewards {},
    )
}

/// No signer but the fee payer.
pub fn distribute_rewards(pool: Address) -> Instruction {
    let reward_tokens = addresses::stake_rewards(&pool);
    build(STAKING_ID, accounts::DistributeRewards { pool, reward_tokens }, instruction::DistributeRewards {})
}

/// Signers: payer, authority of the network. `number` is the operator stake's slash count.
pub fn propose_slash(
    payer: Address,
    authority: Address,
    network: Address,
    operator_stake: Address,
    number: u32,
    args: ProposeSlashArgs,
) -> Instruction {
    build(
        STAKING_ID,
        accounts::ProposeSlash {
            payer,
            authority,
            network,
            pool: addresses::stake_pool(&network),
            operator_stake,
            proposal: addresses::slash_proposal(&operator_stake, number),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::ProposeSlash { args },
    )
}

/// Signer: guardian of the pool.
pub fn veto_slash(guardian: Address, pool: Address, proposal: Address) -> Instruction {
    build(STAKING_ID, accounts::VetoSlash { guardian, pool, proposal }, instruction::VetoSlash {})
}

/// No signer but the fee payer. `pool` is the account of the pool that `proposal` names.
pub fn execute_slash(pool: &StakePool, proposal: &SlashProposal) -> Instruction {
    build(
        STAKING_ID,
        accounts::ExecuteSlash {
            pool: proposal.pool,
            operator_stake: proposal.operator_stake,
            proposal: addresses::slash_proposal(&proposal.operator_stake, proposal.number),
            reward_tokens: pool.reward_tokens,
            stake_tokens: pool.stake_tokens,
            slash_destination: pool.slash_destination,
            token_program: pool.token_program,
        },
        instruction::ExecuteSlash {},
    )
}

/// No signer but the fee payer.
pub fn close_slash(proposal: &SlashProposal) -> Instruction {
    build(
        STAKING_ID,
        accounts::CloseSlash {
            rent_receiver: proposal.payer,
            proposal: addresses::slash_proposal(&proposal.operator_stake, proposal.number),
        },
        instruction::CloseSlash {},
    )
}

/// Signer: wallet.
pub fn close_position(wallet: Address, pool: Address, operator_stake: Address) -> Instruction {
    build(
        STAKING_ID,
        accounts::ClosePosition {
            wallet,
            pool,
            operator_stake,
            position: addresses::stake_position(&operator_stake, &wallet),
            reward_tokens: addresses::stake_rewards(&pool),
        },
        instruction::ClosePosition {},
    )
}

/// No signer but the fee payer. `operator` is the operator's account in the registry.
pub fn require_bond(operator: Address, operator_stake: Option<Address>) -> Instruction {
    build(STAKING_ID, accounts::RequireBond { operator, operator_stake }, instruction::RequireBond {})
}

/// No signer but the fee payer.
pub fn require_tier(pool: Address, operator_stake: Address, wallet: Address, tier: u8) -> Instruction {
    let position = addresses::stake_position(&operator_stake, &wallet);
    build(STAKING_ID, accounts::RequireTier { pool, operator_stake, position }, instruction::RequireTier { tier })
}
