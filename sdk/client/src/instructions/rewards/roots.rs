//! Roots: proposals, votes, vetoes, finalization.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_core::{Epoch, Hash, root_content::RootContent};
pub use trellis_rewards::ProposeRootArgs;
use trellis_rewards::{accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REWARDS_ID, addresses, instructions::build};

/// Signer: proposer, who pays the proposal's rent.
pub fn propose_root(proposer: Address, content: &RootContent) -> Instruction {
    let vault = Address::new_from_array(content.vault);
    build(
        REWARDS_ID,
        accounts::ProposeRoot {
            proposer,
            vault,
            proposal: addresses::proposal(&vault, content.epoch, &proposer),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::ProposeRoot {
            args: ProposeRootArgs {
                epoch: content.epoch.get(),
                root: content.root,
                devices_root: content.devices_root,
                bundle_hash: content.bundle_hash,
                leaf_count: content.leaf_count,
                cumulative_total: content.cumulative_total.get(),
            },
        },
    )
}

/// Signer: oracle. Its vote for another proposal of the epoch moves to this one.
pub fn vote_root(oracle: Address, vault: Address, proposal: Address, content_hash: Hash) -> Instruction {
    build(REWARDS_ID, accounts::VoteRoot { oracle, vault, proposal }, instruction::VoteRoot { content_hash })
}

/// Signer: oracle.
pub fn withdraw_vote(oracle: Address, vault: Address) -> Instruction {
    build(REWARDS_ID, accounts::WithdrawVote { oracle, vault }, instruction::WithdrawVote {})
}

/// Signer: proposer, who gets the rent back.
pub fn withdraw_proposal(proposer: Address, vault: Address, epoch: Epoch) -> Instruction {
    let proposal = addresses::proposal(&vault, epoch, &proposer);
    build(REWARDS_ID, accounts::WithdrawProposal { proposer, vault, proposal }, instruction::WithdrawProposal {})
}

/// Signer: guardian.
pub fn veto_root(guardian: Address, vault: Address, proposal: Address) -> Instruction {
    build(REWARDS_ID, accounts::VetoRoot { guardian, vault, proposal }, instruction::VetoRoot {})
}

/// No signer but the fee payer.
pub fn finalize_root(vault: Address, proposal: Address) -> Instruction {
    let vault_tokens = addresses::vault_tokens(&vault);
    build(REWARDS_ID, accounts::FinalizeRoot { vault, proposal, vault_tokens }, instruction::FinalizeRoot {})
}

/// No signer but the fee payer.
pub fn close_proposal(vault: Address, epoch: Epoch, proposer: Address) -> Instruction {
    let proposal = addresses::proposal(&vault, epoch, &proposer);
    build(REWARDS_ID, accounts::CloseProposal { vault, proposer, proposal }, instruction::CloseProposal {})
}
