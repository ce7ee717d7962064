//! All of an epoch's leaves: what the claims of any of its operators are made from.

use solana_address::Address;
use trellis_core::{
    Epoch, Hash,
    leaf::RewardLeaf,
    merkle::{self, Tree},
};

use super::{Claim, ClaimError, Payee, RangeClaim, kept_root};
use crate::accounts::Vault;

/// An epoch's rewards tree, made from its leaves as a bundle has them.
#[derive(Clone, Debug)]
pub struct RewardTree {
    vault: Address,
    epoch: Epoch,
    payees: Vec<Payee>,
    tree: Tree,
}

impl RewardTree {
    /// `payees` are all operators of the epoch, in the order of their indices from 0 on.
    pub fn new(vault: Address, epoch: Epoch, payees: Vec<Payee>) -> Self {
        let mut hashes = vec![Hash::default(); payees.len()];
        let numbered: Vec<(u32, Payee)> = (0..).zip(payees.iter().copied()).collect();
        let leaf = |(operator_index, payee): &(u32, Payee)| RewardLeaf {
            vault: vault.to_bytes(),
            operator_index: *operator_index,
            payout_wallet: payee.payout_wallet.to_bytes(),
            cumulative: payee.cumulative,
        };
        merkle::hash_leaves(&numbered, leaf, &mut hashes);
        Self { vault, epoch, payees, tree: Tree::new(hashes) }
    }

    pub fn vault(&self) -> Address {
        self.vault
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Operators in the tree.
    pub fn len(&self) -> usize {
        self.payees.len()
    }

    pub fn is_empty(&self) -> bool {
        self.payees.is_empty()
    }

    /// Is this the tree whose root `vault`, read from the chain, keeps for the epoch?
    pub fn check(&self, vault: &Vault) -> Result<(), ClaimError> {
        let root = kept_root(vault, self.epoch)?;
        match root.root == self.tree.root() && root.leaf_count == self.tree.leaf_count() {
            true => Ok(()),
            false => Err(ClaimError::InvalidProof { epoch: self.epoch }),
        }
    }

    pub fn payee(&self, operator_index: u32) -> Option<&Payee> {
        self.payees.get(usize::try_from(operator_index).ok()?)
    }

    /// The claim of one operator; `None` past the last one.
    pub fn claim(&self, operator_index: u32) -> Option<Claim> {
        let Payee { payout_wallet, cumulative } = *self.payee(operator_index)?;
        let proof = self.tree.proof(operator_index.into())?;
        Some(Claim { epoch: self.epoch, vault: self.vault, operator_index, payout_wallet, cumulative, proof })
    }

    /// The claim of `count` neighbours from `first_index` on; `None` for no operators or past the last one.
    pub fn range(&self, first_index: u32, count: u32) -> Option<RangeClaim> {
        let proof = self.tree.range_proof(first_index.into(), count.into())?;
        let first = usize::try_from(first_index).ok()?;
        let payees = self.payees.get(first..)?.get(..usize::try_from(count).ok()?)?.to_vec();
        Some(RangeClaim { epoch: self.epoch, vault: self.vault, first_index, payees, proof })
    }
}
