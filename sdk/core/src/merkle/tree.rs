//! A whole tree in memory, and the hashes of many leaves and nodes at a time.

use alloc::vec::Vec;

use super::{Leaf, NODE_PREFIX, empty_root, leaf_hash, node_hash, prefixed};
use crate::{Hash, hash::Prepared};

/// Messages that are prepared before any of them is compressed: the processor then reads blocks whose bytes have
/// reached its cache, which takes a third less time.
const GROUP: usize = 16;

/// Writes the hash of the leaf that `leaf` makes of each of `items` to its place in `hashes`.
pub fn hash_leaves<T, L: Leaf>(items: &[T], leaf: impl Fn(&T) -> L, hashes: &mut [Hash]) {
    let prepare =
        |item: &T, message: &mut Prepared| leaf(item).with_parts(|parts| prefixed(parts, |parts| message.set(parts)));
    hash_many(items, hashes, prepare, |item| leaf(item).with_parts(leaf_hash));
}

/// Writes the parent of each of `pairs` to its place in `nodes`.
pub fn hash_pairs(pairs: &[[Hash; 2]], nodes: &mut [Hash]) {
    let prepare = |[left, right]: &[Hash; 2], message: &mut Prepared| message.set(&[NODE_PREFIX, left, right]);
    hash_many(pairs, nodes, prepare, |[left, right]| node_hash(left, right));
}

/// `prepare` says whether the message is short enough; `hash` is for those that are not, and for the last few.
#[inline]
fn hash_many<T>(
    items: &[T],
    hashes: &mut [Hash],
    prepare: impl Fn(&T, &mut Prepared) -> bool,
    hash: impl Fn(&T) -> Hash,
) {
    let ((groups, items), (group_hashes, hashes)) = (items.as_chunks::<GROUP>(), hashes.as_chunks_mut::<GROUP>());
    let (mut messages, mut short) = ([Prepared::default(); GROUP], [false; GROUP]);
    for (group, hashes) in groups.iter().zip(group_hashes) {
        for ((item, message), short) in group.iter().zip(&mut messages).zip(&mut short) {
            *short = prepare(item, message);
        }
        for (((item, message), short), out) in group.iter().zip(&messages).zip(short).zip(hashes) {
            *out = if short { message.hash() } else { hash(item) };
        }
    }
    items.iter().zip(hashes).for_each(|(item, out)| *out = hash(item));
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

    /// The proof of the `count` leaves from `first` on, for [`super::verify_range`]; `None` for no leaves or past the last one.
    pub fn range_proof(&self, first: u64, count: u64) -> Option<Vec<Hash>> {
        let end = first.checked_add(count).filter(|end| *end > first && *end <= self.leaf_count())?;
        let (mut left, mut right) = (usize::try_from(first).ok()?, usize::try_from(end - 1).ok()?);
        let mut proof = Vec::with_capacity(2 * self.levels.len());
        for level in &self.levels {
            if left & 1 == 1 {
                proof.push(level[left - 1]);
            }
            if right & 1 == 0 {
                proof.extend(level.get(right + 1));
            }
            left >>= 1;
            right >>= 1;
        }
        Some(proof)
    }
}
