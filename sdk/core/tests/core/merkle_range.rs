//! Range proofs against every run of every small tree, and against everything that is not the proof.

use proptest::{prelude::*, sample::Index};
use trellis_core::{
    Hash,
    merkle::{Tree, leaf_hash, verify, verify_range},
};

fn leaves(leaf_count: u64) -> Vec<Hash> {
    (0..leaf_count).map(|number| leaf_hash(&[&number.to_le_bytes()])).collect()
}

/// A run of a tree with its proof.
#[derive(Clone)]
struct Run {
    root: Hash,
    leaf_count: u64,
    first: u64,
    leaves: Vec<Hash>,
    proof: Vec<Hash>,
}

impl Run {
    fn new(tree: &Tree, first: u64, count: u64) -> Self {
        let leaves = (first..first + count).map(|index| tree.leaf(index).unwrap()).collect();
        let proof = tree.range_proof(first, count).unwrap();
        Self { root: tree.root(), leaf_count: tree.leaf_count(), first, leaves, proof }
    }

    fn any(leaf_count: u64, first: Index, count: Index) -> Self {
        let first = first.index(leaf_count as usize) as u64;
        let count = 1 + count.index((leaf_count - first) as usize) as u64;
        Self::new(&Tree::new(leaves(leaf_count)), first, count)
    }

    fn holds(&self) -> bool {
        verify_range(&self.root, self.leaf_count, self.first, &mut self.leaves.clone(), &self.proof)
    }

    fn with(&self, edit: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        edit(&mut changed);
        changed
    }
}

#[test]
fn verify_range_of_every_run_of_every_small_tree_accepts() {
    for leaf_count in 1..=34 {
        let tree = Tree::new(leaves(leaf_count));
        for first in 0..leaf_count {
            for count in 1..=leaf_count - first {
                let run = Run::new(&tree, first, count);
                assert!(run.holds(), "{count} leaves from {first} of {leaf_count}");
                assert!(!run.with(|run| run.proof.push([0; 32])).holds());
                if !run.proof.is_empty() {
                    assert!(!run.with(|run| _ = run.proof.pop()).holds());
                    assert!(!run.with(|run| _ = run.proof.remove(0)).holds());
                }
                assert!(!run.with(|run| run.first += 1).holds());
                if first > 0 {
                    assert!(!run.with(|run| run.first -= 1).holds());
                }
            }
        }
    }
}

#[test]
fn range_proof_of_one_leaf_is_its_inclusion_proof() {
    for leaf_count in 1..=70 {
        let tree = Tree::new(leaves(leaf_count));
        for index in 0..leaf_count {
            assert_eq!(tree.range_proof(index, 1), tree.proof(index));
        }
    }
}

#[test]
fn range_proof_of_all_leaves_is_empty() {
    for leaf_count in 1..=70 {
        assert_eq!(Tree::new(leaves(leaf_count)).range_proof(0, leaf_count), Some(vec![]));
    }
}

#[test]
fn range_proof_of_no_leaf_or_past_the_last_is_none() {
    let tree = Tree::new(leaves(5));
    for (first, count) in [(0, 0), (4, 0), (5, 1), (4, 2), (0, 6), (1, u64::MAX), (u64::MAX, 1), (u64::MAX, u64::MAX)] {
        assert_eq!(tree.range_proof(first, count), None, "{count} leaves from {first}");
    }
    assert_eq!(Tree::new(vec![]).range_proof(0, 1), None);
}

#[test]
fn verify_range_of_no_leaf_or_past_the_last_refuses() {
    let run = Run::new(&Tree::new(leaves(5)), 3, 2);
    assert!(!run.with(|run| run.leaves.clear()).holds());
    assert!(!run.with(|run| run.first = 4).holds());
    assert!(!run.with(|run| run.first = 5).holds());
    assert!(!run.with(|run| run.first = u64::MAX).holds());
    assert!(!run.with(|run| run.leaf_count = 0).holds());
}

proptest! {
    /// Whoever proves a run proves each of its leaves; the run agrees with single proofs.
    #[test]
    fn verify_range_accepts_exactly_what_single_proofs_accept(
        leaf_count in 1u64..200, first: Index, count: Index, at: Index, bit in 0usize..256,
    ) {
        let run = Run::any(leaf_count, first, count);
        prop_assert!(run.holds());
        let tree = Tree::new(leaves(leaf_count));
        for (leaf, index) in run.leaves.iter().zip(run.first..) {
            prop_assert!(verify(&run.root, leaf_count, index, leaf, &tree.proof(index).unwrap()));
        }
        let at = at.index(run.leaves.len());
        prop_assert!(!run.with(|run| run.leaves[at][bit / 8] ^= 1 << (bit % 8)).holds());
        prop_assert!(!run.with(|run| run.root[bit / 8] ^= 1 << (bit % 8)).holds());
    }

    #[test]
    fn verify_range_in_another_order_refuses(leaf_count in 2u64..200, first: Index, count: Index, a: Index, b: Index) {
        let run = Run::any(leaf_count, first, count);
        let (a, b) = (a.index(run.leaves.len()), b.index(run.leaves.len()));
        prop_assert_eq!(run.with(|run| run.leaves.swap(a, b)).holds(), a == b);
        if !run.proof.is_empty() {
            let (a, b) = (a % run.proof.len(), b % run.proof.len());
            prop_assert_eq!(run.with(|run| run.proof.swap(a, b)).holds(), a == b);
        }
    }

    #[test]
    fn verify_range_with_a_leaf_too_many_or_missing_refuses(
        leaf_count in 2u64..200, first: Index, count: Index, at: Index,
    ) {
        let run = Run::any(leaf_count, first, count);
        let at = at.index(run.leaves.len());
        prop_assert!(!run.with(|run| _ = run.leaves.remove(at)).holds());
        prop_assert!(!run.with(|run| run.leaves.insert(at, run.leaves[at])).holds());
        prop_assert!(!run.with(|run| run.leaves.push(run.root)).holds());
    }

    #[test]
    fn verify_range_with_a_changed_node_refuses(
        leaf_count in 2u64..200, first: Index, count: Index, at: Index, bit in 0usize..256, extra: [u8; 32],
    ) {
        let run = Run::any(leaf_count, first, count);
        let place = at.index(run.proof.len() + 1);
        prop_assert!(!run.with(|run| run.proof.insert(place, extra)).holds());
        if !run.proof.is_empty() {
            let at = at.index(run.proof.len());
            prop_assert!(!run.with(|run| run.proof[at][bit / 8] ^= 1 << (bit % 8)).holds());
        }
    }

    #[test]
    fn verify_range_at_any_other_place_refuses(leaf_count in 1u64..200, first: Index, count: Index, other in 0u64..260) {
        let run = Run::any(leaf_count, first, count);
        prop_assert_eq!(run.with(|run| run.first = other).holds(), other == run.first);
    }

    #[test]
    fn verify_range_of_arbitrary_bytes_never_accepts_nor_panics(
        root: [u8; 32], leaf_count: u64, first: u64,
        mut nodes in prop::collection::vec(any::<[u8; 32]>(), 0..40),
        proof in prop::collection::vec(any::<[u8; 32]>(), 0..140),
    ) {
        prop_assert!(!verify_range(&root, leaf_count, first, &mut nodes, &proof));
    }
}
