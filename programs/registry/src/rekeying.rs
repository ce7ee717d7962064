//! What rotation and recovery of a key have in common: the device's account moves to the new key's address.

use anchor_lang::prelude::*;
use trellis_core::DeviceKey;

use crate::{
    error::RegistryError,
    event::DeviceKeyChanged,
    state::{Device, Network},
};

/// Writes `new`, which takes over all that `old` says but the key. `old` is closed after this, so that its key is free.
pub fn move_device(
    network: &mut Account<Network>,
    old: &Account<Device>,
    new: &mut Account<Device>,
    key: &DeviceKey,
    rent_payer: Address,
    bump: u8,
) -> Result<()> {
    network.key_change_count = network.key_change_count.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
    network.invariant()?;
    let (old_address, new_address) = (*old.address(), *new.address());
    **new = **old;
    new.rent_payer = rent_payer;
    new.previous_key = old.key;
    new.key = key.padded();
    new.key_since_unix = Clock::get()?.unix_timestamp;
    new.bump = bump;
    new.clear_recovery();
    new.invariant()?;
    emit!(DeviceKeyChanged {
        network: new.network,
        previous_device: old_address,
        device: new_address,
        key_kind: new.key_kind,
        previous_key: new.previous_key,
        key: new.key,
        index: new.index,
        rent_payer,
    });
    Ok(())
}
