//! Range proofs: a run of neighbouring leaves under one proof, in the shape of RFC 9162's tree.

use super::node_hash;
use crate::Hash;

/// Does `proof` lead from the run of leaf hashes in `nodes`, the first of which is at `first` of `leaf_count` leaves, to
/// `root`?
///
/// The proof holds, level by level from the leaves upwards, the neighbour on the left of the run's nodes and then the one
/// on their right, each only where a node of the run has it as its sibling. So the proof of a run of one leaf is
/// [`super::verify`]'s. Position and proof length are checked exactly, as there.
///
/// The run's nodes are hashed in place: `nodes` is overwritten, and nothing is allocated.
pub fn verify_range(root: &Hash, leaf_count: u64, first: u64, nodes: &mut [Hash], proof: &[Hash]) -> bool {
    let end = first.checked_add(nodes.len() as u64).filter(|end| *end > first && *end <= leaf_count);
    let Some(end) = end else { return false };
    let (mut left, mut right, mut last) = (first, end - 1, leaf_count - 1);
    let (mut run, mut proof) = (nodes.len(), proof.iter());
    while last > 0 {
        let (mut read, mut written) = (0, 0);
        if left & 1 == 1 {
            let Some(sibling) = proof.next() else { return false };
            nodes[0] = node_hash(sibling, &nodes[0]);
            (read, written) = (1, 1);
        }
        while read + 1 < run {
            nodes[written] = node_hash(&nodes[read], &nodes[read + 1]);
            read += 2;
            written += 1;
        }
        if read < run {
            // The run ends with a left child: its sibling is in the proof, or it rises unchanged as the level's last.
            nodes[written] = match right < last {
                true => {
                    let Some(sibling) = proof.next() else { return false };
                    node_hash(&nodes[read], sibling)
                }
                false => nodes[read],
            };
            written += 1;
        }
        run = written;
        left >>= 1;
        right >>= 1;
        last >>= 1;
    }
    proof.next().is_none() && nodes[0] == *root
}
