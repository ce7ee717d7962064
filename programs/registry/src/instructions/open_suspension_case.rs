use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_cpi::record;
use trellis_rewards_interface::state::Vault;

use super::SuspendDeviceArgs;
use crate::{
    accusing, clock,
    constants::ACCOUNT_VERSION,
    error::RegistryError,
    event::SuspensionCaseOpened,
    state::{Device, Network, SuspensionCase},
};

#[derive(Accounts)]
pub struct OpenSuspensionCase {
    /// One of the vault's oracles. Pays the rent, and has it back when the case is closed.
    #[account(mut)]
    pub oracle: Signer,
    pub network: Box<Account<Network>>,
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
    #[account(mut)]
    pub case: UncheckedAccount,
    pub system_program: Program<System>,
}

impl OpenSuspensionCase {
    #[inline(always)]
    pub fn open_suspension_case(&mut self, args: SuspendDeviceArgs) -> Result<()> {
        require!(args.reason_code != 0, RegistryError::MissingReason);
        let vote = accusing::vote_of(&self.oracle, &self.network, &self.vault)?;
        let (case_address, device_address) = (*self.case.address(), *self.device.address());
        let seeds = [
            pda::SUSPENSION_CASE,
            self.network.address().as_ref(),
            bytemuck::bytes_of(&self.device.index),
            args.evidence_hash.as_ref(),
            bytemuck::bytes_of(&args.reason_code),
        ];
        let (mut case, bump) = record::create::<SuspensionCase>(&self.oracle, &self.case, &seeds)?;
        let case: &mut SuspensionCase = &mut case;
        case.network = *self.network.address();
        case.vault = *self.vault.address();
        case.opener = *self.oracle.address();
        case.evidence_hash = args.evidence_hash;
        case.opened_unix = clock::now_unix()?;
        case.device_index = self.device.index;
        case.set_version = self.vault.set_version;
        case.reason_code = args.reason_code;
        case.version = ACCOUNT_VERSION;
        case.bump = bump;
        let (weight_for, suspended) = accusing::count(case, &mut self.device, &self.vault, vote)?;
        emit!(SuspensionCaseOpened {
            network: case.network,
            vault: case.vault,
            case: case_address,
            opener: case.opener,
            device: device_address,
            device_index: case.device_index,
            reason_code: case.reason_code,
            evidence_hash: case.evidence_hash,
            weight_for,
            suspended,
        });
        Ok(())
    }
}
