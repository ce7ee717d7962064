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
use trellis_core::{Hash, receipt::Receipt};

use crate::quorum::statement::Statement;

/// Most receipts in one request.
const MAX_RECEIPTS: usize = 256;
/// Longest line. A receipt takes about 220 bytes.
const MAX_LINE_BYTES: usize = 128 * 1_024;

/// What can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// The key's address.
    Address,
    /// A signature over each receipt's signing bytes.
    Receipts { receipts: Vec<ReceiptFields> },
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
    /// Hex of 64 bytes each, in the order of what was asked.
    Signatures(Vec<String>),
    /// Why there is no signature.
    Refused(String),
}

/// A [`Receipt`] in JSON. The signer makes the bytes to sign of it by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFields {
    #[serde(with = "hex::serde")]
    network: [u8; 32],
    #[serde(with = "hex::serde")]
    attestation_id: [u8; 32],
    position: u64,
    received_unix: i64,
}

impl From<&Receipt> for ReceiptFields {
    fn from(receipt: &Receipt) -> Self {
        let Receipt { network, attestation_id, position, received_unix } = *receipt;
        Self { network, attestation_id, position, received_unix }
    }
}

impl From<&ReceiptFields> for Receipt {
    fn from(fields: &ReceiptFields) -> Self {
        let ReceiptFields { network, attestation_id, position, received_unix } = *fields;
        Self { network, attestation_id, position, received_unix }
    }
}
