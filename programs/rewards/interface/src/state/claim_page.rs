use anchor_lang::prelude::*;
use trellis_core::pda::OPERATORS_PER_PAGE;

use crate::{constants::ACCOUNT_VERSION, error::RewardsError};

/// What 1,024 operators have claimed. So a claim creates no account and costs its owner no rent.
#[account]
pub struct ClaimPage {
    pub vault: Address,
    pub page: u32,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 26],
    /// Claimed so far by operator `page × 1,024 + position`.
    pub claimed: [u64; OPERATORS_PER_PAGE as usize],
}

impl ClaimPage {
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RewardsError::UnknownVersion);
        Ok(())
    }
}
