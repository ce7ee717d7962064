//! The Merkle tree of RFC 9162, section 2.1, over SHA-256: domain-separated, for any number of leaves, without padding.

mod range;

use alloc::vec::Vec;

pub use range::verify_range;

#[cfg(not(target_os = "solana"))]
use crate::hash::Prepared;
use crate::{Hash, hash::sha256};

/// Deepest tree that fits operator indices of 32 bits.
pub const MAX_DEPTH: usize = 32;

const LEAF_PREFIX: &[u8] = &[0x00];
const NODE_PREFIX: &[u8] = &[0x01];

/// H(0x00 ‖ parts…). At most seven parts.
#[inline]
pub fn leaf_hash(parts: &[&[u8]]) -> Hash {
    debug_assert!(parts.len() <= 7);
    let mut prefixed: [&[u8]; 8] = [&[]; 8];
    prefixed[0] = LEAF_PREFIX;
    prefixed[1..=parts.len()].copy_from_slice(parts);
    sha256(&prefixed[..=parts.len()])
}

/// H(0x01 ‖ left ‖ right).
#[inline]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[NODE_PREFIX, left, right])
}

/// Writes the parent of each of `pairs` to its place in `nodes`.
pub fn hash_pairs(pairs: &[[Hash; 2]], nodes: &mut [Hash]) {
    #[cfg(not(target_os = "solana"))]
    let (pairs, nodes) = {
        let ((groups, pairs), (group_nodes, nodes)) = (pairs.as_chunks::<16>(), nodes.as_chunks_mut::<16>());
        for (group, nodes) in groups.iter().zip(group_nodes) {
            let prepared = group.each_ref().map(|[left, right]| Prepared::new(&[NODE_PREFIX, left, right]));
            for (prepared, node) in prepared.iter().zip(nodes) {
                // A node's 65 bytes are always short enough.
                *node = prepared.as_ref().map_or_else(Hash::default, Prepared::hash);
            }
        }
        (pairs, nodes)
    };
    for ([left, right], node) in pairs.iter().zip(nodes) {
        *node = node_hash(left, right);
    }
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

/// All levels of a tree, leaves first, for answering proofs without hashing again.
#[derive(Clone, Debug)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Builds the tree over leaf hashes in order: n−1 node hashes.
    pub fn new(leaves: Vec<Hash>) -> Self {
        Self::with(leaves, hash_pairs)
    }

    /// As [`new`](Self::new), with a `hash_level` that does for each level what [`hash_pairs`] does, such as on several
    /// cores.
    pub fn with(leaves: Vec<Hash>, mut hash_level: impl FnMut(&[[Hash; 2]], &mut [Hash])) -> Self {
        let mut levels = alloc::vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let (pairs, odd) = below.as_chunks::<2>();
            let mut above = alloc::vec![Hash::default(); pairs.len() + odd.len()];
            let (nodes, risen) = above.split_at_mut(pairs.len());
            hash_level(pairs, nodes);
            // The odd one out rises as it is.
            risen.copy_from_slice(odd);
            levels.push(above);
        }
        Self { levels }
    }

    pub fn leaf_count(&self) -> u64 {
        self.levels[0].len() as u64
    }

    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_else(empty_root)
    }

    /// Leaf hash at `index`.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.levels[0].get(usize::try_from(index).ok()?).copied()
    }

    /// The inclusion proof of the leaf at `index`, from the leaf's sibling upwards; `None` past the last leaf.
    pub fn proof(&self, index: u64) -> Option<Vec<Hash>> {
        let mut position = usize::try_from(index).ok()?;
        self.levels[0].get(position)?;
        let mut proof = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            proof.extend(level.get(position ^ 1));
            position >>= 1;
        }
        Some(proof)
    }
}
