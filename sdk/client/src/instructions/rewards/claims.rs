//! Claims and the pages that count them. [`crate::claims`] checks claims and builds them from vaults' accounts.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use trellis_core::pda;
pub use trellis_rewards::{ClaimArgs, ClaimRangeArgs};
use trellis_rewards::{accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REWARDS_ID, SPL_TOKEN_ID, addresses, instructions::build};

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
    claim_of(vault, payout_tokens, SPL_TOKEN_ID, args)
}

/// The same for a vault whose mint is of `token_program`: SPL Token or Token-2022.
pub fn claim_of(vault: Address, payout_tokens: Address, token_program: Address, args: ClaimArgs) -> Instruction {
    let (page, _) = pda::claim_slot(args.operator_index);
    build(
        REWARDS_ID,
        accounts::Claim {
            vault,
            claim_page: addresses::claim_page(&vault, page),
            vault_tokens: addresses::vault_tokens(&vault),
            payout_tokens,
            token_program,
        },
        instruction::Claim { args },
    )
}

/// No signer but the fee payer. `payout_tokens` are token accounts of the leaves' payout wallets, in the leaves' order.
pub fn claim_range(
    vault: Address,
    payout_tokens: &[Address],
    token_program: Address,
    args: ClaimRangeArgs,
) -> Instruction {
    let (page, _) = pda::claim_slot(args.first_index);
    let mut instruction = build(
        REWARDS_ID,
        accounts::ClaimRange {
            vault,
            claim_page: addresses::claim_page(&vault, page),
            vault_tokens: addresses::vault_tokens(&vault),
            token_program,
        },
        instruction::ClaimRange { args },
    );
    instruction.accounts.extend(payout_tokens.iter().map(|tokens| AccountMeta::new(*tokens, false)));
    instruction
}
