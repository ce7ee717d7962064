use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::{Amount, breaker::Breaker};

use crate::{
    constants::KEPT_ROOTS,
    error::RewardsError,
    event::RootFinalized,
    spl,
    state::{FinalRoot, RootProposal, Vault},
};

#[derive(Accounts)]
pub struct FinalizeRoot {
    #[account(mut)]
    pub vault: Box<Account<Vault>>,
    pub proposal: Box<Account<RootProposal>>,
    /// Checked against the vault.
    pub vault_tokens: UncheckedAccount,
}

impl FinalizeRoot {
    /// Checks everything; the circuit breaker after what the root takes from it.
    fn validate(&self, now_unix: i64) -> Result<Breaker> {
        let (vault, proposal) = (&self.vault, &self.proposal);
        proposal.invariant()?;
        require!(vault.token_account == *self.vault_tokens.address(), RewardsError::WrongVaultTokens);
        require!(!vault.is_paused(now_unix), RewardsError::Paused);
        proposal.require_alive(vault, vault.address())?;
        require!(proposal.is_approved(), RewardsError::NotApproved);
        require!(now_unix >= proposal.challenge_end_unix, RewardsError::ChallengeOpen);
        let promised = Amount(proposal.cumulative_total);
        let added = vault.promise(proposal.leaf_count, promised)?;
        let balance = spl::balance(self.vault_tokens.account())?;
        let funded = vault.funded(balance).ok_or(RewardsError::Overflow)?;
        require!(promised <= funded, RewardsError::NotFunded);
        Ok(vault.breaker().take(added, now_unix).ok_or(RewardsError::BreakerOpen)?)
    }

    #[inline(always)]
    pub fn finalize_root(&mut self) -> Result<()> {
        let breaker = self.validate(Clock::get()?.unix_timestamp)?;
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
        vault.set_breaker(breaker);
        vault.clear_votes();
        // A pause is over by now: claims need not read the clock for it any more.
        vault.paused_until_unix = 0;
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
