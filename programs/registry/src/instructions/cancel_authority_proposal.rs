use alloc::boxed::Box;

use anchor_lang::prelude::*;

use crate::{error::RegistryError, event::AuthorityProposalCancelled, state::Network};

#[derive(Accounts)]
pub struct CancelAuthorityProposal {
    pub authority: Signer,
    #[account(mut)]
    pub network: Box<Account<Network>>,
}

impl CancelAuthorityProposal {
    #[inline(always)]
    pub fn cancel_authority_proposal(&mut self) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RegistryError::NotAuthority);
        let cancelled = self.network.pending_authority;
        require!(cancelled != Address::default(), RegistryError::NoPendingAuthority);
        let address = *self.network.address();
        self.network.pending_authority = Address::default();
        self.network.invariant()?;
        emit!(AuthorityProposalCancelled { network: address, cancelled });
        Ok(())
    }
}
