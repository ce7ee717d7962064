//! What the dashboard asks.

use alloc::vec::Vec;

use trellis_core::{
    AddressBytes, Amount, Hash,
    leaf::RewardLeaf,
    merkle::{self, Tree, hash_leaves},
};

/// Does `proof` lead from `leaf` to `root` of a tree of `leaf_count` leaves?
pub fn proves(leaf: &RewardLeaf, leaf_count: u32, root: &Hash, proof: &[Hash]) -> bool {
    merkle::verify(root, u64::from(leaf_count), u64::from(leaf.operator_index), &leaf.hash(), proof)
}

/// The root over leaves by operator index: one wallet and one cumulative each; what one list has more is left out.
pub fn root(vault: AddressBytes, wallets: &[AddressBytes], cumulatives: &[u64]) -> Hash {
    let items: Vec<(u32, (&AddressBytes, &u64))> = (0..).zip(wallets.iter().zip(cumulatives)).collect();
    let mut hashes = alloc::vec![Hash::default(); items.len()];
    let leaf = |&(operator_index, (wallet, cumulative)): &(u32, (&AddressBytes, &u64))| RewardLeaf {
        vault,
        operator_index,
        payout_wallet: *wallet,
        cumulative: Amount(*cumulative),
    };
    hash_leaves(&items, leaf, &mut hashes);
    Tree::new(hashes).root()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: AddressBytes = [7; 32];

    fn leaves(count: u32) -> (Vec<AddressBytes>, Vec<u64>) {
        let wallet = |index: u32| {
            let mut wallet = [9; 32];
            wallet[..4].copy_from_slice(&index.to_le_bytes());
            wallet
        };
        ((0..count).map(wallet).collect(), (0..count).map(|index| u64::from(index) * 1_000_003).collect())
    }

    #[test]
    fn root_is_the_one_that_every_proof_leads_to() {
        for count in [1, 2, 3, 17, 64, 101] {
            let (wallets, cumulatives) = leaves(count);
            let root = root(VAULT, &wallets, &cumulatives);
            let leaf = |index: u32| RewardLeaf {
                vault: VAULT,
                operator_index: index,
                payout_wallet: wallets[index as usize],
                cumulative: Amount(cumulatives[index as usize]),
            };
            let tree = Tree::new((0..count).map(|index| leaf(index).hash()).collect());
            assert_eq!(root, tree.root());
            for index in 0..count {
                let proof = tree.proof(u64::from(index)).unwrap_or_default();
                assert!(proves(&leaf(index), count, &root, &proof), "{index} of {count}");
                let more = RewardLeaf { cumulative: Amount(cumulatives[index as usize] + 1), ..leaf(index) };
                assert!(!proves(&more, count, &root, &proof), "{index} of {count} with more");
                assert!(!proves(&leaf(index), count + 1, &root, &[&proof[..], &[root]].concat()));
            }
        }
    }

    #[test]
    fn root_of_no_leaves_is_the_empty_one() {
        assert_eq!(root(VAULT, &[], &[]), merkle::empty_root());
    }
}
