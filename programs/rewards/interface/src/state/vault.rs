use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use trellis_core::{Amount, Calendar, Epoch};

use crate::{
    constants::{ACCOUNT_VERSION, KEPT_ROOTS, ORACLE_SLOTS},
    error::RewardsError,
};

/// A final root.
#[derive(Clone, Copy, Pod, Zeroable, IdlType)]
#[repr(C)]
pub struct FinalRoot {
    pub root: [u8; 32],
    pub devices_root: [u8; 32],
    pub bundle_hash: [u8; 32],
    pub epoch: u64,
    pub cumulative_total: u64,
    pub leaf_count: u64,
}

/// Holds a network's rewards in one mint and pays them out against roots.
#[account]
pub struct Vault {
    pub network: Address,
    pub mint: Address,
    /// The vault's own token account; this vault is its owner.
    pub token_account: Address,
    pub guardian: Address,
    /// The first `oracle_count` are set.
    pub oracles: [Address; ORACLE_SLOTS],
    /// Root of epoch e at e mod 4.
    pub roots: [FinalRoot; KEPT_ROOTS],
    /// The epoch whose root becomes final next.
    pub next_epoch: u64,
    /// Sum of the leaves of the last final root: all that was ever promised.
    pub cumulative_total: u64,
    /// All that was ever claimed.
    pub claimed_total: u64,
    /// Most that one epoch's root may add.
    pub epoch_cap: u64,
    /// The network's; copied, since neither ever changes.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    /// From approval to finalization.
    pub challenge_seconds: u32,
    /// Weight that approves a root.
    pub threshold: u32,
    /// Counts changes of the oracle set; a proposal of another version is void.
    pub set_version: u32,
    pub weights: [u16; ORACLE_SLOTS],
    pub leaf_count: u32,
    pub oracle_count: u8,
    pub version: u8,
    pub bump: u8,
    pub token_account_bump: u8,
    pub reserved: [u8; 128],
}

impl Vault {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    /// Place of `oracle` in the set.
    pub fn oracle_position(&self, oracle: &Address) -> Option<usize> {
        self.oracles.iter().take(usize::from(self.oracle_count)).position(|member| member == oracle)
    }

    /// Weight of the oracles whose bits are set in `votes`.
    pub fn weight_of(&self, votes: u32) -> u32 {
        (0..usize::from(self.oracle_count).min(ORACLE_SLOTS))
            .filter(|&position| votes & (1 << position) != 0)
            .map(|position| u32::from(self.weights[position]))
            .sum()
    }

    /// Errors unless `epoch` is the one whose root becomes final next.
    pub fn require_next_epoch(&self, epoch: Epoch) -> Result<()> {
        require!(epoch.get() >= self.next_epoch, RewardsError::EpochAlreadyFinal);
        require!(epoch.get() == self.next_epoch, RewardsError::EpochOutOfOrder);
        Ok(())
    }

    /// Errors if a root with these figures would promise less than before or more than the epoch's cap.
    pub fn require_promise(&self, leaf_count: u32, cumulative_total: Amount) -> Result<()> {
        require!(leaf_count >= self.leaf_count, RewardsError::LeavesFell);
        let added = cumulative_total.checked_sub(Amount(self.cumulative_total)).ok_or(RewardsError::CumulativeFell)?;
        require!(added.get() <= self.epoch_cap, RewardsError::AboveEpochCap);
        Ok(())
    }

    /// All that ever came in: what lies in the token account and what was claimed from it.
    pub fn funded(&self, token_balance: Amount) -> Option<Amount> {
        token_balance.checked_add(Amount(self.claimed_total))
    }

    /// The final root of `epoch`, while it is one of the last four.
    pub fn kept_root(&self, epoch: Epoch) -> Option<&FinalRoot> {
        let slot = (epoch.get() % KEPT_ROOTS as u64) as usize;
        let root = &self.roots[slot];
        // An empty slot holds epoch 0: it counts only once epoch 0 is final.
        (root.epoch == epoch.get() && epoch.get() < self.next_epoch).then_some(root)
    }

    /// Ends every mutation.
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RewardsError::UnknownVersion);
        require!(self.claimed_total <= self.cumulative_total, RewardsError::ClaimedAbovePromised);
        Ok(())
    }
}
