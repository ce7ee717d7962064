//! Suspending devices: by the network's authority, or by an oracle quorum.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_registry::{SuspendDeviceArgs, accounts, instruction};

use super::SYSTEM_PROGRAM;
use crate::{REGISTRY_ID, addresses, instructions::build};

/// Signer: authority.
pub fn suspend_device(authority: Address, network: Address, device: Address, args: SuspendDeviceArgs) -> Instruction {
    set_suspension(authority, network, device, Some(args))
}

/// Signer: authority.
pub fn reinstate_device(authority: Address, network: Address, device: Address) -> Instruction {
    set_suspension(authority, network, device, None)
}

fn set_suspension(
    authority: Address,
    network: Address,
    device: Address,
    accusation: Option<SuspendDeviceArgs>,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::SetSuspension { authority, network, device },
        instruction::SetSuspension { accusation },
    )
}

/// Signer: wallet.
pub fn appeal_suspension(wallet: Address, network: Address, device: Address, statement_hash: [u8; 32]) -> Instruction {
    let operator = addresses::operator(&network, &wallet);
    build(
        REGISTRY_ID,
        accounts::AppealSuspension { wallet, operator, device },
        instruction::AppealSuspension { statement_hash },
    )
}

/// `vault` is the network's suspension vault. Signer: oracle, who pays the rent.
pub fn open_suspension_case(
    oracle: Address,
    network: Address,
    vault: Address,
    device: Address,
    device_index: u32,
    args: SuspendDeviceArgs,
) -> Instruction {
    let case = addresses::suspension_case(&network, device_index, &args.evidence_hash, args.reason_code);
    build(
        REGISTRY_ID,
        accounts::OpenSuspensionCase { oracle, network, vault, device, case, system_program: SYSTEM_PROGRAM },
        instruction::OpenSuspensionCase { args },
    )
}

/// Signer: oracle.
pub fn vote_suspension(
    oracle: Address,
    network: Address,
    vault: Address,
    device: Address,
    case: Address,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::VoteSuspension { oracle, network, vault, device, case },
        instruction::VoteSuspension {},
    )
}

/// No signer but the fee payer. `vault` and `opener` are the case's.
pub fn close_suspension_case(network: Address, vault: Address, opener: Address, case: Address) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::CloseSuspensionCase { network, vault, opener, case },
        instruction::CloseSuspensionCase {},
    )
}
