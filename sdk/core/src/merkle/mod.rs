//! The Merkle tree of RFC 9162, section 2.1, over SHA-256: domain-separated, for any number of leaves, without padding.

mod range;
#[cfg(not(target_os = "solana"))]
mod tree;

pub use range::verify_range;
#[cfg(not(target_os = "solana"))]
pub use tree::{Tree, hash_leaves, hash_pairs};

use crate::{Hash, hash::sha256};

/// Deepest tree that fits operator indices of 32 bits.
pub const MAX_DEPTH: usize = 32;

const LEAF_PREFIX: &[u8] = &[0x00];
const NODE_PREFIX: &[u8] = &[0x01];

/// What stands at a place of a tree. Its hash is [`leaf_hash`] of its parts.
pub trait Leaf {
    /// Gives the parts, at most seven, to `take`.
    fn with_parts<T>(&self, take: impl FnOnce(&[&[u8]]) -> T) -> T;
}

/// H(0x00 ‖ parts…). At most seven parts.
#[inline]
pub fn leaf_hash(parts: &[&[u8]]) -> Hash {
    prefixed(parts, sha256)
}

/// Gives the parts of a leaf, at most seven, to `take` with the prefix before them.
#[inline(always)]
fn prefixed<T>(parts: &[&[u8]], take: impl FnOnce(&[&[u8]]) -> T) -> T {
    debug_assert!(parts.len() <= 7);
    let mut prefixed: [&[u8]; 8] = [&[]; 8];
    prefixed[0] = LEAF_PREFIX;
    prefixed[1..=parts.len()].copy_from_slice(parts);
    take(&prefixed[..=parts.len()])
}

/// H(0x01 ‖ left ‖ right).
#[inline]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[NODE_PREFIX, left, right])
}

/// Root of the tree without leaves: H().
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Does `proof` lead from the leaf at `index` of `leaf_count` leaves to `root`? (RFC 9162, section 2.1.3.2.)
///
/// Index and proof length are checked exactly: a proof with a node too many or too few, for another index or for
/// another number of leaves is refused.
pub fn verify(root: &Hash, leaf_count: u64, index: u64, leaf: &Hash, proof: &[Hash]) -> bool {
    if index >= leaf_count {
        return false;
    }
    let mut position = index;
    let mut last = leaf_count - 1;
    let mut node = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            node = node_hash(sibling, &node);
            // A last node without a right neighbour rises unchanged until it is some node's right child.
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// Number of nodes in the proof for `index` of `leaf_count` leaves.
pub fn proof_len(leaf_count: u64, index: u64) -> usize {
    let (mut position, mut last, mut nodes) = (index, leaf_count.saturating_sub(1), 0);
    while last > 0 {
        nodes += usize::from(position & 1 == 1 || position < last);
        position >>= 1;
        last >>= 1;
    }
    nodes
}
