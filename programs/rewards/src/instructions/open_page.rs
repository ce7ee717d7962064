use alloc::boxed::Box;

use anchor_lang::prelude::*;
use trellis_core::pda;
use trellis_cpi::record;

use crate::{
    constants::ACCOUNT_VERSION,
    error::RewardsError,
    event::PageOpened,
    state::{ClaimPage, Vault},
};

#[derive(Accounts)]
pub struct OpenPage {
    #[account(mut)]
    pub payer: Signer,
    pub vault: Box<Account<Vault>>,
    #[account(mut)]
    pub claim_page: UncheckedAccount,
    pub system_program: Program<System>,
}

impl OpenPage {
    #[inline(always)]
    pub fn open_page(&mut self, page: u32) -> Result<()> {
        self.vault.invariant()?;
        require!(page <= pda::LAST_CLAIM_PAGE, RewardsError::NoSuchPage);
        let vault = *self.vault.address();
        let seeds = [pda::CLAIM_PAGE, vault.as_ref(), bytemuck::bytes_of(&page)];
        let (mut claim_page, bump) = record::create::<ClaimPage>(&self.payer, &self.claim_page, &seeds)?;
        let claim_page: &mut ClaimPage = &mut claim_page;
        claim_page.vault = vault;
        claim_page.page = page;
        claim_page.version = ACCOUNT_VERSION;
        claim_page.bump = bump;
        claim_page.invariant()?;
        emit!(PageOpened { vault, page });
        Ok(())
    }
}
