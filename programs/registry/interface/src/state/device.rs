use anchor_lang::prelude::*;
use trellis_core::device_key::{DeviceKey, KeyKind, MAX_KEY_BYTES, PaddedKey};

use crate::{constants::ACCOUNT_VERSION, error::RegistryError};

/// A device earns.
pub const DEVICE_ACTIVE: u8 = 0;
/// A device does not earn until it is reinstated.
pub const DEVICE_SUSPENDED: u8 = 1;

/// A machine with a signing key of its own.
#[account]
pub struct Device {
    pub network: Address,
    /// The operator's account.
    pub operator: Address,
    /// Gets this account's rent back: whoever paid it.
    pub rent_payer: Address,
    /// The network's authority, or the vault whose oracles suspended it; all zero when active.
    pub suspended_by: Address,
    /// Evidence for the last suspension.
    pub evidence_hash: [u8; 32],
    /// The operator's statement against the suspension, as a hash; counts if `appealed_unix` is not 0.
    pub appeal_hash: [u8; 32],
    /// The class's bond at registration: its part of the operator's required bond.
    pub bond: u64,
    /// The H3 cell that it stands in; 0: nowhere yet.
    pub cell: u64,
    /// When it came to stand there, unix seconds; 0: never.
    pub cell_set_unix: i64,
    pub registered_unix: i64,
    /// When it got its key, unix seconds.
    pub key_since_unix: i64,
    /// When it came to its operator, unix seconds.
    pub operator_since_unix: i64,
    /// When the operator appealed, unix seconds; 0: it has not.
    pub appealed_unix: i64,
    /// When `recovery_key` may take over, unix seconds; 0: no recovery is pending.
    pub recovery_effective_unix: i64,
    /// Never changes, whatever becomes of key and operator.
    pub index: u32,
    pub operator_index: u32,
    /// How often it was moved after it was first placed.
    pub move_count: u32,
    pub class_index: u16,
    /// Why it was suspended; 0 when active.
    pub reason_code: u16,
    /// A [`KeyKind`]: of all three keys.
    pub key_kind: u8,
    /// [Padded](DeviceKey::padded).
    pub key: [u8; MAX_KEY_BYTES],
    /// The key before this one; all zero if there was none.
    pub previous_key: [u8; MAX_KEY_BYTES],
    /// The key that a recovery asks for; counts if `recovery_effective_unix` is not 0.
    pub recovery_key: [u8; MAX_KEY_BYTES],
    /// [`DEVICE_ACTIVE`] or [`DEVICE_SUSPENDED`].
    pub status: u8,
    pub version: u8,
    pub bump: u8,
    pub reserved: [u8; 65],
}

impl Device {
    pub fn is_suspended(&self) -> bool {
        self.status == DEVICE_SUSPENDED
    }

    pub fn has_pending_recovery(&self) -> bool {
        self.recovery_effective_unix != 0
    }

    /// Its key; `None` if the account's bytes are of a kind that this version does not know.
    pub fn device_key(&self) -> Option<DeviceKey> {
        DeviceKey::from_padded(KeyKind::from_u8(self.key_kind)?, &self.key)
    }

    /// `bytes` as a key of this device's kind.
    pub fn parse_key(&self, bytes: &PaddedKey) -> Result<DeviceKey> {
        let kind = KeyKind::from_u8(self.key_kind).ok_or(RegistryError::UnknownKeyKind)?;
        Ok(DeviceKey::from_padded(kind, bytes).ok_or(RegistryError::InvalidKey)?)
    }

    /// Errors for a suspended device: it stays where it is until its case is settled.
    pub fn require_not_suspended(&self) -> Result<()> {
        require!(!self.is_suspended(), RegistryError::DeviceSuspended);
        Ok(())
    }

    /// Takes it out of rewards.
    pub fn suspend(&mut self, by: Address, reason_code: u16, evidence_hash: [u8; 32]) -> Result<()> {
        require!(reason_code != 0, RegistryError::MissingReason);
        require!(!self.is_suspended(), RegistryError::AlreadySuspended);
        self.status = DEVICE_SUSPENDED;
        self.suspended_by = by;
        self.reason_code = reason_code;
        self.evidence_hash = evidence_hash;
        self.invariant()
    }

    /// Puts it back. The evidence's hash stays, as its history.
    pub fn reinstate(&mut self) -> Result<()> {
        require!(self.is_suspended(), RegistryError::NotSuspended);
        self.status = DEVICE_ACTIVE;
        self.suspended_by = Address::default();
        self.reason_code = 0;
        self.appeal_hash = [0; 32];
        self.appealed_unix = 0;
        self.invariant()
    }

    /// Forgets a recovery that was asked for.
    pub fn clear_recovery(&mut self) {
        self.recovery_key = [0; MAX_KEY_BYTES];
        self.recovery_effective_unix = 0;
    }

    pub fn invariant(&self) -> Result<()> {
        require!(self.version == ACCOUNT_VERSION, RegistryError::UnknownVersion);
        // A reason and an appeal stand no longer than the suspension.
        require!(self.is_suspended() == (self.reason_code != 0), RegistryError::MissingReason);
        require!(self.is_suspended() || self.appealed_unix == 0, RegistryError::NotSuspended);
        Ok(())
    }
}
