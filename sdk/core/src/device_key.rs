//! A device's public key.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::hash::sha256;

/// How a device signs. The numbers are stored on the chain: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyKind {
    /// RFC 8032; keys of 32 bytes.
    Ed25519 = 0,
    /// ECDSA over NIST P-256 and SHA-256, as secure elements speak it; keys of 33 bytes: compressed SEC 1.
    P256 = 1,
}

impl KeyKind {
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Ed25519),
            1 => Some(Self::P256),
            _ => None,
        }
    }

    /// Length of a public key.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 32,
            Self::P256 => 33,
        }
    }
}

/// Room for a public key of any kind, in bytes.
pub const MAX_KEY_BYTES: usize = 33;

/// A key of any kind, filled up with zero bytes at its end: how accounts and instructions hold it.
pub type PaddedKey = [u8; MAX_KEY_BYTES];

/// Separates the seeds of P-256 keys from every other hash.
const P256_SEED_DOMAIN: &[u8; 21] = b"trellis:p256-seed:v1\0";

/// A device's public key together with its kind; borsh: one byte of kind, then the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum DeviceKey {
    /// RFC 8032 public key.
    Ed25519([u8; 32]),
    /// Compressed SEC 1 point: 2 or 3, then the x coordinate.
    P256([u8; 33]),
}

impl DeviceKey {
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Ed25519(_) => KeyKind::Ed25519,
            Self::P256(_) => KeyKind::P256,
        }
    }

    /// The key without its kind: 32 or 33 bytes.
    pub const fn bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key,
            Self::P256(key) => key,
        }
    }

    /// Is this the one encoding of the key? Whether a P-256 key lies on the curve is for the signature to show.
    pub const fn is_canonical(&self) -> bool {
        match self {
            Self::Ed25519(_) => true,
            Self::P256(key) => key[0] == 2 || key[0] == 3,
        }
    }

    pub fn padded(&self) -> PaddedKey {
        let mut out = [0; MAX_KEY_BYTES];
        out[..self.bytes().len()].copy_from_slice(self.bytes());
        out
    }

    /// `None` unless `padded` is what [`padded`](Self::padded) gives for a canonical key of this kind.
    pub fn from_padded(kind: KeyKind, padded: &PaddedKey) -> Option<Self> {
        let key = match kind {
            KeyKind::Ed25519 => {
                let (key, rest) = padded.split_first_chunk::<32>()?;
                if rest != [0] {
                    return None;
                }
                Self::Ed25519(*key)
            }
            KeyKind::P256 => Self::P256(*padded),
        };
        key.is_canonical().then_some(key)
    }

    /// The key's part of its device's address: an ed25519 key itself, the hash of a P-256 key. That a key of one kind
    /// has the seed of another would take a collision of SHA-256.
    pub fn seed(&self) -> [u8; 32] {
        match self {
            Self::Ed25519(key) => *key,
            Self::P256(key) => sha256(&[P256_SEED_DOMAIN, key]),
        }
    }

    /// A name of one length for keys of both kinds: kind, then the padded key.
    pub fn to_bytes(&self) -> [u8; 34] {
        let mut out = [0; 34];
        out[0] = self.kind() as u8;
        out[1..].copy_from_slice(&self.padded());
        out
    }
}
