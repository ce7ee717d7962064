//! Claiming: a proof, checked here against the vault's own account before anybody pays a fee for it.

use solana_address::Address;
use solana_instruction::Instruction;
use trellis_core::{Amount, Epoch, Hash, leaf::RewardLeaf, merkle};
use trellis_rewards::state::Vault;

use crate::{
    SPL_TOKEN_ID, addresses,
    instructions::rewards::{self, ClaimArgs},
};

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

/// Why a claim would be refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    #[error("the root of epoch {epoch} is not final yet, or four later ones have replaced it: fetch a new proof")]
    RootNotKept { epoch: Epoch },
    #[error("the proof does not lead to the root of epoch {epoch} on the chain: do not trust who gave it")]
    InvalidProof { epoch: Epoch },
}

impl Claim {
    /// Does the proof lead to the root in `vault`, read from the chain?
    pub fn check(&self, vault: &Vault) -> Result<(), ClaimError> {
        let epoch = self.epoch;
        let root = vault.kept_root(epoch).ok_or(ClaimError::RootNotKept { epoch })?;
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

    /// Pays into the payout wallet's associated token account, which must exist: see [`create_payout_account`].
    pub fn instruction(&self, mint: &Address) -> Instruction {
        let payout_tokens = addresses::associated_token_account(&self.payout_wallet, mint);
        let args = ClaimArgs {
            epoch: self.epoch.get(),
            operator_index: self.operator_index,
            cumulative: self.cumulative.get(),
            proof: self.proof.clone(),
        };
        rewards::claim(self.vault, payout_tokens, args)
    }
}

/// Creates the wallet's associated token account if there is none. Signer: payer, who pays its rent.
pub fn create_payout_account(payer: &Address, wallet: &Address, mint: &Address) -> Instruction {
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent(
        payer,
        wallet,
        mint,
        &SPL_TOKEN_ID,
    )
}
