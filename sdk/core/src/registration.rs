//! What a device's key signs to prove that somebody holds it, when it does not sign the transaction itself.
//!
//! ```text
//! registration = REGISTER_DOMAIN ‖ program 32 ‖ network 32 ‖ operator 32 ‖ class 32 ‖ kind u8 ‖ key ‖ valid until i64
//! rotation     = ROTATE_DOMAIN   ‖ device 32 ‖ operator 32 ‖ kind u8 ‖ new key ‖ valid until i64
//! recovery     = RECOVER_DOMAIN  ‖ device 32 ‖ operator 32 ‖ kind u8 ‖ new key ‖ valid until i64
//! ```
//!
//! Little endian. A key's length follows from its kind, so one meaning has one encoding. A device's address is derived
//! from program, network and key, so a change of keys that names it is bound to all three. The last field ends a proof's
//! life: an operator who keeps an old proof cannot register the device again after it has moved on.

use alloc::vec::Vec;

use crate::{AddressBytes, DeviceKey};

/// Registers a device.
pub const REGISTER_DOMAIN: &[u8; 27] = b"trellis:register-device:v1\0";
/// Replaces a device's key by another, both held.
pub const ROTATE_DOMAIN: &[u8; 22] = b"trellis:rotate-key:v1\0";
/// Replaces a device's key, which is lost, by another.
pub const RECOVER_DOMAIN: &[u8; 23] = b"trellis:recover-key:v1\0";

/// The device with `key` belongs to `operator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The registry program.
    pub program: AddressBytes,
    pub network: AddressBytes,
    /// The operator's account.
    pub operator: AddressBytes,
    /// The class's account.
    pub class: AddressBytes,
    pub key: DeviceKey,
    /// The last second at which the chain takes this proof.
    pub valid_until_unix: i64,
}

impl Registration {
    /// What the device's key signs.
    pub fn message(&self) -> Vec<u8> {
        concat(&[
            REGISTER_DOMAIN,
            &self.program,
            &self.network,
            &self.operator,
            &self.class,
            &[self.key.kind() as u8],
            self.key.bytes(),
            &self.valid_until_unix.to_le_bytes(),
        ])
    }
}

/// `device` gets `new_key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The device's account, at its address under the old key.
    pub device: AddressBytes,
    /// The operator's account.
    pub operator: AddressBytes,
    pub new_key: DeviceKey,
    /// The last second at which the chain takes this proof.
    pub valid_until_unix: i64,
}

impl KeyChange {
    /// What old and new key sign when both are at hand.
    pub fn rotation_message(&self) -> Vec<u8> {
        self.message(ROTATE_DOMAIN)
    }

    /// What the new key signs when the old one is lost.
    pub fn recovery_message(&self) -> Vec<u8> {
        self.message(RECOVER_DOMAIN)
    }

    fn message(&self, domain: &[u8]) -> Vec<u8> {
        concat(&[
            domain,
            &self.device,
            &self.operator,
            &[self.new_key.kind() as u8],
            self.new_key.bytes(),
            &self.valid_until_unix.to_le_bytes(),
        ])
    }
}

fn concat(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}
