//! What the ways of registering a device have in common.

use anchor_lang::prelude::*;
use trellis_core::{DeviceKey, pda};
use trellis_cpi::record;

use crate::{
    clock,
    constants::ACCOUNT_VERSION,
    error::RegistryError,
    event::DeviceRegistered,
    state::{DEVICE_ACTIVE, Device, DeviceClass, Network, Operator},
};

/// Errors unless the accounts belong together, are open to new devices, and everybody has signed but the device's key.
pub fn validate(
    network: &Account<Network>,
    class: &Account<DeviceClass>,
    operator: &Account<Operator>,
    wallet: &Signer,
    maker: Option<&Signer>,
) -> Result<()> {
    require!(class.network == *network.address(), RegistryError::WrongNetwork);
    require!(operator.network == *network.address(), RegistryError::WrongNetwork);
    require!(operator.wallet == *wallet.address(), RegistryError::NotOperatorWallet);
    class.invariant()?;
    network.require_open()?;
    require!(class.active != 0, RegistryError::ClassInactive);
    if class.has_maker() {
        let maker = maker.ok_or(RegistryError::MakerSignatureMissing)?;
        require!(*maker.address() == class.maker, RegistryError::WrongMaker);
    }
    Ok(())
}

/// Creates the device at the expense of `payer`, and counts it.
pub fn write(
    payer: &Signer,
    network: &mut Account<Network>,
    class: &Account<DeviceClass>,
    operator: &mut Account<Operator>,
    device: &UncheckedAccount,
    key: &DeviceKey,
) -> Result<()> {
    let (network_address, device_address) = (*network.address(), *device.address());
    let index = network.device_count;
    network.device_count = index.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
    network.invariant()?;
    operator.add_device(class.bond)?;

    let now_unix = clock::now_unix()?;
    let seeds = [pda::DEVICE, network_address.as_ref(), &key.seed()];
    let (mut device, bump) = record::create::<Device>(payer, device, &seeds)?;
    let device: &mut Device = &mut device;
    device.network = network_address;
    device.operator = *operator.address();
    device.rent_payer = *payer.address();
    device.bond = class.bond;
    device.registered_unix = now_unix;
    device.key_since_unix = now_unix;
    device.operator_since_unix = now_unix;
    device.index = index;
    device.operator_index = operator.index;
    device.class_index = class.index;
    device.key_kind = key.kind() as u8;
    device.key = key.padded();
    device.status = DEVICE_ACTIVE;
    device.version = ACCOUNT_VERSION;
    device.bump = bump;
    device.invariant()?;
    emit!(DeviceRegistered {
        network: network_address,
        device: device_address,
        key_kind: device.key_kind,
        key: device.key,
        operator_index: device.operator_index,
        class_index: device.class_index,
        index,
        bond: device.bond,
        rent_payer: device.rent_payer,
    });
    Ok(())
}
