//! Instructions of the token program.

use solana_address::Address;
use solana_instruction::Instruction;
pub use trellis_token::CreateEmissionArgs;
use trellis_token::{accounts, instruction};

use super::build;
use crate::{SPL_TOKEN_ID, TOKEN_ID, addresses};

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;

/// Signers: payer, authority of the network.
pub fn create_mint(payer: Address, authority: Address, network: Address, decimals: u8) -> Instruction {
    build(
        TOKEN_ID,
        accounts::CreateMint {
            payer,
            authority,
            network,
            mint_authority: addresses::mint_authority(&network),
            mint: addresses::mint(&network),
            token_program: SPL_TOKEN_ID,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreateMint { decimals },
    )
}

/// Signers: payer, authority of the network. `reward_account` is the vault's token account.
pub fn create_emission(
    payer: Address,
    authority: Address,
    network: Address,
    reward_account: Address,
    args: CreateEmissionArgs,
) -> Instruction {
    build(
        TOKEN_ID,
        accounts::CreateEmission {
            payer,
            authority,
            network,
            mint: addresses::mint(&network),
            mint_authority: addresses::mint_authority(&network),
            reward_account,
            emission: addresses::emission(&network),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreateEmission { args },
    )
}

/// No signer but the fee payer.
pub fn emit_epoch(network: Address, reward_account: Address, epoch: u64) -> Instruction {
    build(
        TOKEN_ID,
        accounts::EmitEpoch {
            emission: addresses::emission(&network),
            mint: addresses::mint(&network),
            mint_authority: addresses::mint_authority(&network),
            reward_account,
            token_program: SPL_TOKEN_ID,
        },
        instruction::EmitEpoch { epoch },
    )
}
