//! Vaults: their settings, oracles, pauses and end.

use solana_address::Address;
use solana_instruction::Instruction;
pub use trellis_rewards::{CreateVaultArgs, OracleMember, SetOraclesArgs, UpdateVaultArgs};
use trellis_rewards::{accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REWARDS_ID, SPL_TOKEN_ID, addresses, instructions::build};

/// Signers: payer, authority of the network.
pub fn create_vault(
    payer: Address,
    authority: Address,
    network: Address,
    mint: Address,
    args: CreateVaultArgs,
) -> Instruction {
    create_vault_of(payer, authority, network, mint, SPL_TOKEN_ID, args)
}

/// The same for a mint of `token_program`: SPL Token or Token-2022.
pub fn create_vault_of(
    payer: Address,
    authority: Address,
    network: Address,
    mint: Address,
    token_program: Address,
    args: CreateVaultArgs,
) -> Instruction {
    let vault = addresses::vault_of_pool(&network, &mint, args.pool);
    build(
        REWARDS_ID,
        accounts::CreateVault {
            payer,
            authority,
            network,
            mint,
            vault,
            vault_tokens: addresses::vault_tokens(&vault),
            token_program,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CreateVault { args },
    )
}

/// Signer: authority of the network.
pub fn update_vault(authority: Address, network: Address, vault: Address, args: UpdateVaultArgs) -> Instruction {
    build(REWARDS_ID, accounts::UpdateVault { authority, network, vault }, instruction::UpdateVault { args })
}

/// Signer: authority of the network. One transaction holds about 24 new members: a larger set is built up in two steps,
/// the second of which keeps the members of the first.
pub fn set_oracles(authority: Address, network: Address, vault: Address, args: SetOraclesArgs) -> Instruction {
    build(REWARDS_ID, accounts::SetOracles { authority, network, vault }, instruction::SetOracles { args })
}

/// Signer: guardian of the vault.
pub fn pause_vault(guardian: Address, vault: Address, seconds: u32) -> Instruction {
    build(REWARDS_ID, accounts::PauseVault { guardian, vault }, instruction::PauseVault { seconds })
}

/// Signer: guardian of the vault or authority of the network.
pub fn unpause_vault(signer: Address, network: Address, vault: Address) -> Instruction {
    build(REWARDS_ID, accounts::UnpauseVault { signer, network, vault }, instruction::UnpauseVault {})
}

/// Signer: authority of the network. Irrevocable. End what emits into the vault first: see [`sweep_vault`].
pub fn retire_vault(authority: Address, network: Address, vault: Address, last_epoch: u64) -> Instruction {
    build(REWARDS_ID, accounts::RetireVault { authority, network, vault }, instruction::RetireVault { last_epoch })
}

/// Signer: authority of the network. Moves what a retired vault holds beyond what it owes to `receiving_tokens`.
pub fn sweep_vault(
    authority: Address,
    network: Address,
    vault: Address,
    receiving_tokens: Address,
    token_program: Address,
) -> Instruction {
    let vault_tokens = addresses::vault_tokens(&vault);
    build(
        REWARDS_ID,
        accounts::SweepVault { authority, network, vault, vault_tokens, receiving_tokens, token_program },
        instruction::SweepVault {},
    )
}
