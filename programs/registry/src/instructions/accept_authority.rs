use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::RegistryError, event::AuthorityAccepted, state::Network};

#[derive(Accounts)]
pub struct AcceptAuthority {
    pub new_authority: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
}

impl AcceptAuthority {
    #[inline(always)]
    pub fn accept_authority(&mut self) -> Result<()> {
        let new_authority = *self.new_authority.address();
        require!(self.network.pending_authority == new_authority, RegistryError::NotPendingAuthority);
        let address = *self.network.address();
        let previous = self.network.authority;
        self.network.authority = new_authority;
        self.network.pending_authority = Address::default();
        self.network.invariant()?;
        emit!(AuthorityAccepted { network: address, previous, authority: new_authority });
        Ok(())
    }
}
