//! Signature checks, for keys that prove something to a program without signing the transaction.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_core::{DeviceKey, precompile};

/// The check that `key` made `signature` over `message`: by the ed25519 precompile or by the secp256r1 one. For P-256,
/// `signature` is r ‖ s, big endian, over SHA-256 of the message; either s will do. `None` if the message is longer than
/// 65,535 bytes.
pub fn signature_check(key: &DeviceKey, signature: [u8; 64], message: &[u8]) -> Option<Instruction> {
    let signature = match key {
        DeviceKey::Ed25519(_) => signature,
        DeviceKey::P256(_) => precompile::with_low_s(signature),
    };
    let program_id = Address::new_from_array(*precompile::program_of(key.kind()));
    let data = precompile::data(key, &signature, message)?;
    Some(Instruction { program_id, accounts: vec![], data })
}

/// Signs `message` with an ed25519 key, and checks it.
pub fn ed25519_check(keypair: &Keypair, message: &[u8]) -> Option<Instruction> {
    let key = DeviceKey::Ed25519(keypair.pubkey().to_bytes());
    signature_check(&key, keypair.sign_message(message).into(), message)
}
