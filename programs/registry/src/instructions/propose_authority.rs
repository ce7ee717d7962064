use anchor_lang::prelude::*;

use super::UpdateNetwork;
use crate::{error::RegistryError, event::AuthorityProposed, state::Network};

impl UpdateNetwork {
    #[inline(always)]
    pub fn propose_authority(&mut self, new_authority: Option<Address>) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        let address = *self.network.address();
        let network: &mut Network = &mut self.network;
        require!(new_authority != Some(Address::default()), RegistryError::ZeroAddress);
        let is_pending = network.pending_authority != Address::default();
        require!(new_authority.is_some() || is_pending, RegistryError::NoPendingAuthority);
        network.pending_authority = new_authority.unwrap_or_default();
        network.invariant()?;
        emit!(AuthorityProposed {
            network: address,
            authority: network.authority,
            proposed: network.pending_authority,
        });
        Ok(())
    }
}
