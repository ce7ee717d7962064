use anchor_lang::prelude::*;
use trellis_core::{Amount, Epoch, leaf::RewardLeaf, merkle, pda};
use trellis_cpi::token;

use crate::{
    error::RewardsError,
    event::Claimed,
    source::{Books, load, require_not_paused, require_source, with_seeds},
    spl,
    state::ClaimPage,
};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct ClaimArgs {
    /// One of the last four epochs whose roots are final.
    pub epoch: u64,
    pub operator_index: u32,
    /// The leaf's figure: all that the operator has ever earned.
    pub cumulative: u64,
    /// From the leaf's sibling upwards.
    pub proof: alloc::vec::Vec<[u8; 32]>,
}

#[derive(Accounts)]
pub struct Claim {
    #[account(mut)]
    pub vault: UncheckedAccount,
    #[account(mut)]
    pub claim_page: UncheckedAccount,
    /// Checked against the vault; left unloaded so that the token program can borrow it.
    #[account(mut)]
    pub vault_tokens: UncheckedAccount,
    /// Any token account of the leaf's payout wallet; its owner is taken as that wallet, so a wrong one fails the proof.
    #[account(mut)]
    pub payout_tokens: UncheckedAccount,
    /// The one of the vault's mint.
    pub token_program: UncheckedAccount,
}

impl Claim {
    /// Checks everything and returns the wallet to pay.
    #[inline(always)]
    fn validate(&self, books: &Books, args: &ClaimArgs) -> Result<Address> {
        let vault = &books.vault;
        require_source(vault, &self.vault_tokens, &self.token_program)?;
        require_not_paused(vault)?;
        let (page, _) = pda::claim_slot(args.operator_index);
        require!(books.page.page == page, RewardsError::WrongPage);
        let payout_wallet = spl::receiver(self.payout_tokens.account(), &vault.token_program, &vault.mint)?;
        let root = vault.kept_root(Epoch(args.epoch)).ok_or(RewardsError::RootNotKept)?;
        let leaf = RewardLeaf {
            vault: vault.address().to_bytes(),
            operator_index: args.operator_index,
            payout_wallet: payout_wallet.to_bytes(),
            cumulative: Amount(args.cumulative),
        };
        let index = u64::from(args.operator_index);
        let proven = merkle::verify(&root.root, root.leaf_count, index, &leaf.hash(), &args.proof);
        require!(proven, RewardsError::InvalidProof);
        Ok(payout_wallet)
    }

    #[inline(never)]
    pub fn claim(&mut self, args: ClaimArgs) -> Result<()> {
        let mut page = load::<Account<ClaimPage>>(&self.claim_page)?;
        let mut books = Books::open(&self.vault, &mut page)?;
        let payout_wallet = self.validate(&books, &args)?;
        let (_, position) = pda::claim_slot(args.operator_index);
        let counter = &mut books.page.claimed[position];
        let amount = args.cumulative.saturating_sub(*counter);
        require!(amount > 0, RewardsError::NothingToClaim);
        *counter = args.cumulative;
        books.count(amount)?;
        let (from, to) = (self.vault_tokens.account(), self.payout_tokens.account());
        let vault = &books.vault;
        with_seeds(vault, |seeds| token::transfer(&vault.token_program, from, to, vault.account(), amount, seeds));
        emit!(Claimed {
            vault: *vault.address(),
            payout_wallet,
            epoch: args.epoch,
            amount,
            cumulative: args.cumulative,
            operator_index: u64::from(args.operator_index),
        });
        Ok(())
    }
}
