//! Hardware wallets, by Solana's own crate for them.

use solana_address::Address;
use solana_derivation_path::DerivationPath;
use solana_remote_wallet::{
    locator::Locator,
    remote_keypair::{RemoteKeypair, generate_remote_keypair},
    remote_wallet::{RemoteWalletError, maybe_wallet_manager},
};
use solana_signature::Signature;
use solana_signer::{Signer, SignerError};
use uriparse::URIReference;

use crate::output;

/// Why a hardware wallet cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HardwareError {
    #[error(
        "{name} names no hardware wallet ({problem}): usb://ledger, usb://ledger?key=0/0 or usb://trezor is wanted, with the \
         wallet's address behind a slash if there are several"
    )]
    Name { name: String, problem: String },
    #[error("{name}: the machine's USB cannot be used ({problem})")]
    NoUsb { name: String, problem: String },
    #[error(
        "{name}: no such hardware wallet was found: is it plugged in and unlocked, with its Solana app open, and may you use it \
         (on Linux its maker's udev rules say so)?"
    )]
    NotFound { name: String },
    #[error("{name}: the hardware wallet does not answer as it should: {problem}")]
    Wallet { name: String, problem: RemoteWalletError },
}

/// A key that never leaves its device. Each signature waits for its owner to look and to press a button.
pub struct HardwareWallet {
    name: String,
    keypair: RemoteKeypair,
}

impl HardwareWallet {
    pub fn open(name: &str) -> Result<Self, HardwareError> {
        let wrong = |problem: String| HardwareError::Name { name: name.to_owned(), problem };
        let parsed = URIReference::try_from(name).map_err(|error| wrong(error.to_string()))?;
        let locator = Locator::new_from_uri(&parsed).map_err(|error| wrong(error.to_string()))?;
        let path = DerivationPath::from_uri_key_query(&parsed).map_err(|error| wrong(error.to_string()))?;
        // Looking for wallets panics where there is no USB at all.
        let usb = rusb::Context::new();
        usb.map_err(|error| HardwareError::NoUsb { name: name.to_owned(), problem: error.to_string() })?;
        let failed = |problem| match problem {
            RemoteWalletError::NoDeviceFound => HardwareError::NotFound { name: name.to_owned() },
            problem => HardwareError::Wallet { name: name.to_owned(), problem },
        };
        let manager = maybe_wallet_manager().map_err(failed)?;
        let manager = manager.ok_or_else(|| HardwareError::NotFound { name: name.to_owned() })?;
        let keypair = generate_remote_keypair(locator, path.unwrap_or_default(), &manager, false, "keypair");
        Ok(Self { name: name.to_owned(), keypair: keypair.map_err(failed)? })
    }
}

impl Signer for HardwareWallet {
    fn try_pubkey(&self) -> Result<Address, SignerError> {
        self.keypair.try_pubkey()
    }

    fn try_sign_message(&self, message: &[u8]) -> Result<Signature, SignerError> {
        output::note(format!("look at the wallet {}: it asks whether to sign", self.name));
        self.keypair.try_sign_message(message)
    }

    fn is_interactive(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> String {
        HardwareWallet::open(name).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn name_of_no_hardware_wallet_is_refused_with_what_is_wanted() {
        for name in ["usb://toaster", "usb://ledger?key=x", "usb://ledger/nobody", "usb://", "usb://ledger?kee=0"] {
            let error = refused(name);
            assert!(error.contains(&format!("{name} names no hardware wallet")), "{error}");
            assert!(error.contains("usb://ledger?key=0/0"), "{error}");
        }
    }

    #[test]
    fn wallet_that_is_not_there_is_said() {
        // An address that no wallet has.
        let error = refused(&format!("usb://ledger/{}", Address::new_from_array([7; 32])));
        assert!(error.contains("USB cannot be used") || error.contains("is it plugged in"), "{error}");
    }
}
