use anchor_lang::prelude::*;
use anchor_spl::token::TokenAccount;
use trellis_core::Amount;

use crate::{
    constants::KEPT_ROOTS,
    error::RewardsError,
    event::RootFinalized,
    state::{FinalRoot, RootProposal, Vault},
};

#[derive(Accounts)]
pub struct FinalizeRoot {
    #[account(mut)]
    pub vault: Account<Vault>,
    pub proposal: Account<RootProposal>,
    pub vault_tokens: Account<TokenAccount>,
}

impl FinalizeRoot {
    fn validate(&self, now_unix: i64) -> Result<()> {
        let (vault, proposal) = (&self.vault, &self.proposal);
        require!(vault.token_account == *self.vault_tokens.address(), RewardsError::WrongVaultTokens);
        proposal.require_alive(vault, vault.address())?;
        require!(proposal.is_approved(), RewardsError::NotApproved);
        let window_end = proposal.approved_unix.saturating_add(i64::from(vault.challenge_seconds));
        require!(now_unix >= window_end, RewardsError::ChallengeOpen);
        let promised = Amount(proposal.cumulative_total);
        vault.require_promise(proposal.leaf_count, promised)?;
        let funded = vault.funded(Amount(self.vault_tokens.amount())).ok_or(RewardsError::Overflow)?;
        require!(promised <= funded, RewardsError::NotFunded);
        Ok(())
    }

    #[inline(always)]
    pub fn finalize_root(&mut self) -> Result<()> {
        self.validate(Clock::get()?.unix_timestamp)?;
        let address = *self.vault.address();
        let (vault, proposal) = (&mut self.vault, &self.proposal);
        vault.roots[(proposal.epoch % KEPT_ROOTS as u64) as usize] = FinalRoot {
            root: proposal.root,
            devices_root: proposal.devices_root,
            bundle_hash: proposal.bundle_hash,
            epoch: proposal.epoch,
            cumulative_total: proposal.cumulative_total,
            leaf_count: u64::from(proposal.leaf_count),
        };
        vault.next_epoch = proposal.epoch.checked_add(1).ok_or(RewardsError::Overflow)?;
        vault.cumulative_total = proposal.cumulative_total;
        vault.leaf_count = proposal.leaf_count;
        vault.invariant()?;
        emit!(RootFinalized {
            vault: address,
            epoch: proposal.epoch,
            root: proposal.root,
            devices_root: proposal.devices_root,
            bundle_hash: proposal.bundle_hash,
            leaf_count: proposal.leaf_count,
            cumulative_total: proposal.cumulative_total,
        });
        Ok(())
    }
}
