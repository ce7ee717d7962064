//! Instruction data of Solana's signature precompiles ed25519 and secp256r1, which share one layout.
//!
//! ```text
//! data    = number of signatures u8 ‖ unused u8 ‖ offsets (14 bytes each) ‖ anything
//! offsets = signature's offset u16, its instruction u16 ‖ key's offset u16, its instruction u16
//!           ‖ message's offset u16, its length u16, its instruction u16         (little endian)
//! ```
//!
//! A transaction with such an instruction fails unless every signature is good, so a program that finds one beside its
//! own instruction knows that a key signed a message, if it looks at where the offsets point: they may name other
//! instructions, whose bytes mean something else there.

use alloc::vec::Vec;

use crate::{AddressBytes, DeviceKey, attestation::SIGNATURE_BYTES, device_key::KeyKind};

/// Ed25519SigVerify111111111111111111111111111
pub const ED25519_PROGRAM: AddressBytes = [
    0x03, 0x7d, 0x46, 0xd6, 0x7c, 0x93, 0xfb, 0xbe, 0x12, 0xf9, 0x42, 0x8f, 0x83, 0x8d, 0x40, 0xff, 0x05, 0x70, 0x74,
    0x49, 0x27, 0xf4, 0x8a, 0x64, 0xfc, 0xca, 0x70, 0x44, 0x80, 0x00, 0x00, 0x00,
];
/// Secp256r1SigVerify1111111111111111111111111
pub const SECP256R1_PROGRAM: AddressBytes = [
    0x06, 0x92, 0x0d, 0xec, 0x2f, 0xea, 0x71, 0xb5, 0xb7, 0x23, 0x81, 0x4d, 0x74, 0x2d, 0xa9, 0x03, 0x1c, 0x83, 0xe7,
    0x5f, 0xdb, 0x79, 0x5d, 0x56, 0x8e, 0x75, 0x47, 0x80, 0x20, 0x00, 0x00, 0x00,
];

/// An offset's instruction that means: this very one.
const THIS_INSTRUCTION: u16 = u16::MAX;
const OFFSETS_START: usize = 2;
const OFFSETS_BYTES: usize = 14;

/// The precompile that checks signatures of this kind.
pub const fn program_of(kind: KeyKind) -> &'static AddressBytes {
    match kind {
        KeyKind::Ed25519 => &ED25519_PROGRAM,
        KeyKind::P256 => &SECP256R1_PROGRAM,
    }
}

/// What a precompile has checked: the key signed the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedMessage<'a> {
    pub key: &'a [u8],
    pub message: &'a [u8],
}

/// Reads the data of an instruction of [`program_of`] `kind`, which is number `own_index` of its transaction. `None`
/// unless it holds exactly one signature and all of it, key and message included, lies in this instruction.
pub fn parse(kind: KeyKind, data: &[u8], own_index: u16) -> Option<SignedMessage<'_>> {
    let (head, rest) = data.split_first_chunk::<OFFSETS_START>()?;
    if head[0] != 1 {
        return None;
    }
    let (offsets, _) = rest.split_first_chunk::<OFFSETS_BYTES>()?;
    let field = |position: usize| u16::from_le_bytes([offsets[2 * position], offsets[2 * position + 1]]);
    let is_here = |instruction: u16| instruction == THIS_INSTRUCTION || instruction == own_index;
    if ![field(1), field(3), field(6)].into_iter().all(is_here) {
        return None;
    }
    let part = |offset: u16, length: usize| data.get(usize::from(offset)..usize::from(offset) + length);
    part(field(0), SIGNATURE_BYTES)?;
    let key = part(field(2), kind.key_bytes())?;
    let message = part(field(4), usize::from(field(5)))?;
    Some(SignedMessage { key, message })
}

/// Data that asks for the check of one signature. `None` if the message is too long for one transaction by far.
pub fn data(key: &DeviceKey, signature: &[u8; SIGNATURE_BYTES], message: &[u8]) -> Option<Vec<u8>> {
    let key_start = OFFSETS_START + OFFSETS_BYTES;
    let signature_start = key_start + key.bytes().len();
    let message_start = signature_start + SIGNATURE_BYTES;
    let offset = |value: usize| u16::try_from(value).ok();
    let fields = [
        offset(signature_start)?,
        THIS_INSTRUCTION,
        offset(key_start)?,
        THIS_INSTRUCTION,
        offset(message_start)?,
        offset(message.len())?,
        THIS_INSTRUCTION,
    ];
    let mut out = Vec::with_capacity(message_start + message.len());
    out.extend_from_slice(&[1, 0]);
    fields.iter().for_each(|field| out.extend_from_slice(&field.to_le_bytes()));
    out.extend_from_slice(key.bytes());
    out.extend_from_slice(signature);
    out.extend_from_slice(message);
    Some(out)
}

/// The order of the P-256 group, big endian.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The form of a P-256 signature (r ‖ s, big endian) that the precompile takes: of s and order − s, which sign the same,
/// the lower. Secure elements give either.
pub fn with_low_s(mut signature: [u8; SIGNATURE_BYTES]) -> [u8; SIGNATURE_BYTES] {
    let mut other = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(P256_ORDER[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        other[at] = difference.rem_euclid(256) as u8;
    }
    // An s above the order is no signature's: left as it is, for the precompile to refuse.
    if borrow == 0 && other.as_slice() < &signature[32..] {
        signature[32..].copy_from_slice(&other);
    }
    signature
}
