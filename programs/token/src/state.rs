//! Accounts of the token program.

use anchor_lang::prelude::*;
use trellis_core::{
    Amount, Calendar, Epoch,
    emission::{Progress, Schedule},
    net_emission::{Recycling, Supply},
    shares,
};

use crate::{
    constants::{ACCOUNT_VERSION, MAX_DESTINATIONS, RECENT_EPOCHS},
    error::TokenError,
};

/// How a network's mint emits, where to, and how far it has.
#[account]
pub struct Emission {
    pub network: Address,
    pub mint: Address,
    /// The mint's: SPL Token or Token-2022.
    pub token_program: Address,

    // Where every epoch's emission goes. Never changes.
    /// Token account that takes what the destinations' shares leave: its own share and the dust.
    pub treasury: Address,
    /// Token accounts, the first `destination_count` of them set; by convention the first is the device-reward vault's.
    pub destinations: [Address; MAX_DESTINATIONS],

    // The schedule. Never changes.
    pub first_amount: u64,
    pub tail_amount: u64,
    pub cap: u64,
    /// Most of the burned that one epoch recycles.
    pub recycle_epoch_cap: u64,

    // How far it was carried out.
    pub next_epoch: u64,
    pub period_amount: u64,
    /// By the schedule; recycled amounts come on top.
    pub emitted: u64,
    /// Through `burn`.
    pub burned: u64,
    /// Minted again of what was burned.
    pub recycled: u64,
    /// What epoch e minted in all, at e mod 64.
    pub recent: [u64; RECENT_EPOCHS],

    /// The network's; copied, since neither ever changes.
    pub genesis_unix: i64,
    pub epoch_seconds: u32,
    pub decay_every_epochs: u32,
    /// By destination, in basis points of an epoch's amount, rounded down to units.
    pub shares_bps: [u16; MAX_DESTINATIONS],
    pub decay_bps: u16,
    /// The part of the burned that may be recycled.
    pub recycle_bps: u16,
    pub destination_count: u8,
    pub version: u8,
    pub bump: u8,
    pub mint_authority_bump: u8,
    pub reserved: [u8; 124],
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

    pub fn recycling(&self) -> Recycling {
        Recycling { share_bps: self.recycle_bps, epoch_cap: Amount(self.recycle_epoch_cap) }
    }

    pub fn supply(&self) -> Supply {
        Supply {
            progress: Progress {
                next_epoch: Epoch(self.next_epoch),
                period_amount: Amount(self.period_amount),
                emitted: Amount(self.emitted),
            },
            burned: Amount(self.burned),
            recycled: Amount(self.recycled),
        }
    }

    pub fn set_supply(&mut self, supply: Supply) {
        self.next_epoch = supply.progress.next_epoch.get();
        self.period_amount = supply.progress.period_amount.get();
        self.emitted = supply.progress.emitted.get();
        self.burned = supply.burned.get();
        self.recycled = supply.recycled.get();
    }

    /// The destinations with their shares in basis points, in order.
    pub fn destinations(&self) -> impl Iterator<Item = (&Address, u16)> {
        self.destinations.iter().zip(self.shares_bps.iter().copied()).take(usize::from(self.destination_count))
    }

    /// Remembers what `epoch` minted.
    pub fn record(&mut self, epoch: Epoch, amount: Amount) {
        self.recent[Self::slot(epoch)] = amount.get();
    }

    /// What `epoch` minted in all: as recorded for the last 64 epochs emitted; before those by the schedule, if nothing
    /// is ever recycled. `None` if the epoch is not emitted yet, or if nothing here tells any more.
    pub fn emitted_in(&self, epoch: Epoch) -> Option<Amount> {
        let age = self.next_epoch.checked_sub(epoch.get()).filter(|&age| age > 0)?;
        if age <= RECENT_EPOCHS as u64 {
            return Some(Amount(self.recent[Self::slot(epoch)]));
        }
        if self.recycle_bps == 0 { self.schedule().emission_of(epoch) } else { None }
    }

    /// Is `token_account` the treasury or one of the destinations?
    pub fn pays(&self, token_account: &Address) -> bool {
        self.treasury == *token_account || self.destinations().any(|(destination, _)| destination == token_account)
    }

    /// What `token_account` received for `epoch`; `None` as in [`emitted_in`](Self::emitted_in), and for an account that
    /// is not paid.
    pub fn received_in(&self, token_account: &Address, epoch: Epoch) -> Option<Amount> {
        let amount = self.emitted_in(epoch)?;
        if self.treasury == *token_account {
            return shares::rest_of(amount, self.destinations().map(|(_, share_bps)| share_bps));
        }
        let (_, share_bps) = self.destinations().find(|(destination, _)| *destination == token_account)?;
        Some(shares::share_of(amount, share_bps))
    }

    /// Ends every mutation.
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, TokenError::UnknownVersion);
        self.supply().check(&self.schedule(), &self.recycling()).map_err(TokenError::from)?;
        Ok(())
    }

    fn slot(epoch: Epoch) -> usize {
        (epoch.get() % RECENT_EPOCHS as u64) as usize
    }
}
