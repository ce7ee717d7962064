//! Trees over several cores.

use trellis_core::{
    Hash,
    merkle::{self, Leaf, Tree},
};

use crate::parallel::map_chunks;

/// Nodes that a thread hashes at a time; shorter levels are not worth sharing.
const CHUNK: usize = 8_192;

/// The tree over the leaf that `leaf` makes of each of `rows`, on up to `threads` threads. The same tree as
/// [`Tree::new`] of these leaves' hashes, whatever their number.
pub fn build<T: Sync, L: Leaf>(rows: &[T], threads: usize, leaf: impl Fn(&T) -> L + Sync) -> Tree {
    let mut leaves = vec![Hash::default(); rows.len()];
    let hash_leaves = |rows: &[T], leaves: &mut [Hash]| merkle::hash_leaves(rows, &leaf, leaves);
    map_chunks(rows, &mut leaves, CHUNK, threads, hash_leaves, || ());
    Tree::with(leaves, |pairs, nodes| {
        let hash_nodes = |pairs: &[[Hash; 2]], nodes: &mut [Hash]| merkle::hash_pairs(pairs, nodes);
        map_chunks(pairs, nodes, CHUNK, threads, hash_nodes, || ());
    })
}
