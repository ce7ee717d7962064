use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{Amount, Epoch, pda};
use trellis_cpi::record;

use crate::{
    constants::ACCOUNT_VERSION,
    error::RewardsError,
    event::RootProposed,
    state::{RootProposal, Vault},
};

/// See [`trellis_core::root_content::RootContent`].
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct ProposeRootArgs {
    pub epoch: u64,
    pub root: [u8; 32],
    pub devices_root: [u8; 32],
    pub bundle_hash: [u8; 32],
    pub leaf_count: u32,
    pub cumulative_total: u64,
}

#[derive(Accounts)]
pub struct ProposeRoot {
    #[account(mut)]
    pub proposer: Signer,
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub proposal: UncheckedAccount,
    pub system_program: Program<System>,
}

impl ProposeRoot {
    /// Checks everything; the proposer's place in the oracle set.
    fn validate(&self, args: &ProposeRootArgs, epoch: Epoch, now_unix: i64) -> Result<u8> {
        self.vault.invariant()?;
        let position = self.vault.oracle_position(self.proposer.address()).ok_or(RewardsError::NotOracle)?;
        self.vault.require_next_epoch(epoch)?;
        require!(self.vault.calendar().has_elapsed(epoch, now_unix), RewardsError::EpochNotElapsed);
        self.vault.promise(args.leaf_count, Amount(args.cumulative_total))?;
        // Less than 32.
        Ok(position as u8)
    }

    #[inline(always)]
    pub fn propose_root(&mut self, args: ProposeRootArgs) -> Result<()> {
        let epoch = Epoch(args.epoch);
        let proposer_position = self.validate(&args, epoch, Clock::get()?.unix_timestamp)?;
        let (vault, proposer) = (*self.vault.address(), *self.proposer.address());
        let address = *self.proposal.address();
        let seeds = [pda::PROPOSAL, vault.as_ref(), bytemuck::bytes_of(&args.epoch), proposer.as_ref()];
        let (mut proposal, bump) = record::create::<RootProposal>(&self.proposer, &self.proposal, &seeds)?;
        let proposal: &mut RootProposal = &mut proposal;
        proposal.vault = vault;
        proposal.proposer = proposer;
        proposal.root = args.root;
        proposal.devices_root = args.devices_root;
        proposal.bundle_hash = args.bundle_hash;
        proposal.epoch = epoch.get();
        proposal.cumulative_total = args.cumulative_total;
        proposal.leaf_count = args.leaf_count;
        proposal.set_version = self.vault.set_version;
        proposal.version = ACCOUNT_VERSION;
        proposal.bump = bump;
        proposal.proposer_position = proposer_position;
        proposal.invariant()?;
        emit!(RootProposed {
            vault,
            proposal: address,
            proposer,
            epoch: epoch.get(),
            root: args.root,
            bundle_hash: args.bundle_hash,
            cumulative_total: args.cumulative_total,
        });
        Ok(())
    }
}
