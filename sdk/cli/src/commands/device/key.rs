//! How a device is named: by its key, or by the file of its keypair.

use std::path::Path;

use solana_signer::Signer;
use trellis_core::DeviceKey;
use trellis_epoch::encoding::device_key;

use crate::deploy::keys::read_keypair;

/// A device's key in base58, or that of the keypair in a file.
///
/// # Errors
/// It is neither.
pub fn parse_device(text: &str) -> Result<DeviceKey, String> {
    if let Some(key) = device_key::decode(text) {
        return Ok(key);
    }
    match Path::new(text).exists() {
        true => match read_keypair(Path::new(text)) {
            Ok(keypair) => Ok(DeviceKey::Ed25519(keypair.pubkey().to_bytes())),
            Err(error) => Err(error.to_string()),
        },
        false => Err("neither a device's key in base58 (ed25519 or P-256) nor the file of its keypair".to_owned()),
    }
}
