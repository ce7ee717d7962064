//! Accounts of the token program.

use anchor_lang::prelude::*;
use trellis_core::{
    Amount, Calendar, Epoch,
    emission::{Progress, Schedule},
};

use crate::{constants::ACCOUNT_VERSION, error::TokenError};

/// How a network's mint emits, and how far it has.
#[account]
pub struct Emission {
    pub network: Address,
    pub mint: Address,
    /// Token account that every epoch's emission goes to.
    pub reward_account: Address,

    // The schedule. Never changes.
    pub first_amount: u64,
    pub tail_amount: u64,
    pub cap: u64,

    // How far it was carried out.
    pub next_epoch: u64,
    pub period_amount: u64,
    pub emitted: u64,

    /// The network's; copied, since neither ever changes.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    pub decay_every_epochs: u32,
    pub decay_bps: u16,
    pub version: u8,
    pub bump: u8,
    pub mint_authority_bump: u8,
    pub reserved: [u8; 123],
}

impl Emission {
    pub fn calendar(&self) -> Calendar {
        Calendar { genesis_unix: self.genesis_unix, epoch_seconds: self.epoch_seconds }
    }

    pub fn schedule(&self) -> Schedule {
        Schedule {
            first_amount: Amount(self.first_amount),
            decay_bps: self.decay_bps,
            decay_every_epochs: self.decay_every_epochs,
            tail_amount: Amount(self.tail_amount),
            cap: Amount(self.cap),
        }
    }

    pub fn progress(&self) -> Progress {
        Progress {
            next_epoch: Epoch(self.next_epoch),
            period_amount: Amount(self.period_amount),
            emitted: Amount(self.emitted),
        }
    }

    pub fn set_progress(&mut self, progress: Progress) {
        self.next_epoch = progress.next_epoch.get();
        self.period_amount = progress.period_amount.get();
        self.emitted = progress.emitted.get();
    }

    /// Ends every mutation.
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, TokenError::UnknownVersion);
        require!(self.emitted <= self.cap, TokenError::CapExceeded);
        Ok(())
    }
}
