// Anchor's derive names the arguments in functions that do not use them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use trellis_core::pda;

use crate::{
    constants::ACCOUNT_VERSION,
    error::RewardsError,
    event::PageOpened,
    state::{ClaimPage, Vault},
};

#[derive(Accounts)]
#[instruction(page: u32)]
pub struct OpenPage {
    #[account(mut)]
    pub payer: Signer,
    pub vault: Account<Vault>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<ClaimPage>(),
        seeds = [pda::CLAIM_PAGE, vault.address().as_ref(), bytemuck::bytes_of(&page)],
        bump
    )]
    pub claim_page: Account<ClaimPage>,
    pub system_program: Program<System>,
}

impl OpenPage {
    #[inline(always)]
    pub fn open_page(&mut self, page: u32, bumps: &OpenPageBumps) -> Result<()> {
        self.vault.invariant()?;
        require!(page <= pda::LAST_CLAIM_PAGE, RewardsError::NoSuchPage);
        let vault = *self.vault.address();
        let claim_page: &mut ClaimPage = &mut self.claim_page;
        claim_page.vault = vault;
        claim_page.page = page;
        claim_page.version = ACCOUNT_VERSION;
        claim_page.bump = bumps.claim_page;
        claim_page.invariant()?;
        emit!(PageOpened { vault, page });
        Ok(())
    }
}
