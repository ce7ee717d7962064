use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{
    device_key::{DeviceKey, KeyKind},
    pda,
};

use crate::{
    error::RegistryError,
    registering,
    state::{Device, DeviceClass, Network, Operator},
};

#[derive(Accounts)]
pub struct RegisterDevice {
    /// May be one of the other signers too. Gets the rent back when the device is retired.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The operator's wallet.
    pub wallet: Signer,
    /// The device's own key: its signature over this transaction proves that the device holds it. The transaction
    /// names program, network, operator and class, so the signature registers this device here and nowhere else.
    pub device_key: Signer,
    /// Signs if the class names a maker; else this program's address.
    pub maker: Option<Signer>,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    pub class: Box<Account<DeviceClass>>,
    #[account(mut)]
    pub operator: Box<Account<Operator>>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Device>(),
        seeds = [pda::DEVICE, network.address().as_ref(), device_key.address().as_ref()],
        bump
    )]
    pub device: Box<Account<Device>>,
    pub system_program: Program<System>,
}

impl RegisterDevice {
    #[inline(always)]
    pub fn register_device(&mut self, bumps: &RegisterDeviceBumps) -> Result<()> {
        registering::validate(&self.network, &self.class, &self.operator, &self.wallet, self.maker.as_ref())?;
        require!(self.class.device_key_kind()? == KeyKind::Ed25519, RegistryError::KeyCannotSign);
        let key = DeviceKey::Ed25519(self.device_key.address().to_bytes());
        let payer = *self.payer.address();
        registering::write(
            &mut self.network,
            &self.class,
            &mut self.operator,
            &mut self.device,
            &key,
            payer,
            bumps.device,
        )
    }
}
