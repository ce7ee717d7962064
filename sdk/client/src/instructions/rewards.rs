//! Instructions of the rewards program.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_core::{Epoch, Hash, pda, root_content::RootContent};
pub use trellis_rewards::{ClaimArgs, CreateVaultArgs, OracleMember, ProposeRootArgs, SetOraclesArgs};
use trellis_rewards::{accounts, instruction};

use super::build;
use crate::{REWARDS_ID, SPL_TOKEN_ID, addresses};

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;

/// Signers: payer, authority of the network.
pub fn create_vault(
    payer: Address,
    authority: Address,
    network: Address,
    mint: Address,
    args: CreateVaultArgs,
) -> Instruction {
    let vault = addresses::vault(&network, &mint);
    build(
        REWARDS_ID,
        accounts::CreateVault {
            payer,
            authority,
            network,
            mint,
            vault,
            vault_tokens: addresses::vault_tokens(&vault),
            token_program: SPL_TOKEN_ID,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreateVault { args },
    )
}

/// Signer: authority of the network.
pub fn set_oracles(authority: Address, network: Address, vault: Address, args: SetOraclesArgs) -> Instruction {
    build(REWARDS_ID, accounts::SetOracles { authority, network, vault }, instruction::SetOracles { args })
}

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

/// Signer: oracle.
pub fn vote_root(oracle: Address, vault: Address, proposal: Address, content_hash: Hash) -> Instruction {
    build(REWARDS_ID, accounts::VoteRoot { oracle, vault, proposal }, instruction::VoteRoot { content_hash })
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

/// Signer: payer of the page's rent.
pub fn open_page(payer: Address, vault: Address, page: u32) -> Instruction {
    build(
        REWARDS_ID,
        accounts::OpenPage {
            payer,
            vault,
            claim_page: addresses::claim_page(&vault, page),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::OpenPage { page },
    )
}

/// No signer but the fee payer. `payout_tokens` is a token account of the leaf's payout wallet.
pub fn claim(vault: Address, payout_tokens: Address, args: ClaimArgs) -> Instruction {
    let (page, _) = pda::claim_slot(args.operator_index);
    build(
        REWARDS_ID,
        accounts::Claim {
            vault,
            claim_page: addresses::claim_page(&vault, page),
            vault_tokens: addresses::vault_tokens(&vault),
            payout_tokens,
            token_program: SPL_TOKEN_ID,
        },
        instruction::Claim { args },
    )
}
