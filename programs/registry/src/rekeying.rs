//! What rotation and recovery of a key have in common: the device's account moves to the new key's address.

use anchor_lang::prelude::*;
use trellis_core::{DeviceKey, pda};
use trellis_cpi::record;

use crate::{
    clock,
    error::RegistryError,
    event::DeviceKeyChanged,
    state::{Device, Network},
};

/// Creates `new` at the expense of `payer`; it takes over all that `old` says but the key. `old` is closed after this, so that its key is free.
pub fn move_device(
    payer: &Signer,
    network: &mut Account<Network>,
    old: &Account<Device>,
    new: &UncheckedAccount,
    key: &DeviceKey,
) -> Result<()> {
    network.key_change_count = network.key_change_count.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
    network.invariant()?;
    let (old_address, new_address) = (*old.address(), *new.address());
    let seeds = [pda::DEVICE, network.address().as_ref(), &key.seed()];
    let (mut new, bump) = record::create::<Device>(payer, new, &seeds)?;
    let new: &mut Device = &mut new;
    *new = **old;
    new.rent_payer = *payer.address();
    new.previous_key = old.key;
    new.key = key.padded();
    new.key_since_unix = clock::now_unix()?;
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
        rent_payer: new.rent_payer,
    });
    Ok(())
}
