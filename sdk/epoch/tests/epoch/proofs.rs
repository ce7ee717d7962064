//! Trees over several cores, and proofs from a bundle.

use trellis_core::{
    Amount, Hash,
    leaf::RewardLeaf,
    merkle::{self, Leaf, Tree},
};
use trellis_epoch::{
    LedgerState,
    bundle::{Bundle, BundleError, Proofs},
    tree,
};

use crate::{
    bundle_write::write_epoch,
    support::{VAULT, honest_epoch, input},
};

#[test]
fn tree_over_any_number_of_threads_is_the_tree_of_its_leaves() {
    /// A leaf as long as the number says, so that some are longer than what is hashed in groups.
    struct Long(u32);
    impl Leaf for Long {
        fn with_parts<T>(&self, take: impl FnOnce(&[&[u8]]) -> T) -> T {
            take(&[&self.0.to_le_bytes(), &[7; 200][..self.0 as usize % 200]])
        }
    }
    let hash = |number: &u32| -> Hash { Long(*number).with_parts(merkle::leaf_hash) };
    for count in [0u32, 1, 2, 3, 1_000, 8_191, 8_193, 40_001] {
        let rows: Vec<u32> = (0..count).collect();
        let wanted = Tree::new(rows.iter().map(hash).collect());
        for threads in [0, 1, 2, 5] {
            let tree = tree::build(&rows, threads, |number| Long(*number));
            assert_eq!((tree.root(), tree.leaf_count()), (wanted.root(), u64::from(count)), "{count} leaves");
            let index = u64::from(count / 3);
            assert_eq!(tree.proof(index), wanted.proof(index));
            // Checked node by node, as the chain does.
            if let Some((leaf, proof)) = tree.leaf(index).zip(tree.proof(index)) {
                assert!(merkle::verify(&tree.root(), u64::from(count), index, &leaf, &proof), "{count} leaves");
            }
        }
    }
}

#[test]
fn proof_of_every_operator_leads_to_the_manifest_s_root() {
    let root = tempfile::tempdir().unwrap();
    let attestations = [honest_epoch(1, 0), honest_epoch(3, 0)].concat();
    let folder = write_epoch(root.path(), &input(0, LedgerState::default(), attestations), None).unwrap();
    let bundle = Bundle::open(&folder).unwrap();
    let proofs = Proofs::read(&bundle).unwrap();
    assert_eq!((proofs.len(), proofs.is_empty()), (3, false));
    for index in 0..3 {
        let (line, proof) = proofs.proof(index).unwrap();
        let (payout_wallet, cumulative) = (line.payout_wallet, Amount(line.cumulative));
        let leaf = RewardLeaf { vault: VAULT, operator_index: index, payout_wallet, cumulative };
        assert!(merkle::verify(&bundle.manifest.root, 3, u64::from(index), &leaf.hash(), &proof));
    }
    assert!(proofs.proof(3).is_none());
}

#[test]
fn proofs_of_a_bundle_whose_operators_lead_elsewhere_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let folder = write_epoch(root.path(), &input(0, LedgerState::default(), vec![]), None).unwrap();
    let mut bundle = Bundle::open(&folder).unwrap();
    bundle.manifest.root[0] ^= 1;
    let error = Proofs::read(&bundle).unwrap_err();
    assert!(matches!(error, BundleError::Damaged { .. }) && error.to_string().contains("lead to root"), "{error}");
}
