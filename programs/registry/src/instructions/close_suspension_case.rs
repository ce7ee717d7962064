use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_rewards_interface::state::Vault;

use crate::{
    clock,
    error::RegistryError,
    event::SuspensionCaseClosed,
    state::{Network, SuspensionCase},
};

#[derive(Accounts)]
pub struct CloseSuspensionCase {
    pub network: Box<Account<Network>>,
    /// The vault whose oracles voted.
    pub vault: Box<Account<Vault>>,
    /// Whoever paid the rent gets it back.
    #[account(mut)]
    pub opener: UncheckedAccount,
    #[account(mut, close = opener)]
    pub case: Box<Account<SuspensionCase>>,
}

impl CloseSuspensionCase {
    #[inline(always)]
    pub fn close_suspension_case(&mut self) -> Result<()> {
        let case = &self.case;
        self.network.invariant()?;
        self.vault.invariant()?;
        case.invariant()?;
        require!(case.network == *self.network.address(), RegistryError::WrongNetwork);
        require!(case.vault == *self.vault.address(), RegistryError::WrongSuspensionVault);
        require!(case.opener == *self.opener.address(), RegistryError::WrongRentPayer);
        let alive = case.require_alive(&self.network, &self.vault, clock::now_unix()?);
        require!(alive.is_err(), RegistryError::CaseAlive);
        emit!(SuspensionCaseClosed { case: *case.address(), opener: case.opener });
        Ok(())
    }
}
