//! Instructions of the token program.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
pub use trellis_token::CreateEmissionArgs;
use trellis_token::{accounts, instruction};

use super::build;
use crate::{SPL_TOKEN_ID, TOKEN_ID, accounts::Emission, addresses};

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;

/// A mint of the SPL Token program. Signers: payer, authority of the network.
pub fn create_mint(payer: Address, authority: Address, network: Address, decimals: u8) -> Instruction {
    create_mint_of(payer, authority, network, decimals, SPL_TOKEN_ID)
}

/// The same as a mint of `token_program`: SPL Token or Token-2022.
pub fn create_mint_of(
    payer: Address,
    authority: Address,
    network: Address,
    decimals: u8,
    token_program: Address,
) -> Instruction {
    build(
        TOKEN_ID,
        accounts::CreateMint {
            payer,
            authority,
            network,
            mint_authority: addresses::mint_authority(&network),
            mint: addresses::mint(&network),
            token_program,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreateMint { decimals },
    )
}

/// Signers: payer, authority of the network. `destinations` are token accounts in the order of `args.shares_bps`, the
/// reward vault's first; `treasury` is the token account that takes what the shares leave. All must stay open: while one
/// of them is closed, nothing can be emitted. A program's token account cannot be closed, and a closed associated token
/// account can be opened again by anyone.
pub fn create_emission(
    payer: Address,
    authority: Address,
    network: Address,
    treasury: Address,
    destinations: &[Address],
    args: CreateEmissionArgs,
) -> Instruction {
    let mut create = build(
        TOKEN_ID,
        accounts::CreateEmission {
            payer,
            authority,
            network,
            mint: addresses::mint(&network),
            mint_authority: addresses::mint_authority(&network),
            treasury,
            emission: addresses::emission(&network),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreateEmission { args },
    );
    create.accounts.extend(destinations.iter().map(|&destination| AccountMeta::new_readonly(destination, false)));
    create
}

/// Emits `count` epochs, 1 to 64, from `first_epoch` on, which must be the next one. No signer but the fee payer.
pub fn emit_epochs(emission: &Emission, first_epoch: u64, count: u8) -> Instruction {
    let mut emit = build(
        TOKEN_ID,
        accounts::EmitEpochs {
            emission: addresses::emission(&emission.network),
            mint: emission.mint,
            mint_authority: addresses::mint_authority(&emission.network),
            treasury: emission.treasury,
            token_program: emission.token_program,
        },
        instruction::EmitEpochs { first_epoch, count },
    );
    let destinations = emission.destinations().map(|(destination, _)| AccountMeta::new(*destination, false));
    emit.accounts.extend(destinations);
    emit
}

/// Burns `amount` out of the token account `tokens` and counts it. The memo, of at most 128 bytes, goes into the event.
/// Signer: owner of the tokens.
pub fn burn(owner: Address, emission: &Emission, tokens: Address, amount: u64, memo: &str) -> Instruction {
    build(
        TOKEN_ID,
        accounts::Burn {
            owner,
            emission: addresses::emission(&emission.network),
            mint: emission.mint,
            tokens,
            token_program: emission.token_program,
        },
        instruction::Burn { amount, memo: memo.to_owned() },
    )
}
