use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    constants::{MAX_RATED_POWER_WATTS, MAX_WEIGHT},
    error::RegistryError,
    event::{ClassActivitySet, ClassUpdated},
    state::{DeviceClass, Network},
};

/// All that may change of a class. Weight and rated power count for its devices at once, the bond for new ones only.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct UpdateClassArgs {
    /// Must sign registrations and key recoveries; all zero if no maker is asked for.
    pub maker: Address,
    pub rated_power_watts: u64,
    /// In the mint's smallest unit.
    pub bond: u64,
    /// Points for a unit of verified work.
    pub weight: u32,
}

/// Accounts of `update_class` and `set_class_active`.
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
        require_sound_figures(args.weight, args.rated_power_watts)?;
        let class_address = *self.class.address();
        let class: &mut DeviceClass = &mut self.class;
        class.maker = args.maker;
        class.rated_power_watts = args.rated_power_watts;
        class.bond = args.bond;
        class.weight = args.weight;
        class.invariant()?;
        emit!(ClassUpdated {
            network: class.network,
            class: class_address,
            maker: args.maker,
            rated_power_watts: args.rated_power_watts,
            bond: args.bond,
            weight: args.weight,
        });
        Ok(())
    }

    #[inline(always)]
    pub fn set_class_active(&mut self, active: bool) -> Result<()> {
        self.validate()?;
        require!(self.class.active != u8::from(active), RegistryError::NothingToChange);
        let class_address = *self.class.address();
        self.class.active = u8::from(active);
        self.class.invariant()?;
        emit!(ClassActivitySet { network: self.class.network, class: class_address, active });
        Ok(())
    }
}
