use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::RegistryError, event::NetworkUpdated, state::Network};

/// What is `None` stays as it is.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Default)]
pub struct UpdateNetworkArgs {
    /// Reward vaults keep the guardian that they were made with.
    pub guardian: Option<Address>,
    pub policy_hash: Option<[u8; 32]>,
    /// The reward vault of this network whose oracles may suspend devices; all zero: none.
    pub suspension_vault: Option<Address>,
    /// Are registrations of operators and devices stopped? Everything else goes on.
    pub paused: Option<bool>,
}

/// Accounts of `update_network` and `propose_authority`.
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
        let address = *self.network.address();
        let network: &mut Network = &mut self.network;
        let changes = args.guardian.is_some_and(|guardian| guardian != network.guardian)
            || args.policy_hash.is_some_and(|hash| hash != network.policy_hash)
            || args.suspension_vault.is_some_and(|vault| vault != network.suspension_vault)
            || args.paused.is_some_and(|paused| u8::from(paused) != network.paused);
        require!(changes, RegistryError::NothingToChange);
        network.guardian = args.guardian.unwrap_or(network.guardian);
        network.policy_hash = args.policy_hash.unwrap_or(network.policy_hash);
        network.suspension_vault = args.suspension_vault.unwrap_or(network.suspension_vault);
        network.paused = args.paused.map_or(network.paused, u8::from);
        network.invariant()?;
        emit!(NetworkUpdated {
            network: address,
            guardian: network.guardian,
            policy_hash: network.policy_hash,
            suspension_vault: network.suspension_vault,
            paused: network.paused != 0,
        });
        Ok(())
    }
}
