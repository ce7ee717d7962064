//! The tree against RFC 9162's own recursive definitions, and verification against everything that is not the proof.

use proptest::{prelude::*, sample::Index};
use trellis_core::{
    Hash,
    merkle::{Tree, leaf_hash, node_hash, proof_len, verify},
};

/// Section 2.1.1: leaves split at the largest power of two that is smaller than their number.
fn split(leaf_count: usize) -> usize {
    leaf_count.next_power_of_two() / 2
}

/// Section 2.1.1, the Merkle tree hash, over leaf hashes.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&defined_root(left), &defined_root(right))
        }
    }
}

/// Section 2.1.3.1, the inclusion proof: from the leaf's sibling upwards.
fn defined_proof(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, last) = if index < left.len() {
        (defined_proof(left, index), defined_root(right))
    } else {
        (defined_proof(right, index - left.len()), defined_root(left))
    };
    proof.push(last);
    proof
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The sides that a proof's nodes stand on: what tells two places in two trees apart for one who sees only a proof.
fn shape(leaf_count: u64, index: u64) -> Vec<Side> {
    if leaf_count == 1 {
        return Vec::new();
    }
    let left = leaf_count.next_power_of_two() / 2;
    let (mut sides, last) = match index < left {
        true => (shape(left, index), Side::Right),
        false => (shape(leaf_count - left, index - left), Side::Left),
    };
    sides.push(last);
    sides
}

fn leaves(leaf_count: usize) -> Vec<Hash> {
    (0..leaf_count as u64).map(|number| leaf_hash(&[&number.to_le_bytes()])).collect()
}

struct Case {
    tree: Tree,
    root: Hash,
    leaf_count: u64,
    index: u64,
    leaf: Hash,
    proof: Vec<Hash>,
}

impl Case {
    fn new(leaf_count: usize, index: Index) -> Self {
        let tree = Tree::new(leaves(leaf_count));
        let index = index.index(leaf_count) as u64;
        let (leaf, proof) = (tree.leaf(index).unwrap(), tree.proof(index).unwrap());
        Self { root: tree.root(), leaf_count: leaf_count as u64, tree, index, leaf, proof }
    }

    fn accepts(&self, proof: &[Hash]) -> bool {
        verify(&self.root, self.leaf_count, self.index, &self.leaf, proof)
    }
}

proptest! {
    #[test]
    fn root_of_any_tree_is_the_recursive_definition(leaf_count in 1usize..200) {
        let leaves = leaves(leaf_count);
        prop_assert_eq!(Tree::new(leaves.clone()).root(), defined_root(&leaves));
    }

    #[test]
    fn proof_of_any_leaf_is_the_recursive_definition_and_verifies(leaf_count in 1usize..200, index: Index) {
        let case = Case::new(leaf_count, index);
        let defined = defined_proof(&leaves(leaf_count), case.index as usize);
        prop_assert_eq!(&case.proof, &defined);
        prop_assert_eq!(proof_len(case.leaf_count, case.index), case.proof.len());
        prop_assert!(case.accepts(&case.proof));
        prop_assert_eq!(case.tree.proof(case.leaf_count), None);
    }

    #[test]
    fn verify_at_any_other_index_refuses(leaf_count in 1usize..200, index: Index) {
        let case = Case::new(leaf_count, index);
        for other in (0..case.leaf_count + 5).chain([u64::MAX]).filter(|other| *other != case.index) {
            prop_assert!(!verify(&case.root, case.leaf_count, other, &case.leaf, &case.proof), "index {}", other);
        }
    }

    #[test]
    fn verify_any_other_leaf_refuses(leaf_count in 2usize..200, index: Index, bit in 0usize..256) {
        let case = Case::new(leaf_count, index);
        for other in (0..case.leaf_count).filter(|other| *other != case.index) {
            let leaf = case.tree.leaf(other).unwrap();
            prop_assert!(!verify(&case.root, case.leaf_count, case.index, &leaf, &case.proof), "leaf {}", other);
        }
        let mut leaf = case.leaf;
        leaf[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify(&case.root, case.leaf_count, case.index, &leaf, &case.proof));
        let mut root = case.root;
        root[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify(&root, case.leaf_count, case.index, &case.leaf, &case.proof));
    }

    /// Another number of leaves is refused wherever it puts the leaf at another place. Where it does not, a proof cannot
    /// tell the two trees apart: their number is bound to the root elsewhere (the vote on the root's content).
    #[test]
    fn verify_with_another_leaf_count_refuses_unless_the_path_is_the_same(leaf_count in 1usize..200, index: Index) {
        let case = Case::new(leaf_count, index);
        let path = shape(case.leaf_count, case.index);
        for other in 0..260 {
            let same_path = case.index < other && shape(other, case.index) == path;
            let accepted = verify(&case.root, other, case.index, &case.leaf, &case.proof);
            prop_assert_eq!(accepted, same_path, "{} leaves instead of {}", other, leaf_count);
        }
    }

    #[test]
    fn verify_with_a_node_more_or_fewer_refuses(leaf_count in 1usize..200, index: Index, at: Index) {
        let case = Case::new(leaf_count, index);
        for extra in [[0; 32], case.root, case.leaf] {
            let mut longer = case.proof.clone();
            longer.insert(at.index(longer.len() + 1), extra);
            prop_assert!(!case.accepts(&longer));
        }
        if !case.proof.is_empty() {
            let mut shorter = case.proof.clone();
            shorter.remove(at.index(shorter.len()));
            prop_assert!(!case.accepts(&shorter));
        }
    }

    /// A node too many is refused even for the root that it would lead to.
    #[test]
    fn verify_past_the_root_refuses(leaf_count in 1usize..200, index: Index, node: [u8; 32]) {
        let case = Case::new(leaf_count, index);
        let mut longer = case.proof.clone();
        longer.push(node);
        for above in [node_hash(&node, &case.root), node_hash(&case.root, &node)] {
            prop_assert!(!verify(&above, case.leaf_count, case.index, &case.leaf, &longer));
        }
    }

    #[test]
    fn verify_with_a_changed_or_swapped_node_refuses(
        leaf_count in 3usize..200, index: Index, at: Index, with: Index, bit in 0usize..256,
    ) {
        let case = Case::new(leaf_count, index);
        let (at, with) = (at.index(case.proof.len()), with.index(case.proof.len()));
        let mut changed = case.proof.clone();
        changed[at][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!case.accepts(&changed));
        let mut swapped = case.proof.clone();
        swapped.swap(at, with);
        prop_assert_eq!(case.accepts(&swapped), at == with);
    }

    #[test]
    fn verify_of_arbitrary_bytes_never_accepts_nor_panics(
        root: [u8; 32], leaf: [u8; 32], leaf_count: u64, index: u64,
        proof in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        prop_assert!(!verify(&root, leaf_count, index, &leaf, &proof));
    }

    #[test]
    fn proof_len_of_any_tree_that_an_index_can_name_is_bounded(leaf_count in 1u64..=u64::MAX, index: u64) {
        let nodes = proof_len(leaf_count, index % leaf_count);
        prop_assert!(nodes <= 64 - (leaf_count - 1).leading_zeros() as usize);
    }
}

#[test]
fn verify_an_inner_node_as_a_leaf_refuses() {
    // Four leaves: their two inner nodes would pass for the leaves of a tree of two, were it not for the prefix of a leaf.
    let tree = Tree::new(leaves(4));
    let (left, right) = (defined_root(&leaves(4)[..2]), defined_root(&leaves(4)[2..]));
    let data = [left, right].concat();
    assert_ne!(leaf_hash(&[&data]), tree.root());
    assert!(!verify(&tree.root(), 4, 0, &left, &[right]));
}
