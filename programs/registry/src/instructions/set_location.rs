use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::h3;

use crate::{
    clock,
    constants::MOVE_COOLDOWN_SECONDS,
    error::RegistryError,
    event::DeviceMoved,
    state::{Device, DeviceClass, Operator},
};

#[derive(Accounts)]
pub struct SetLocation {
    /// The operator's wallet.
    pub wallet: Signer,
    pub operator: Box<Account<Operator>>,
    pub class: Box<Account<DeviceClass>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
}

impl SetLocation {
    fn validate(&self, cell: u64, now_unix: i64) -> Result<()> {
        let (device, class) = (&self.device, &self.class);
        self.operator.invariant()?;
        class.invariant()?;
        require!(self.operator.wallet == *self.wallet.address(), RegistryError::NotOperatorWallet);
        require!(device.operator == *self.operator.address(), RegistryError::WrongOperator);
        require!(class.network == device.network, RegistryError::WrongNetwork);
        require!(class.index == device.class_index, RegistryError::WrongClass);
        require!(class.has_location(), RegistryError::ClassWithoutLocation);
        let resolution = h3::resolution_of(cell).ok_or(RegistryError::InvalidCell)?;
        require!(resolution == class.h3_resolution, RegistryError::WrongResolution);
        require!(cell != device.cell, RegistryError::SameCell);
        let rests_until = device.cell_set_unix.saturating_add(MOVE_COOLDOWN_SECONDS);
        require!(device.cell == 0 || now_unix >= rests_until, RegistryError::MovedTooSoon);
        Ok(())
    }

    #[inline(always)]
    pub fn set_location(&mut self, cell: u64) -> Result<()> {
        let now_unix = clock::now_unix()?;
        self.validate(cell, now_unix)?;
        let device_address = *self.device.address();
        let device: &mut Device = &mut self.device;
        let previous_cell = device.cell;
        if previous_cell != 0 {
            device.move_count = device.move_count.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        }
        device.cell = cell;
        device.cell_set_unix = now_unix;
        device.invariant()?;
        emit!(DeviceMoved { device: device_address, previous_cell, cell, move_count: device.move_count });
        Ok(())
    }
}
