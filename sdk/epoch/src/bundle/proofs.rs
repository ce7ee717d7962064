//! Operators' proofs, from a bundle.

use std::thread;

use trellis_core::{Amount, Hash, leaf::RewardLeaf, merkle::Tree};

use super::{Bundle, BundleError, OPERATORS, OperatorLine};
use crate::tree;

/// The rewards tree of a bundle and the rows that its leaves are made of: 160 bytes an operator, built once. A proof is
/// read from it, without hashing.
#[derive(Clone, Debug)]
pub struct Proofs {
    operators: Vec<OperatorLine>,
    tree: Tree,
}

impl Proofs {
    /// Reads the operators of `bundle` alone. Errors if they do not lead to the root that its manifest says.
    pub fn read(bundle: &Bundle) -> Result<Self, BundleError> {
        let mut rows = bundle.operators()?;
        let mut operators = Vec::with_capacity(bundle.manifest.leaf_count as usize);
        while let Some(next) = rows.next_rows()? {
            operators.extend(next);
        }
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let vault = bundle.manifest.vault;
        let tree = tree::build(&operators, threads, |line: &OperatorLine| {
            let OperatorLine { index, payout_wallet, cumulative, .. } = *line;
            RewardLeaf { vault, operator_index: index, payout_wallet, cumulative: Amount(cumulative) }
        });
        if tree.root() != bundle.manifest.root {
            let (actual, wanted) = (hex::encode(tree.root()), hex::encode(bundle.manifest.root));
            let detail = format!("its rows lead to root {actual}, the manifest says {wanted}");
            return Err(BundleError::Damaged { path: bundle.folder().join(OPERATORS), detail });
        }
        Ok(Self { operators, tree })
    }

    /// The operator's row; `None` if the epoch has no such operator.
    pub fn line(&self, operator_index: u32) -> Option<&OperatorLine> {
        self.operators.get(operator_index as usize)
    }

    /// The operator's row and its inclusion proof; `None` if the epoch has no such operator.
    pub fn proof(&self, operator_index: u32) -> Option<(&OperatorLine, Vec<Hash>)> {
        let line = self.operators.get(operator_index as usize)?;
        Some((line, self.tree.proof(u64::from(operator_index))?))
    }

    /// The rows of `count` neighbours from `first_index` on, and their range proof; `None` for no operators or past the last.
    pub fn range(&self, first_index: u32, count: u32) -> Option<(&[OperatorLine], Vec<Hash>)> {
        let proof = self.tree.range_proof(u64::from(first_index), u64::from(count))?;
        let lines = self.operators.get(first_index as usize..)?.get(..count as usize)?;
        Some((lines, proof))
    }

    /// Number of operators.
    pub fn len(&self) -> usize {
        self.operators.len()
    }

    pub fn is_empty(&self) -> bool {
        self.operators.is_empty()
    }
}
