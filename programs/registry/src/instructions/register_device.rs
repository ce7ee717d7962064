use anchor_lang::prelude::*;
use trellis_core::pda;

use crate::{
    constants::ACCOUNT_VERSION,
    error::RegistryError,
    event::DeviceRegistered,
    state::{DEVICE_ACTIVE, Device, DeviceClass, Network, Operator},
};

#[derive(Accounts)]
pub struct RegisterDevice {
    /// May be one of the other signers too.
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
    pub network: Account<Network>,
    pub class: Account<DeviceClass>,
    #[account(mut)]
    pub operator: Account<Operator>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Device>(),
        seeds = [pda::DEVICE, network.address().as_ref(), device_key.address().as_ref()],
        bump
    )]
    pub device: Account<Device>,
    pub system_program: Program<System>,
}

impl RegisterDevice {
    fn validate(&self) -> Result<()> {
        let network = self.network.address();
        require!(self.class.network == *network, RegistryError::WrongNetwork);
        require!(self.operator.network == *network, RegistryError::WrongNetwork);
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        if self.class.has_maker() {
            let maker = self.maker.as_ref().ok_or(RegistryError::MakerSignatureMissing)?;
            require!(*maker.address() == self.class.maker, RegistryError::WrongMaker);
        }
        Ok(())
    }

    #[inline(always)]
    pub fn register_device(&mut self, bumps: &RegisterDeviceBumps) -> Result<()> {
        self.validate()?;
        let network_address = *self.network.address();
        let operator_address = *self.operator.address();
        let device_address = *self.device.address();
        let key = self.device_key.address().to_bytes();
        let index = self.network.device_count;
        self.network.device_count = index.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.network.invariant()?;
        self.operator.device_count =
            self.operator.device_count.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.operator.invariant()?;

        let device = &mut self.device;
        device.network = network_address;
        device.operator = operator_address;
        device.key = key;
        device.registered_unix = Clock::get()?.unix_timestamp;
        device.index = index;
        device.operator_index = self.operator.index;
        device.class_index = self.class.index;
        device.key_kind = self.class.key_kind;
        device.status = DEVICE_ACTIVE;
        device.version = ACCOUNT_VERSION;
        device.bump = bumps.device;
        device.invariant()?;
        emit!(DeviceRegistered {
            network: network_address,
            device: device_address,
            key,
            operator_index: self.operator.index,
            class_index: self.class.index,
            index,
        });
        Ok(())
    }
}
