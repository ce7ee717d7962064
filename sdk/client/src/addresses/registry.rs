//! Addresses of the registry.

use solana_address::Address;
use trellis_core::{DeviceKey, pda};

use super::derive;
use crate::REGISTRY_ID;

/// A network's name as its account stores it; `None` if it is empty, longer than 32 bytes or holds a zero byte.
pub fn network_name(name: &str) -> Option<[u8; 32]> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return None;
    }
    let mut padded = [0; 32];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(padded)
}

pub fn network(creator: &Address, name: &[u8; 32]) -> Address {
    derive(&[pda::NETWORK, creator.as_ref(), name], &REGISTRY_ID)
}

pub fn class(network: &Address, index: u16) -> Address {
    derive(&[pda::CLASS, network.as_ref(), &index.to_le_bytes()], &REGISTRY_ID)
}

pub fn operator(network: &Address, wallet: &Address) -> Address {
    derive(&[pda::OPERATOR, network.as_ref(), wallet.as_ref()], &REGISTRY_ID)
}

pub fn device(network: &Address, key: &DeviceKey) -> Address {
    derive(&[pda::DEVICE, network.as_ref(), &key.seed()], &REGISTRY_ID)
}

/// The case of oracles against the device with this index, for this evidence and reason.
pub fn suspension_case(network: &Address, device_index: u32, evidence_hash: &[u8; 32], reason_code: u16) -> Address {
    let (index, reason) = (device_index.to_le_bytes(), reason_code.to_le_bytes());
    derive(&[pda::SUSPENSION_CASE, network.as_ref(), &index, evidence_hash, &reason], &REGISTRY_ID)
}
