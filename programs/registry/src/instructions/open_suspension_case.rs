// Anchor's derive names the arguments in functions that do not use them.
#![allow(unused_variables)]

use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_rewards_interface::state::Vault;

use super::SuspendDeviceArgs;
use crate::{
    accusing,
    constants::ACCOUNT_VERSION,
    error::RegistryError,
    event::SuspensionCaseOpened,
    state::{Device, Network, SuspensionCase},
};

#[derive(Accounts)]
#[instruction(args: SuspendDeviceArgs)]
pub struct OpenSuspensionCase {
    /// One of the vault's oracles. Pays the rent, and has it back when the case is closed.
    #[account(mut)]
    pub oracle: Signer,
    pub network: Box<Account<Network>>,
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub device: Box<Account<Device>>,
    #[account(
        init,
        payer = oracle,
        space = 8 + core::mem::size_of::<SuspensionCase>(),
        seeds = [
            pda::SUSPENSION_CASE,
            network.address().as_ref(),
            bytemuck::bytes_of(&device.index),
            args.evidence_hash.as_ref(),
            bytemuck::bytes_of(&args.reason_code)
        ],
        bump
    )]
    pub case: Box<Account<SuspensionCase>>,
    pub system_program: Program<System>,
}

impl OpenSuspensionCase {
    #[inline(always)]
    pub fn open_suspension_case(&mut self, args: SuspendDeviceArgs, bumps: &OpenSuspensionCaseBumps) -> Result<()> {
        require!(args.reason_code != 0, RegistryError::MissingReason);
        let vote = accusing::vote_of(&self.oracle, &self.network, &self.vault)?;
        let (case_address, device_address) = (*self.case.address(), *self.device.address());
        let case: &mut SuspensionCase = &mut self.case;
        case.network = *self.network.address();
        case.vault = *self.vault.address();
        case.opener = *self.oracle.address();
        case.evidence_hash = args.evidence_hash;
        case.opened_unix = Clock::get()?.unix_timestamp;
        case.device_index = self.device.index;
        case.set_version = self.vault.set_version;
        case.reason_code = args.reason_code;
        case.version = ACCOUNT_VERSION;
        case.bump = bumps.case;
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
