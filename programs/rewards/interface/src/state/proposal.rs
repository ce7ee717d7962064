use anchor_lang::prelude::*;
use trellis_core::{Amount, Epoch, root_content::RootContent};

use crate::{
    constants::{ACCOUNT_VERSION, MAX_ORACLES},
    error::RewardsError,
    state::Vault,
};

/// A root that an oracle proposed for an epoch. Its content never changes.
#[account]
pub struct RootProposal {
    pub vault: Address,
    pub proposer: Address,
    pub root: [u8; 32],
    pub devices_root: [u8; 32],
    pub bundle_hash: [u8; 32],
    pub epoch: u64,
    pub cumulative_total: u64,
    /// When the votes reached the threshold, unix seconds; 0 before.
    pub approved_unix: i64,
    /// When its challenge window ends, unix seconds; 0 before the approval. Later changes of the vault's do not move it.
    pub challenge_end_unix: i64,
    pub leaf_count: u32,
    /// The oracle set that the votes count in.
    pub set_version: u32,
    /// Bit n: oracle n of the set voted for this when it was approved; 0 before. Until then see [`Vault::votes_for`].
    pub votes: u32,
    /// 1 once the guardian has vetoed.
    pub vetoed: u8,
    pub version: u8,
    pub bump: u8,
    /// The proposer's place in the oracle set.
    pub proposer_position: u8,
    pub reserved: [u8; 64],
}

const _: () = assert!(MAX_ORACLES == u32::BITS as usize, "a vote is one bit of a u32");

impl RootProposal {
    pub fn content(&self) -> RootContent {
        RootContent {
            vault: self.vault.to_bytes(),
            epoch: Epoch(self.epoch),
            root: self.root,
            devices_root: self.devices_root,
            bundle_hash: self.bundle_hash,
            leaf_count: self.leaf_count,
            cumulative_total: Amount(self.cumulative_total),
        }
    }

    pub fn is_vetoed(&self) -> bool {
        self.vetoed != 0
    }

    pub fn is_approved(&self) -> bool {
        self.approved_unix != 0
    }

    /// Errors unless this proposal can still become final in `vault`, whose address is `vault_address`.
    pub fn require_alive(&self, vault: &Vault, vault_address: &Address) -> Result<()> {
        require!(self.vault == *vault_address, RewardsError::WrongVault);
        vault.require_next_epoch(Epoch(self.epoch))?;
        require!(self.set_version == vault.set_version, RewardsError::StaleOracleSet);
        require!(!self.is_vetoed(), RewardsError::Vetoed);
        Ok(())
    }

    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RewardsError::UnknownVersion);
        Ok(())
    }
}
