//! What an oracle signs when it has taken attestations in: one signature for all of an answer.
//!
//! ```text
//! leaf          = H(0x00 ‖ LEAF_DOMAIN ‖ network ‖ attestation id ‖ epoch u64 ‖ position u64 ‖ received i64)   (little endian)
//! root          = root of the RFC 9162 tree over the leaves of an answer, in its order
//! signing bytes = DOMAIN ‖ network ‖ count u32 ‖ root
//! ```
//!
//! The network stands in the signing bytes too: a key that signs for one network alone needs to see no receipt, because
//! a receipt of another network does not verify under what it signs.

use alloc::vec::Vec;

use crate::{
    AddressBytes, Epoch, Hash,
    merkle::{self, Tree},
};

/// Separates these signatures from everything else that an oracle's key may sign.
pub const DOMAIN: &[u8; 20] = b"trellis:receipts:v2\0";
/// Separates a receipt's leaf from every other tree's.
pub const LEAF_DOMAIN: &[u8; 19] = b"trellis:receipt:v2\0";
/// Length of [`ReceiptRoot::signing_bytes`].
pub const SIGNING_BYTES: usize = DOMAIN.len() + 32 + 4 + 32;

/// "I have stored this attestation durably and will judge it": the device's proof, to be checked against the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub network: AddressBytes,
    /// BLAKE3 of the attestation's canonical bytes.
    pub attestation_id: [u8; 32],
    /// The epoch whose bundle will hold it.
    pub epoch: Epoch,
    /// Place in the oracle's log.
    pub position: u64,
    /// When the oracle took it in, unix seconds by its clock.
    pub received_unix: i64,
}

impl Receipt {
    pub fn leaf_hash(&self) -> Hash {
        merkle::leaf_hash(&[
            LEAF_DOMAIN,
            &self.network,
            &self.attestation_id,
            &self.epoch.get().to_le_bytes(),
            &self.position.to_le_bytes(),
            &self.received_unix.to_le_bytes(),
        ])
    }
}

/// What an oracle signs: the root over the receipts of one answer, all of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptRoot {
    pub network: AddressBytes,
    /// Number of receipts.
    pub count: u32,
    pub root: Hash,
}

impl ReceiptRoot {
    pub fn signing_bytes(&self) -> [u8; SIGNING_BYTES] {
        let mut bytes = [0; SIGNING_BYTES];
        let (domain, rest) = bytes.split_at_mut(DOMAIN.len());
        let (network, rest) = rest.split_at_mut(self.network.len());
        let (count, root) = rest.split_at_mut(4);
        domain.copy_from_slice(DOMAIN);
        network.copy_from_slice(&self.network);
        count.copy_from_slice(&self.count.to_le_bytes());
        root.copy_from_slice(&self.root);
        bytes
    }
}

/// The tree over the receipts of one answer: all are of `network`, and there is at least one.
#[derive(Clone, Debug)]
pub struct ReceiptTree {
    network: AddressBytes,
    count: u32,
    tree: Tree,
}

impl ReceiptTree {
    /// `None` without receipts, with more than a u32 can count, or if they are of several networks.
    pub fn new(receipts: &[Receipt]) -> Option<Self> {
        let network = receipts.first()?.network;
        let count = u32::try_from(receipts.len()).ok()?;
        if receipts.iter().any(|receipt| receipt.network != network) {
            return None;
        }
        Some(Self { network, count, tree: Tree::new(receipts.iter().map(Receipt::leaf_hash).collect()) })
    }

    pub fn root(&self) -> ReceiptRoot {
        ReceiptRoot { network: self.network, count: self.count, root: self.tree.root() }
    }

    /// `receipt`, which is the one at `index`, with its proof and the signature over [`root`](Self::root). `None` past
    /// the last.
    pub fn signed(
        &self,
        index: u32,
        receipt: Receipt,
        oracle: AddressBytes,
        signature: [u8; 64],
    ) -> Option<SignedReceipt> {
        let path = self.tree.proof(u64::from(index))?;
        Some(SignedReceipt { receipt, oracle, index, count: self.count, root: self.tree.root(), path, signature })
    }
}

/// A receipt that stands alone: with the oracle's signature over the root of its answer, and the proof that it is under
/// that root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReceipt {
    pub receipt: Receipt,
    pub oracle: AddressBytes,
    /// Place among the receipts of its answer.
    pub index: u32,
    /// Number of receipts of its answer.
    pub count: u32,
    pub root: Hash,
    /// From the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// ed25519 by `oracle`.
    pub signature: [u8; 64],
}

/// Why a receipt proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptError {
    /// Its fields do not lead to the signed root.
    NotUnderRoot,
    /// The signature is not the oracle's.
    WrongSignature,
}

impl core::fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotUnderRoot => {
                "the receipt does not lead to the root that was signed: a field of it, its index, count or path is wrong"
            }
            Self::WrongSignature => "the signature is not that of the oracle that the receipt names",
        })
    }
}

impl core::error::Error for ReceiptError {}

impl SignedReceipt {
    /// Is it what the oracle signed? `is_signature(key, message, signature)` checks an ed25519 signature, as the
    /// caller's platform does it.
    pub fn verify(
        &self,
        is_signature: impl FnOnce(&AddressBytes, &[u8], &[u8; 64]) -> bool,
    ) -> Result<(), ReceiptError> {
        let (count, index) = (u64::from(self.count), u64::from(self.index));
        if !merkle::verify(&self.root, count, index, &self.receipt.leaf_hash(), &self.path) {
            return Err(ReceiptError::NotUnderRoot);
        }
        let signed = ReceiptRoot { network: self.receipt.network, count: self.count, root: self.root };
        match is_signature(&self.oracle, &signed.signing_bytes(), &self.signature) {
            true => Ok(()),
            false => Err(ReceiptError::WrongSignature),
        }
    }
}
