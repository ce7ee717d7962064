//! Attestations: one signed statement of work by a device, in one encoding for one meaning.
//!
//! ```text
//! wire          = attestation ‖ signature (64 bytes)
//! attestation   = version u8 ‖ network 32 ‖ device (kind u8 ‖ key 32 or 33) ‖ sequence u64 ‖ interval start i64
//!                 ‖ interval length u32 ‖ work kind u8 ‖ payload (length u32 ‖ bytes)      (borsh, little endian)
//! signing bytes = DOMAIN ‖ attestation
//! ```

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::{AddressBytes, DeviceKey, device_key::MAX_KEY_BYTES};

/// Separates these signatures from everything else that a device's key may sign.
pub const DOMAIN: &[u8; 23] = b"trellis:attestation:v1\0";
/// The only version there is.
pub const VERSION: u8 = 1;
/// Longest payload of any work kind, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 1_024;
/// Fewest bytes of an attestation on the wire without its payload: those of an ed25519 key's.
const FIXED_BYTES: usize = 1 + 32 + 33 + 8 + 8 + 4 + 1 + 4;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Longest signed attestation on the wire, in bytes.
pub const MAX_WIRE_BYTES: usize = FIXED_BYTES + (MAX_KEY_BYTES - 32) + MAX_PAYLOAD_BYTES + SIGNATURE_BYTES;

/// How a proof of work is decoded, checked and scored. The numbers are signed and stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum WorkKind {
    /// Electrical energy: see [`crate::energy`].
    Energy = 1,
}

impl WorkKind {
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::Energy),
            _ => None,
        }
    }
}

/// What a device states: for whom, by whom, when, and the work itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attestation {
    pub version: u8,
    /// Address of the network that the work is for.
    pub network: AddressBytes,
    pub device: DeviceKey,
    /// Another number for every attestation of the device, so that none is taken twice; counting up is simplest.
    pub sequence: u64,
    /// First second of the interval that the work was done in, unix seconds.
    pub interval_start_unix: i64,
    pub interval_seconds: u32,
    pub work_kind: WorkKind,
    /// The work, in the work kind's own encoding; at most [`MAX_PAYLOAD_BYTES`].
    pub payload: Vec<u8>,
}

/// An attestation and the device's signature over its [signing bytes](Attestation::signing_bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttestation {
    pub attestation: Attestation,
    pub signature: [u8; SIGNATURE_BYTES],
}

/// BLAKE3 of an attestation's canonical bytes, without the signature: its name in receipts, logs and bundles.
pub type AttestationId = [u8; 32];

/// [`Attestation::id`] of what `wire` decodes to, without decoding it: there is one encoding for one meaning.
#[cfg(not(target_os = "solana"))]
pub fn wire_id(wire: &[u8]) -> AttestationId {
    *blake3::hash(&wire[..wire.len().saturating_sub(SIGNATURE_BYTES)]).as_bytes()
}

/// Why bytes are not a signed attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Fewer bytes than the shortest attestation.
    Truncated { bytes: usize },
    /// More bytes than the longest attestation.
    TooLong { bytes: usize },
    /// A version other than [`VERSION`].
    UnknownVersion { version: u8 },
    /// Lengths fit, but some field holds no legal value, or bytes are left over.
    Malformed,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated { bytes } => write!(
                f,
                "{bytes} bytes are too few for a signed attestation (at least {} and the payload)",
                FIXED_BYTES + SIGNATURE_BYTES
            ),
            Self::TooLong { bytes } => {
                write!(f, "{bytes} bytes are too many for a signed attestation (at most {MAX_WIRE_BYTES})")
            }
            Self::UnknownVersion { version } => write!(f, "attestation version {version} is not {VERSION}"),
            Self::Malformed => write!(f, "the bytes are no canonical attestation"),
        }
    }
}

impl core::error::Error for DecodeError {}

impl Attestation {
    /// The canonical bytes, without a signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_BYTES + self.payload.len());
        self.append_to(&mut out);
        out
    }

    /// What the device signs.
    pub fn signing_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(DOMAIN.len() + FIXED_BYTES + self.payload.len());
        out.extend_from_slice(DOMAIN);
        self.append_to(&mut out);
        out
    }

    /// See [`AttestationId`].
    #[cfg(not(target_os = "solana"))]
    pub fn id(&self) -> AttestationId {
        *blake3::hash(&self.to_bytes()).as_bytes()
    }

    /// Second after the interval; `None` if it lies past what an i64 can hold.
    pub fn interval_end_unix(&self) -> Option<i64> {
        self.interval_start_unix.checked_add(i64::from(self.interval_seconds))
    }

    fn append_to(&self, out: &mut Vec<u8>) {
        // Writing to a vector fails only where borsh cannot express a length, and lengths are bounded by u32 here.
        let written = self.serialize(out);
        debug_assert!(written.is_ok());
    }
}

impl SignedAttestation {
    /// The wire form: canonical bytes, then the signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.attestation.to_bytes();
        out.extend_from_slice(&self.signature);
        out
    }

    /// Reads the wire form. Accepts exactly the bytes that [`to_bytes`](Self::to_bytes) can write.
    pub fn from_bytes(wire: &[u8]) -> Result<Self, DecodeError> {
        if wire.len() > MAX_WIRE_BYTES {
            return Err(DecodeError::TooLong { bytes: wire.len() });
        }
        let truncated = DecodeError::Truncated { bytes: wire.len() };
        let version = *wire.first().ok_or(truncated)?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { version });
        }
        if wire.len() < FIXED_BYTES + SIGNATURE_BYTES {
            return Err(truncated);
        }
        let (mut body, signature) = wire.split_last_chunk::<SIGNATURE_BYTES>().ok_or(truncated)?;
        let attestation = Attestation::deserialize(&mut body).map_err(|_| DecodeError::Malformed)?;
        if !body.is_empty() || !attestation.device.is_canonical() {
            return Err(DecodeError::Malformed);
        }
        if attestation.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(DecodeError::TooLong { bytes: wire.len() });
        }
        Ok(Self { attestation, signature: *signature })
    }
}
