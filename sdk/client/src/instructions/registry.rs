//! Instructions of the registry.

use solana_address::Address;
use solana_instruction::Instruction;
pub use trellis_registry::{CreateClassArgs, CreateNetworkArgs, SuspendDeviceArgs};
use trellis_registry::{accounts, instruction};

use super::build;
use crate::{REGISTRY_ID, addresses};

const SYSTEM_PROGRAM: Address = solana_sdk_ids::system_program::ID;

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
pub fn propose_authority(authority: Address, network: Address, new_authority: Address) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::ProposeAuthority { authority, network },
        instruction::ProposeAuthority { new_authority },
    )
}

/// Signer: the proposed authority.
pub fn accept_authority(new_authority: Address, network: Address) -> Instruction {
    build(REGISTRY_ID, accounts::AcceptAuthority { new_authority, network }, instruction::AcceptAuthority {})
}

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

/// Signers: payer, wallet.
pub fn register_operator(payer: Address, wallet: Address, network: Address, payout_wallet: Address) -> Instruction {
    let operator = addresses::operator(&network, &wallet);
    build(
        REGISTRY_ID,
        accounts::RegisterOperator { payer, wallet, network, operator, system_program: SYSTEM_PROGRAM },
        instruction::RegisterOperator { payout_wallet },
    )
}

/// Signers: payer, wallet, the device's key, and the maker if there is one.
pub fn register_device(
    payer: Address,
    wallet: Address,
    device_key: Address,
    maker: Option<Address>,
    network: Address,
    class_index: u16,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::RegisterDevice {
            payer,
            wallet,
            device_key,
            maker,
            network,
            class: addresses::class(&network, class_index),
            operator: addresses::operator(&network, &wallet),
            device: addresses::device(&network, &device_key.to_bytes()),
            system_program: SYSTEM_PROGRAM,
        },
        instruction::RegisterDevice {},
    )
}

/// Signer: authority.
pub fn suspend_device(
    authority: Address,
    network: Address,
    device_key: &[u8; 32],
    args: SuspendDeviceArgs,
) -> Instruction {
    let device = addresses::device(&network, device_key);
    build(REGISTRY_ID, accounts::SetDeviceStatus { authority, network, device }, instruction::SuspendDevice { args })
}

/// Signer: authority.
pub fn reinstate_device(authority: Address, network: Address, device_key: &[u8; 32]) -> Instruction {
    let device = addresses::device(&network, device_key);
    build(REGISTRY_ID, accounts::SetDeviceStatus { authority, network, device }, instruction::ReinstateDevice {})
}
