//! Claiming: proofs, checked here against the vault's own account before anybody pays a fee for them.

mod plan;
#[cfg(all(feature = "oracle", feature = "rpc"))]
mod prepared;
#[cfg(feature = "rpc")]
mod standing;
mod tree;

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_core::{Amount, Epoch, Hash, leaf::RewardLeaf, merkle, pda};
use trellis_rewards::state::{ClaimPage, FinalRoot, Vault};

use crate::{
    SPL_TOKEN_ID, addresses,
    instructions::rewards::{self, ClaimArgs, ClaimRangeArgs},
};

pub use plan::{Operators, Run, runs};
#[cfg(all(feature = "oracle", feature = "rpc"))]
pub use prepared::{PrepareError, PreparedClaim};
#[cfg(feature = "rpc")]
pub use standing::{Standing, standings};
pub use tree::RewardTree;

/// What an oracle's API says that an operator can claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub epoch: Epoch,
    pub vault: Address,
    pub operator_index: u32,
    pub payout_wallet: Address,
    /// All that the operator has ever earned from the vault.
    pub cumulative: Amount,
    /// From the leaf's sibling upwards.
    pub proof: Vec<Hash>,
}

/// What a run of neighbouring operators can claim, under one proof. The run lies on one claim page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeClaim {
    pub epoch: Epoch,
    pub vault: Address,
    /// Index of the run's first operator.
    pub first_index: u32,
    pub payees: Vec<Payee>,
    /// See [`merkle::verify_range`].
    pub proof: Vec<Hash>,
}

/// One operator of a [`RangeClaim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payee {
    pub payout_wallet: Address,
    /// All that the operator has ever earned from the vault.
    pub cumulative: Amount,
}

/// Why a claim would be refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    #[error("epoch {epoch} is not final yet: the next to become final is {next}")]
    NotFinal { epoch: Epoch, next: Epoch },
    #[error("the proof is stale: it is for epoch {epoch}, and the vault keeps the last four roots, up to epoch {last}")]
    Stale { epoch: Epoch, last: Epoch },
    #[error("the proof does not lead to the root of epoch {epoch} on the chain: do not trust who gave it")]
    InvalidProof { epoch: Epoch },
}

fn kept_root(vault: &Vault, epoch: Epoch) -> Result<&FinalRoot, ClaimError> {
    let next = Epoch(vault.next_epoch);
    let last = Epoch(vault.next_epoch.saturating_sub(1));
    let missing =
        || if epoch >= next { ClaimError::NotFinal { epoch, next } } else { ClaimError::Stale { epoch, last } };
    vault.kept_root(epoch).ok_or_else(missing)
}

impl Claim {
    /// Does the proof lead to the root in `vault`, read from the chain?
    pub fn check(&self, vault: &Vault) -> Result<(), ClaimError> {
        let epoch = self.epoch;
        let root = kept_root(vault, epoch)?;
        let leaf = RewardLeaf {
            vault: self.vault.to_bytes(),
            operator_index: self.operator_index,
            payout_wallet: self.payout_wallet.to_bytes(),
            cumulative: self.cumulative,
        };
        let index = u64::from(self.operator_index);
        match merkle::verify(&root.root, root.leaf_count, index, &leaf.hash(), &self.proof) {
            true => Ok(()),
            false => Err(ClaimError::InvalidProof { epoch }),
        }
    }

    /// What it would pay now. `page` is the operator's [claim page](addresses::claim_page), `None` if it is not open yet.
    pub fn claimable(&self, page: Option<&ClaimPage>) -> Amount {
        let (_, slot) = pda::claim_slot(self.operator_index);
        let claimed = page.and_then(|page| page.claimed.get(slot).copied()).unwrap_or(0);
        Amount(self.cumulative.get().saturating_sub(claimed))
    }

    /// Pays into the payout wallet's associated token account, which must exist: see [`create_payout_account`].
    pub fn instruction(&self, vault: &Vault) -> Instruction {
        let args = ClaimArgs {
            epoch: self.epoch.get(),
            operator_index: self.operator_index,
            cumulative: self.cumulative.get(),
            proof: self.proof.clone(),
        };
        rewards::claim_of(self.vault, payout_account(vault, &self.payout_wallet), vault.token_program, args)
    }
}

impl RangeClaim {
    /// Does the proof lead to the root in `vault`, read from the chain?
    pub fn check(&self, vault: &Vault) -> Result<(), ClaimError> {
        let epoch = self.epoch;
        let root = kept_root(vault, epoch)?;
        let leaf = |(place, payee): (usize, &Payee)| {
            let leaf = RewardLeaf {
                vault: self.vault.to_bytes(),
                operator_index: u32::try_from(place).ok().and_then(|place| self.first_index.checked_add(place))?,
                payout_wallet: payee.payout_wallet.to_bytes(),
                cumulative: payee.cumulative,
            };
            Some(leaf.hash())
        };
        // A run past the last index that there can be is no run of the tree.
        let leaves: Option<Vec<Hash>> = self.payees.iter().enumerate().map(leaf).collect();
        let mut leaves = leaves.ok_or(ClaimError::InvalidProof { epoch })?;
        let first = u64::from(self.first_index);
        match merkle::verify_range(&root.root, root.leaf_count, first, &mut leaves, &self.proof) {
            true => Ok(()),
            false => Err(ClaimError::InvalidProof { epoch }),
        }
    }

    /// Pays into the payout wallets' associated token accounts, which must exist. Those who have claimed already are
    /// passed over. 32 operators fit a v0 transaction with a lookup table of their accounts.
    pub fn instruction(&self, vault: &Vault) -> Instruction {
        let payout_tokens: Vec<Address> =
            self.payees.iter().map(|payee| payout_account(vault, &payee.payout_wallet)).collect();
        self.instruction_into(vault, &payout_tokens)
    }

    /// The same into these token accounts of the payout wallets, in the payees' order.
    pub fn instruction_into(&self, vault: &Vault, payout_tokens: &[Address]) -> Instruction {
        let args = ClaimRangeArgs {
            epoch: self.epoch.get(),
            first_index: self.first_index,
            cumulatives: self.payees.iter().map(|payee| payee.cumulative.get()).collect(),
            proof: self.proof.clone(),
        };
        rewards::claim_range(self.vault, payout_tokens, vault.token_program, args)
    }
}

/// What a network's lookup table holds, so that claims from `vault` have room for long proofs: all that the claims of its
/// first `pages` claim pages share. A relayer adds the payout accounts that it pays into.
pub fn lookup_table(address: &Address, vault: &Vault, pages: u32) -> Vec<Address> {
    let shared = [*address, vault.token_account, vault.mint, vault.token_program, solana_sdk_ids::system_program::ID];
    shared.into_iter().chain((0..pages).map(|page| addresses::claim_page(address, page))).collect()
}

/// The associated token account that `wallet` is paid at by `vault`.
pub fn payout_account(vault: &Vault, wallet: &Address) -> Address {
    addresses::associated_token_account_of(wallet, &vault.mint, &vault.token_program)
}

/// Creates the wallet's associated token account if there is none. Signer: payer, who pays its rent.
pub fn create_payout_account(payer: &Address, wallet: &Address, mint: &Address) -> Instruction {
    create_payout_account_of(payer, wallet, mint, &SPL_TOKEN_ID)
}

/// The same for a mint of `token_program`: SPL Token or Token-2022.
pub fn create_payout_account_of(
    payer: &Address,
    wallet: &Address,
    mint: &Address,
    token_program: &Address,
) -> Instruction {
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent(
        payer,
        wallet,
        mint,
        token_program,
    )
}
