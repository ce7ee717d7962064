use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{
    error::RegistryError,
    event::{NetworkUpdated, RegistrationsPaused},
    state::Network,
};

/// What is `None` stays as it is.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Default)]
pub struct UpdateNetworkArgs {
    /// Reward vaults keep the guardian that they were made with.
    pub guardian: Option<Address>,
    pub policy_hash: Option<[u8; 32]>,
    /// The reward vault of this network whose oracles may suspend devices; all zero: none.
    pub suspension_vault: Option<Address>,
}

/// Accounts of `update_network` and `set_paused`.
#[derive(Accounts)]
pub struct UpdateNetwork {
    pub authority: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
}

impl UpdateNetwork {
    #[inline(always)]
    pub fn update_network(&mut self, args: UpdateNetworkArgs) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        let changes = args.guardian.is_some() || args.policy_hash.is_some() || args.suspension_vault.is_some();
        require!(changes, RegistryError::NothingToChange);
        let address = *self.network.address();
        let network: &mut Network = &mut self.network;
        network.guardian = args.guardian.unwrap_or(network.guardian);
        network.policy_hash = args.policy_hash.unwrap_or(network.policy_hash);
        network.suspension_vault = args.suspension_vault.unwrap_or(network.suspension_vault);
        network.invariant()?;
        emit!(NetworkUpdated {
            network: address,
            guardian: network.guardian,
            policy_hash: network.policy_hash,
            suspension_vault: network.suspension_vault,
        });
        Ok(())
    }

    #[inline(always)]
    pub fn set_paused(&mut self, paused: bool) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        require!(self.network.paused != u8::from(paused), RegistryError::NothingToChange);
        let address = *self.network.address();
        self.network.paused = u8::from(paused);
        self.network.invariant()?;
        emit!(RegistrationsPaused { network: address, paused });
        Ok(())
    }
}
