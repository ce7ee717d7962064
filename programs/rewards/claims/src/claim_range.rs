use alloc::{boxed::Box, vec::Vec};

use anchor_lang::prelude::*;
use trellis_core::{Amount, Epoch, Hash, leaf::RewardLeaf, merkle, pda};

use crate::source::{Books, require_not_paused, require_source, with_seeds};
use crate::{
    error::RewardsError,
    event::RangeClaimed,
    spl,
    state::{ClaimPage, Vault},
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct ClaimRangeArgs {
    /// One of the last four epochs whose roots are final.
    pub epoch: u64,
    /// The run's first operator. The whole run lies on one claim page.
    pub first_index: u32,
    /// The leaves' figures, one for each operator of the run.
    pub cumulatives: Vec<u64>,
    /// See [`trellis_core::merkle::verify_range`].
    pub proof: Vec<[u8; 32]>,
}

/// Behind these stand the receiving accounts, one for each leaf in their order: any token account of its payout wallet.
#[derive(Accounts)]
pub struct ClaimRange {
    #[account(mut)]
    pub vault: UncheckedAccount,
    #[account(mut)]
    pub claim_page: Box<Account<ClaimPage>>,
    /// Checked against the vault; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub vault_tokens: UncheckedAccount,
    /// The one of the vault's mint.
    pub token_program: UncheckedAccount,
}

impl ClaimRange {
    #[inline(never)]
    pub fn claim_range(&mut self, args: ClaimRangeArgs, receivers: &[AccountView]) -> Result<()> {
        let mut books = Books::open(&self.vault, &mut self.claim_page)?;
        require_source(&books.vault, &self.vault_tokens, &self.token_program)?;
        let position = validate(&books, &args, receivers)?;
        let amounts = count(&mut books, position, &args.cumulatives)?;
        let vault = &books.vault;
        let payments = receivers.iter().zip(amounts.iter().copied()).filter(|(_, amount)| *amount > 0);
        let from = self.vault_tokens.account();
        with_seeds(vault, |seeds| spl::transfer_all(&vault.token_program, from, payments, vault.account(), seeds));
        emit!(RangeClaimed { vault: *vault.address(), epoch: args.epoch, first_index: args.first_index, amounts });
        Ok(())
    }
}

/// Checks all but where the tokens come from; returns the counter's place of the first leaf.
fn validate(books: &Books, args: &ClaimRangeArgs, receivers: &[AccountView]) -> Result<usize> {
    require_not_paused(&books.vault)?;
    let count = args.cumulatives.len();
    require!(count > 0 && receivers.len() == count, RewardsError::WrongLeafCount);
    let (page, position) = pda::claim_slot(args.first_index);
    require!(books.page.page == page, RewardsError::WrongPage);
    require!(position + count <= pda::OPERATORS_PER_PAGE as usize, RewardsError::WrongPage);
    require_proven(&books.vault, args, receivers)?;
    Ok(position)
}

#[inline(never)]
fn require_proven(vault: &Account<Vault>, args: &ClaimRangeArgs, receivers: &[AccountView]) -> Result<()> {
    let root = vault.kept_root(Epoch(args.epoch)).ok_or(RewardsError::RootNotKept)?;
    let mut leaves: Vec<Hash> = Vec::with_capacity(receivers.len());
    // The run lies on one page: no index overflows.
    for ((receiver, cumulative), operator_index) in receivers.iter().zip(&args.cumulatives).zip(args.first_index..) {
        let leaf = RewardLeaf {
            vault: vault.address().to_bytes(),
            operator_index,
            payout_wallet: spl::receiver(receiver, &vault.token_program, &vault.mint)?.to_bytes(),
            cumulative: Amount(*cumulative),
        };
        leaves.push(leaf.hash());
    }
    let first = u64::from(args.first_index);
    let proven = merkle::verify_range(&root.root, root.leaf_count, first, &mut leaves, &args.proof);
    require!(proven, RewardsError::InvalidProof);
    Ok(())
}

/// Raises the counters; what each leaf is to be paid, 0 where nothing is left to claim.
fn count(books: &mut Books, position: usize, cumulatives: &[u64]) -> Result<Vec<u64>> {
    let mut amounts = Vec::with_capacity(cumulatives.len());
    let mut total = 0u64;
    for (counter, cumulative) in books.page.claimed[position..].iter_mut().zip(cumulatives) {
        let amount = cumulative.saturating_sub(*counter);
        *counter += amount;
        total = total.checked_add(amount).ok_or(RewardsError::Overflow)?;
        amounts.push(amount);
    }
    require!(total > 0, RewardsError::NothingToClaim);
    books.count(total)?;
    Ok(amounts)
}
