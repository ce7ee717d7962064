use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{attestation::WorkKind, device_key::KeyKind, h3, pda};
use trellis_cpi::record;

use super::require_sound_figures;
use crate::{
    constants::{ACCOUNT_VERSION, NO_LOCATION},
    error::RegistryError,
    event::ClassCreated,
    state::{DeviceClass, Network},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateClassArgs {
    /// Must sign registrations and key recoveries; all zero if no maker is asked for.
    pub maker: Address,
    pub rated_power_watts: u64,
    /// What an operator must have bonded for each device, in the mint's smallest unit.
    pub bond: u64,
    /// Points for a unit of verified work.
    pub weight: u32,
    pub work_kind: u8,
    pub key_kind: u8,
    /// Resolution of the H3 cells that devices stand in, 0 to 15; 255 if they have none.
    pub h3_resolution: u8,
}

#[derive(Accounts)]
pub struct CreateClass {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub class: UncheckedAccount,
    pub system_program: Program<System>,
}

impl CreateClassArgs {
    fn validate(&self) -> Result<()> {
        require!(WorkKind::from_u8(self.work_kind).is_some(), RegistryError::UnknownWorkKind);
        require!(KeyKind::from_u8(self.key_kind).is_some(), RegistryError::UnknownKeyKind);
        let resolution = self.h3_resolution;
        require!(resolution <= h3::MAX_RESOLUTION || resolution == NO_LOCATION, RegistryError::InvalidResolution);
        require_sound_figures(self.weight, self.rated_power_watts)
    }
}

impl CreateClass {
    #[inline(always)]
    pub fn create_class(&mut self, args: CreateClassArgs) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        args.validate()?;
        let network_address = *self.network.address();
        let class_address = *self.class.address();
        let index = self.network.class_count;
        self.network.class_count = index.checked_add(1).ok_or(RegistryError::CounterExhausted)?;
        self.network.invariant()?;

        let seeds = [pda::CLASS, network_address.as_ref(), bytemuck::bytes_of(&index)];
        let (mut class, bump) = record::create::<DeviceClass>(&self.payer, &self.class, &seeds)?;
        let class: &mut DeviceClass = &mut class;
        class.network = network_address;
        class.maker = args.maker;
        class.rated_power_watts = args.rated_power_watts;
        class.bond = args.bond;
        class.weight = args.weight;
        class.index = index;
        class.work_kind = args.work_kind;
        class.key_kind = args.key_kind;
        class.h3_resolution = args.h3_resolution;
        class.active = 1;
        class.version = ACCOUNT_VERSION;
        class.bump = bump;
        class.invariant()?;
        emit!(ClassCreated {
            network: network_address,
            class: class_address,
            maker: args.maker,
            rated_power_watts: args.rated_power_watts,
            bond: args.bond,
            weight: args.weight,
            index,
            work_kind: args.work_kind,
            key_kind: args.key_kind,
            h3_resolution: args.h3_resolution,
        });
        Ok(())
    }
}
