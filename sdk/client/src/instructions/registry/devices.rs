//! Devices: registration, place, owner, retirement.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_core::{DeviceKey, registration::Registration};
use trellis_registry::{RegisterDeviceArgs, accounts, instruction};

use super::{INSTRUCTIONS_SYSVAR, SYSTEM_PROGRAM};
use crate::{REGISTRY_ID, addresses, instructions::build};

/// Signers: payer, wallet, the device's key, and the maker if there is one.
pub fn register_device(
    payer: Address,
    wallet: Address,
    device_key: Address,
    maker: Option<Address>,
    network: Address,
    class_index: u16,
) -> Instruction {
    let key = DeviceKey::Ed25519(device_key.to_bytes());
    build(
        REGISTRY_ID,
        accounts::RegisterDevice {
            payer,
            wallet,
            device_key: Some(device_key),
            maker,
            network,
            class: addresses::class(&network, class_index),
            operator: addresses::operator(&network, &wallet),
            device: addresses::device(&network, &key),
            instructions: INSTRUCTIONS_SYSVAR,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::RegisterDevice { args: RegisterDeviceArgs { key: key.padded(), valid_until_unix: 0 } },
    )
}

/// What a device's key signs for [`register_device_by_proof`]: [`Registration::message`]. Valid for at most a day.
pub fn registration(
    wallet: &Address,
    network: &Address,
    class_index: u16,
    key: DeviceKey,
    valid_until_unix: i64,
) -> Registration {
    Registration {
        program: REGISTRY_ID.to_bytes(),
        network: network.to_bytes(),
        operator: addresses::operator(network, wallet).to_bytes(),
        class: addresses::class(network, class_index).to_bytes(),
        key,
        valid_until_unix,
    }
}

/// The [check](crate::instructions::precompile) of the key's signature over [`registration`] stands right before this
/// in the transaction. Signers: payer, wallet, and the maker if there is one.
pub fn register_device_by_proof(
    payer: Address,
    wallet: Address,
    maker: Option<Address>,
    network: Address,
    class_index: u16,
    key: &DeviceKey,
    valid_until_unix: i64,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::RegisterDevice {
            payer,
            wallet,
            device_key: None,
            maker,
            network,
            class: addresses::class(&network, class_index),
            operator: addresses::operator(&network, &wallet),
            device: addresses::device(&network, key),
            instructions: INSTRUCTIONS_SYSVAR,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::RegisterDevice { args: RegisterDeviceArgs { key: key.padded(), valid_until_unix } },
    )
}

/// Signer: wallet.
pub fn set_location(wallet: Address, network: Address, class_index: u16, device: Address, cell: u64) -> Instruction {
    let (operator, class) = (addresses::operator(&network, &wallet), addresses::class(&network, class_index));
    build(REGISTRY_ID, accounts::SetLocation { wallet, operator, class, device }, instruction::SetLocation { cell })
}

/// Signers: both wallets.
pub fn transfer_device(from_wallet: Address, to_wallet: Address, network: Address, device: Address) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::TransferDevice {
            from_wallet,
            to_wallet,
            from_operator: addresses::operator(&network, &from_wallet),
            to_operator: addresses::operator(&network, &to_wallet),
            device,
        },
        instruction::TransferDevice {},
    )
}

/// `rent_payer` is the device's. Signer: wallet.
pub fn retire_device(wallet: Address, network: Address, device: Address, rent_payer: Address) -> Instruction {
    let operator = addresses::operator(&network, &wallet);
    build(
        REGISTRY_ID,
        accounts::RetireDevice { wallet, network, operator, rent_payer, device },
        instruction::RetireDevice {},
    )
}
