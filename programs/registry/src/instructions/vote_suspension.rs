use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_rewards_interface::state::Vault;

use crate::{
    accusing, clock,
    error::RegistryError,
    event::SuspensionVoted,
    state::{Device, Network, SuspensionCase},
};

#[derive(Accounts)]
pub struct VoteSuspension {
    pub oracle: Signer,
    pub network: Box<Account<Network>>,
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
    #[account(mut)]
    pub case: Box<Account<SuspensionCase>>,
}

impl VoteSuspension {
    #[inline(always)]
    pub fn vote_suspension(&mut self) -> Result<()> {
        let vote = accusing::vote_of(&self.oracle, &self.network, &self.vault)?;
        let case_address = *self.case.address();
        let case: &mut SuspensionCase = &mut self.case;
        require!(case.network == *self.network.address(), RegistryError::WrongNetwork);
        case.require_alive(&self.network, &self.vault, clock::now_unix()?)?;
        let (weight_for, suspended) = accusing::count(case, &mut self.device, &self.vault, vote)?;
        emit!(SuspensionVoted { case: case_address, oracle: *self.oracle.address(), weight_for, suspended });
        Ok(())
    }
}
