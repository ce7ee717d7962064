//! The oracle's key in a process of its own, behind a Unix socket.
//!
//! Whoever takes over the oracle's process then cannot take the key along, and can sign no more with it than receipts
//! of one network, bundles, statements to other oracles, and transactions that call Trellis's programs, up to a fee.
//!
//! A request and an answer are a line of JSON each; see [`Request`] and [`Answer`].

mod client;
mod rules;
mod server;

pub use client::RemoteSigner;
pub use rules::{Rules, message_from_bytes};
pub use server::{ServerError, serve};

use serde::{Deserialize, Serialize};
use trellis_core::Hash;

use crate::quorum::statement::Statement;

/// Longest line: a transaction takes less than 2 KiB.
const MAX_LINE_BYTES: usize = 16 * 1_024;

/// What can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// The key's address.
    Address,
    /// A signature over the root of an answer's receipts. The signer makes the bytes to sign of it by itself, and the
    /// network is in them: what it signs holds for receipts of that network alone, whatever the root is of.
    Receipts {
        #[serde(with = "hex::serde")]
        network: [u8; 32],
        count: u32,
        #[serde(with = "hex::serde")]
        root: Hash,
    },
    /// A signature over the hash of a bundle's manifest.
    Bundle {
        #[serde(with = "hex::serde")]
        hash: Hash,
    },
    /// A signature over what is said to another oracle.
    Statement { said: Statement },
    /// A signature over the message: legacy, in wire format, base64.
    Transaction { message: String },
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Base58.
    Address(String),
    /// Hex of 64 bytes.
    Signature(String),
    /// Why there is no signature.
    Refused(String),
}
