use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use trellis_core::{Amount, Calendar, Epoch, breaker::Breaker};

use crate::{constants::*, error::RewardsError};

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

/// Holds a network's rewards of one pool in one mint and pays them out against roots.
#[account]
pub struct Vault {
    pub network: Address,
    pub mint: Address,
    /// The mint's: SPL Token or Token-2022.
    pub token_program: Address,
    /// The vault's own token account; this vault is its owner.
    pub token_account: Address,
    pub guardian: Address,
    /// The first `oracle_count` are set.
    pub oracles: [Address; MAX_ORACLES],
    /// Root of epoch e at e mod 4.
    pub roots: [FinalRoot; KEPT_ROOTS],
    /// The epoch whose root becomes final next.
    pub next_epoch: u64,
    /// The last epoch that has a root; [`NO_LAST_EPOCH`] while the vault is not retired.
    pub last_epoch: u64,
    /// Sum of the leaves of the last final root: all that was ever promised.
    pub cumulative_total: u64,
    /// All that was ever claimed.
    pub claimed_total: u64,
    /// Most that one epoch's root may add.
    pub epoch_cap: u64,
    /// Most that the circuit breaker holds; at least `epoch_cap`. See [`trellis_core::breaker`].
    pub breaker_capacity: u64,
    /// What the circuit breaker held at `breaker_updated_unix`.
    pub breaker_level: u64,
    pub breaker_updated_unix: i64,
    /// Claims and finalizations rest until then; 0 if there is no pause.
    pub paused_until_unix: i64,
    /// The guardian may pause again from then on.
    pub next_pause_unix: i64,
    /// The network's; copied, since neither ever changes.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    /// From approval to finalization.
    pub challenge_seconds: u32,
    /// In which an empty circuit breaker fills up.
    pub breaker_window_seconds: u32,
    /// Weight that approves a root.
    pub threshold: u32,
    /// Counts changes of the oracle set; a proposal of another version is void.
    pub set_version: u32,
    pub leaf_count: u32,
    pub weights: [u16; MAX_ORACLES],
    /// What oracle n votes for in the next epoch: 0 nothing, otherwise the proposal of the oracle at this place less 1.
    pub ballots: [u8; MAX_ORACLES],
    /// Tells a network's vaults for one mint apart; 0 pays for device work.
    pub pool: u16,
    pub oracle_count: u8,
    /// Whose proposal for the next epoch is approved: 0 nobody's, otherwise that of the oracle at this place less 1.
    pub approved: u8,
    pub version: u8,
    pub bump: u8,
    pub token_account_bump: u8,
    pub reserved: [u8; 121],
}

impl Vault {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    pub fn breaker(&self) -> Breaker {
        Breaker {
            capacity: Amount(self.breaker_capacity),
            window_seconds: self.breaker_window_seconds,
            level: Amount(self.breaker_level),
            updated_unix: self.breaker_updated_unix,
        }
    }

    pub fn set_breaker(&mut self, breaker: Breaker) {
        self.breaker_capacity = breaker.capacity.get();
        self.breaker_window_seconds = breaker.window_seconds;
        self.breaker_level = breaker.level.get();
        self.breaker_updated_unix = breaker.updated_unix;
    }

    pub fn is_paused(&self, now_unix: i64) -> bool {
        now_unix < self.paused_until_unix
    }

    pub fn is_retired(&self) -> bool {
        self.last_epoch != NO_LAST_EPOCH
    }

    /// Errors unless `epoch` is the one whose root becomes final next.
    pub fn require_next_epoch(&self, epoch: Epoch) -> Result<()> {
        require!(epoch.get() >= self.next_epoch, RewardsError::EpochAlreadyFinal);
        require!(epoch.get() == self.next_epoch, RewardsError::EpochOutOfOrder);
        require!(epoch.get() <= self.last_epoch, RewardsError::AfterLastEpoch);
        Ok(())
    }

    /// What a root with these figures adds to all that was promised. Errors if it would promise less than before or add
    /// more than the epoch's cap.
    pub fn promise(&self, leaf_count: u32, cumulative_total: Amount) -> Result<Amount> {
        require!(leaf_count >= self.leaf_count, RewardsError::LeavesFell);
        let added = cumulative_total.checked_sub(Amount(self.cumulative_total)).ok_or(RewardsError::CumulativeFell)?;
        require!(added.get() <= self.epoch_cap, RewardsError::AboveEpochCap);
        Ok(added)
    }

    /// All that ever came in: what lies in the token account and what was claimed from it.
    pub fn funded(&self, token_balance: Amount) -> Option<Amount> {
        token_balance.checked_add(Amount(self.claimed_total))
    }

    /// What was promised and not claimed yet.
    pub fn owed(&self) -> Option<Amount> {
        Amount(self.cumulative_total).checked_sub(Amount(self.claimed_total))
    }

    /// The final root of `epoch`, while it is one of the last four.
    pub fn kept_root(&self, epoch: Epoch) -> Option<&FinalRoot> {
        let slot = (epoch.get() % KEPT_ROOTS as u64) as usize;
        let root = &self.roots[slot];
        // An empty slot holds epoch 0: it counts only once epoch 0 is final.
        (root.epoch == epoch.get() && epoch.get() < self.next_epoch).then_some(root)
    }

    /// Errors unless the settings that the authority chooses are sound together.
    pub fn require_settings(&self) -> Result<()> {
        require!(self.guardian != Address::default(), RewardsError::ZeroGuardian);
        require!(self.epoch_cap > 0, RewardsError::ZeroEpochCap);
        let challenge = MIN_CHALLENGE_SECONDS..=MAX_CHALLENGE_SECONDS;
        require!(challenge.contains(&self.challenge_seconds), RewardsError::InvalidChallengeWindow);
        let window = MIN_BREAKER_SECONDS..=MAX_BREAKER_SECONDS;
        require!(window.contains(&self.breaker_window_seconds), RewardsError::InvalidBreakerWindow);
        require!(self.breaker_capacity >= self.epoch_cap, RewardsError::BreakerBelowEpochCap);
        Ok(())
    }

    /// Ends every mutation, and begins every read.
    #[inline(always)]
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RewardsError::UnknownVersion);
        require!(self.claimed_total <= self.cumulative_total, RewardsError::ClaimedAbovePromised);
        Ok(())
    }
}
