//! Networks: creation, changes, handing over.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_registry::{CreateNetworkArgs, UpdateNetworkArgs, accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REGISTRY_ID, addresses, instructions::build};

/// Signers: payer, creator.
pub fn create_network(payer: Address, creator: Address, args: CreateNetworkArgs) -> Instruction {
    let network = addresses::network(&creator, &args.name);
    build(
        REGISTRY_ID,
        accounts::CreateNetwork { payer, creator, network, system_program: SYSTEM_PROGRAM },
        instruction::CreateNetwork { args },
    )
}

/// Signer: authority.
pub fn update_network(authority: Address, network: Address, args: UpdateNetworkArgs) -> Instruction {
    build(REGISTRY_ID, accounts::UpdateNetwork { authority, network }, instruction::UpdateNetwork { args })
}

/// Stops or resumes registrations. Signer: authority.
pub fn set_paused(authority: Address, network: Address, paused: bool) -> Instruction {
    update_network(authority, network, UpdateNetworkArgs { paused: Some(paused), ..UpdateNetworkArgs::default() })
}

/// Signer: authority.
pub fn propose_authority(authority: Address, network: Address, new_authority: Address) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::UpdateNetwork { authority, network },
        instruction::ProposeAuthority { new_authority: Some(new_authority) },
    )
}

/// Takes a proposal back. Signer: authority.
pub fn cancel_authority_proposal(authority: Address, network: Address) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::UpdateNetwork { authority, network },
        instruction::ProposeAuthority { new_authority: None },
    )
}

/// Signer: the proposed authority.
pub fn accept_authority(new_authority: Address, network: Address) -> Instruction {
    build(REGISTRY_ID, accounts::AcceptAuthority { new_authority, network }, instruction::AcceptAuthority {})
}
