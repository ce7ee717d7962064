use anchor_lang::{pod::PodU128, prelude::*};

use crate::{constants::ACCOUNT_VERSION, error::StakingError};

/// Stake on its way out of a position. It earns nothing and can still be slashed with its operator's.
#[account]
pub struct UnbondingTicket {
    pub position: Address,
    /// The operator's stake that it comes from.
    pub operator_stake: Address,
    pub wallet: Address,
    /// The operator's stake that it goes to; all zero if it is paid out to the wallet.
    pub destination: Address,
    /// Of the source's unbonding bucket.
    pub shares: PodU128,
    /// First moment that it can leave, unix seconds.
    pub release_unix: i64,
    pub number: u32,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 34],
}

impl UnbondingTicket {
    pub fn is_redelegation(&self) -> bool {
        self.destination != Address::default()
    }

    #[inline(never)]
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, StakingError::UnknownVersion);
        Ok(())
    }
}
