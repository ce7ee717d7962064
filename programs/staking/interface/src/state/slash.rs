use anchor_lang::prelude::*;

use crate::{constants::*, error::StakingError};

/// A slash that the network's authority proposed. Its content never changes.
#[account]
pub struct SlashProposal {
    pub pool: Address,
    pub operator_stake: Address,
    /// Paid the rent, and gets it back.
    pub payer: Address,
    /// Hash of the evidence, published by the authority.
    pub evidence_hash: [u8; 32],
    /// First moment that it can be executed, unix seconds.
    pub effective_unix: i64,
    /// First moment that it can no longer be executed, unix seconds.
    pub expires_unix: i64,
    pub number: u32,
    pub bps: u16,
    /// [`SLASH_OPEN`], [`SLASH_VETOED`] or [`SLASH_EXECUTED`].
    pub status: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 39],
}

impl SlashProposal {
    /// Errors once it was vetoed or executed.
    pub fn require_open(&self) -> Result<()> {
        require!(self.status != SLASH_VETOED, StakingError::SlashVetoed);
        require!(self.status != SLASH_EXECUTED, StakingError::SlashExecuted);
        Ok(())
    }

    /// Can it still be executed, now or later?
    pub fn is_alive(&self, now_unix: i64) -> bool {
        self.status == SLASH_OPEN && now_unix < self.expires_unix
    }

    #[inline(never)]
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, StakingError::UnknownVersion);
        require!(self.status <= SLASH_EXECUTED, StakingError::BooksBroken);
        Ok(())
    }
}
