use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::RegistryError, event::AuthorityProposed, state::Network};

#[derive(Accounts)]
pub struct ProposeAuthority {
    pub authority: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
}

impl ProposeAuthority {
    #[inline(always)]
    pub fn propose_authority(&mut self, new_authority: Address) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        require!(new_authority != Address::default(), RegistryError::ZeroAddress);
        let address = *self.network.address();
        self.network.pending_authority = new_authority;
        self.network.invariant()?;
        emit!(AuthorityProposed { network: address, authority: *self.authority.address(), proposed: new_authority });
        Ok(())
    }
}
