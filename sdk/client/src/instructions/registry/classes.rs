//! Device classes.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_registry::{CreateClassArgs, UpdateClassArgs, accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REGISTRY_ID, addresses, instructions::build};

/// Signers: payer, authority. `index` is the network's class count.
pub fn create_class(
    payer: Address,
    authority: Address,
    network: Address,
    index: u16,
    args: CreateClassArgs,
) -> Instruction {
    let class = addresses::class(&network, index);
    build(
        REGISTRY_ID,
        accounts::CreateClass { payer, authority, network, class, system_program: SYSTEM_PROGRAM },
        instruction::CreateClass { args },
    )
}

/// Signer: authority.
pub fn update_class(authority: Address, network: Address, index: u16, args: UpdateClassArgs) -> Instruction {
    let class = addresses::class(&network, index);
    build(REGISTRY_ID, accounts::UpdateClass { authority, network, class }, instruction::UpdateClass { args })
}

/// Closes a class to new devices, or opens it again. Signer: authority.
pub fn set_class_active(authority: Address, network: Address, index: u16, active: bool) -> Instruction {
    update_class(authority, network, index, UpdateClassArgs { active: Some(active), ..UpdateClassArgs::default() })
}
