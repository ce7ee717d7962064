//! Who signs: the keypair in a file, or a hardware wallet.

#[cfg(feature = "hardware-wallet")]
mod hardware;

use std::path::Path;

use solana_signer::Signer;

use super::Unusable;
use crate::deploy::keys::read_keypair;

/// What Solana's own commands know hardware wallets by.
const HARDWARE: &str = "usb://";

/// Does it name a hardware wallet, rather than a file?
pub fn is_hardware(named: &Path) -> bool {
    named.to_str().is_some_and(|named| named.starts_with(HARDWARE))
}

/// A keypair in Solana's own format, or the hardware wallet that `usb://ledger?key=0/0` and the like name.
///
/// # Errors
/// There is no such file, or it holds no keypair; the hardware wallet is not there.
pub fn read_signer(named: &Path) -> Result<Box<dyn Signer>, Unusable> {
    match named.to_str() {
        Some(name) if is_hardware(named) => open(name),
        _ => Ok(Box::new(read_keypair(named)?)),
    }
}

#[cfg(feature = "hardware-wallet")]
fn open(name: &str) -> Result<Box<dyn Signer>, Unusable> {
    let wallet = hardware::HardwareWallet::open(name);
    wallet.map(|wallet| Box::new(wallet) as Box<dyn Signer>).map_err(|error| Unusable(error.to_string()))
}

#[cfg(not(feature = "hardware-wallet"))]
fn open(name: &str) -> Result<Box<dyn Signer>, Unusable> {
    Err(Unusable(format!(
        "{name} is a hardware wallet, and this trellis was built without them: `make install HARDWARE_WALLETS=1` builds one \
         with them"
    )))
}
