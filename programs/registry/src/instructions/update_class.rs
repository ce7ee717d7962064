use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    constants::{MAX_RATED_POWER_WATTS, MAX_WEIGHT},
    error::RegistryError,
    event::ClassUpdated,
    state::{DeviceClass, Network},
};

/// What is `None` stays as it is. Weight and rated power count for the class's devices at once, the bond for new ones only.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Default)]
pub struct UpdateClassArgs {
    /// Must sign registrations and key recoveries; all zero if no maker is asked for.
    pub maker: Option<Address>,
    pub rated_power_watts: Option<u64>,
    /// In the mint's smallest unit.
    pub bond: Option<u64>,
    /// Points for a unit of verified work.
    pub weight: Option<u32>,
    /// Does it take new devices?
    pub active: Option<bool>,
}

#[derive(Accounts)]
pub struct UpdateClass {
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    #[account(mut)]
    pub class: Box<Account<DeviceClass>>,
}

/// Errors unless weight and rated power are within their limits.
pub fn require_sound_figures(weight: u32, rated_power_watts: u64) -> Result<()> {
    require!((1..=MAX_WEIGHT).contains(&weight), RegistryError::InvalidWeight);
    require!((1..=MAX_RATED_POWER_WATTS).contains(&rated_power_watts), RegistryError::InvalidRatedPower);
    Ok(())
}

impl UpdateClass {
    fn validate(&self) -> Result<()> {
        self.network.invariant()?;
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        require!(self.class.network == *self.network.address(), RegistryError::WrongNetwork);
        Ok(())
    }

    #[inline(always)]
    pub fn update_class(&mut self, args: UpdateClassArgs) -> Result<()> {
        self.validate()?;
        let class_address = *self.class.address();
        let class: &mut DeviceClass = &mut self.class;
        let changes = args.maker.is_some_and(|maker| maker != class.maker)
            || args.rated_power_watts.is_some_and(|watts| watts != class.rated_power_watts)
            || args.bond.is_some_and(|bond| bond != class.bond)
            || args.weight.is_some_and(|weight| weight != class.weight)
            || args.active.is_some_and(|active| u8::from(active) != class.active);
        require!(changes, RegistryError::NothingToChange);
        class.maker = args.maker.unwrap_or(class.maker);
        class.rated_power_watts = args.rated_power_watts.unwrap_or(class.rated_power_watts);
        class.bond = args.bond.unwrap_or(class.bond);
        class.weight = args.weight.unwrap_or(class.weight);
        class.active = args.active.map_or(class.active, u8::from);
        require_sound_figures(class.weight, class.rated_power_watts)?;
        class.invariant()?;
        emit!(ClassUpdated {
            network: class.network,
            class: class_address,
            maker: class.maker,
            rated_power_watts: class.rated_power_watts,
            bond: class.bond,
            weight: class.weight,
            active: class.active != 0,
        });
        Ok(())
    }
}
