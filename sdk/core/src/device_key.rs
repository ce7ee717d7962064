//! A device's public key.

use borsh::{BorshDeserialize, BorshSerialize};

/// How a device signs. The numbers are stored on the chain: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyKind {
    Ed25519 = 0,
}

impl KeyKind {
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// A device's public key together with its kind; borsh: one byte of kind, then the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum DeviceKey {
    /// RFC 8032 public key.
    Ed25519([u8; 32]),
}

impl DeviceKey {
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// The key without its kind.
    pub const fn bytes(&self) -> &[u8; 32] {
        match self {
            Self::Ed25519(key) => key,
        }
    }

    /// The canonical encoding: kind, then key.
    pub fn to_bytes(&self) -> [u8; 33] {
        let mut out = [0; 33];
        out[0] = self.kind() as u8;
        out[1..].copy_from_slice(self.bytes());
        out
    }
}
