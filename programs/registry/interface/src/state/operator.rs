use anchor_lang::prelude::*;
use trellis_core::Epoch;

use crate::{constants::ACCOUNT_VERSION, error::RegistryError};

/// A wallet that owns devices in a network.
#[account]
pub struct Operator {
    pub network: Address,
    pub wallet: Address,
    /// Where rewards of epochs from `payout_since_epoch` on are paid, until `next_payout_wallet` takes over.
    pub payout_wallet: Address,
    /// Where rewards of epochs from `payout_effective_epoch` on are paid; all zero if no change was ever asked for.
    pub next_payout_wallet: Address,
    /// The first epoch that is paid to `payout_wallet`.
    pub payout_since_epoch: u64,
    /// The first epoch that is paid to `next_payout_wallet`.
    pub payout_effective_epoch: u64,
    /// Sum of the bonds that the classes of this operator's devices ask for, in the mint's smallest unit.
    pub required_bond: u64,
    /// Position of this operator's leaf in every rewards tree of the network. Never changes.
    pub index: u32,
    /// Devices that the operator has now.
    pub device_count: u32,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 62],
}

impl Operator {
    /// Where the rewards of `epoch` are paid. Exact from `payout_since_epoch` on; of the epochs before it, which were
    /// paid to wallets that are forgotten by now, the oldest wallet that is still known.
    pub fn payout_wallet_at(&self, epoch: Epoch) -> Address {
        match self.has_next_payout_wallet() && epoch.get() >= self.payout_effective_epoch {
            true => self.next_payout_wallet,
            false => self.payout_wallet,
        }
    }

    fn has_next_payout_wallet(&self) -> bool {
        self.next_payout_wallet != Address::default()
    }

    /// Pays to `wallet` from the epoch after `current` on, or from epoch 0 if `current` is `None`: before genesis. A
    /// change that is effective by now is kept; one that is not yet is forgotten.
    pub fn schedule_payout_wallet(&mut self, wallet: Address, current: Option<Epoch>) -> Result<()> {
        let effective = match current {
            Some(epoch) => epoch.next().ok_or(RegistryError::CounterExhausted)?,
            None => Epoch(0),
        };
        let is_effective = current.is_some_and(|epoch| epoch.get() >= self.payout_effective_epoch);
        if self.has_next_payout_wallet() && is_effective {
            self.payout_wallet = self.next_payout_wallet;
            self.payout_since_epoch = self.payout_effective_epoch;
        }
        self.next_payout_wallet = wallet;
        self.payout_effective_epoch = effective.get();
        Ok(())
    }

    /// Takes a device over, whose class asked for `bond` when it was registered.
    pub fn add_device(&mut self, bond: u64) -> Result<()> {
        self.device_count = self.device_count.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.required_bond = self.required_bond.checked_add(bond).ok_or(RegistryError::BondOverflow)?;
        self.invariant()
    }

    /// Gives a device away.
    pub fn remove_device(&mut self, bond: u64) -> Result<()> {
        self.device_count = self.device_count.checked_sub(1).ok_or(RegistryError::CountersContradict)?;
        self.required_bond = self.required_bond.checked_sub(bond).ok_or(RegistryError::CountersContradict)?;
        self.invariant()
    }

    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        require!(self.payout_wallet != Address::default(), RegistryError::ZeroAddress);
        require!(self.payout_since_epoch <= self.payout_effective_epoch, RegistryError::CountersContradict);
        require!(self.device_count > 0 || self.required_bond == 0, RegistryError::CountersContradict);
        Ok(())
    }
}
