//! New keys for devices.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_core::{DeviceKey, registration::KeyChange};
use trellis_registry::{RequestKeyRecoveryArgs, RotateKeyArgs, accounts, instruction};

use super::{INSTRUCTIONS_SYSVAR, SYSTEM_PROGRAM};
use crate::{REGISTRY_ID, addresses, instructions::build};

/// How a key shows that it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Possession {
    /// The key, an ed25519 one, signs the transaction.
    Signer(DeviceKey),
    /// The key has signed a message; the [check](crate::instructions::precompile) of it stands before the instruction.
    Proof(DeviceKey),
}

impl Possession {
    pub fn key(&self) -> &DeviceKey {
        match self {
            Self::Signer(key) | Self::Proof(key) => key,
        }
    }

    /// The address that signs; a P-256 key has none.
    fn signer(&self) -> Option<Address> {
        match self {
            Self::Signer(DeviceKey::Ed25519(key)) => Some(Address::new_from_array(*key)),
            Self::Signer(DeviceKey::P256(_)) | Self::Proof(_) => None,
        }
    }
}

/// What keys sign that do not sign the transaction: [`KeyChange::rotation_message`] for [`rotate_key`],
/// [`KeyChange::recovery_message`] for [`request_key_recovery`]. Valid for at most a day.
pub fn key_change(
    wallet: &Address,
    network: &Address,
    device: &Address,
    new_key: DeviceKey,
    valid_until_unix: i64,
) -> KeyChange {
    let operator = addresses::operator(network, wallet).to_bytes();
    KeyChange { device: device.to_bytes(), operator, new_key, valid_until_unix }
}

/// Proofs stand right before this, the old key's first. `rent_payer` is the device's. Signers: payer, wallet, and the
/// keys that give no proof.
pub fn rotate_key(
    payer: Address,
    wallet: Address,
    network: Address,
    old_key: Possession,
    new_key: Possession,
    rent_payer: Address,
    valid_until_unix: i64,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::RotateKey {
            payer,
            wallet,
            old_key: old_key.signer(),
            new_key: new_key.signer(),
            network,
            operator: addresses::operator(&network, &wallet),
            device: addresses::device(&network, old_key.key()),
            new_device: addresses::device(&network, new_key.key()),
            rent_payer,
            instructions: INSTRUCTIONS_SYSVAR,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::RotateKey { args: RotateKeyArgs { new_key: new_key.key().padded(), valid_until_unix } },
    )
}

/// A proof stands right before this. Signers: wallet, maker, and the new key if it gives no proof.
pub fn request_key_recovery(
    wallet: Address,
    maker: Address,
    network: Address,
    class_index: u16,
    device: Address,
    new_key: Possession,
    valid_until_unix: i64,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::RequestKeyRecovery {
            wallet,
            maker,
            new_key: new_key.signer(),
            operator: addresses::operator(&network, &wallet),
            class: addresses::class(&network, class_index),
            device,
            instructions: INSTRUCTIONS_SYSVAR,
        },
        instruction::RequestKeyRecovery {
            args: RequestKeyRecoveryArgs { new_key: new_key.key().padded(), valid_until_unix },
        },
    )
}

/// `operator` is the operator's account. Signer: its wallet or the device's key.
pub fn cancel_key_recovery(canceller: Address, operator: Address, device: Address) -> Instruction {
    build(REGISTRY_ID, accounts::CancelKeyRecovery { canceller, operator, device }, instruction::CancelKeyRecovery {})
}

/// `rent_payer` is the device's. Signer: payer.
pub fn complete_key_recovery(
    payer: Address,
    network: Address,
    device: Address,
    new_key: &DeviceKey,
    rent_payer: Address,
) -> Instruction {
    build(
        REGISTRY_ID,
        accounts::CompleteKeyRecovery {
            payer,
            network,
            device,
            new_device: addresses::device(&network, new_key),
            rent_payer,
            system_program: SYSTEM_PROGRAM,
        },
        instruction::CompleteKeyRecovery {},
    )
}
