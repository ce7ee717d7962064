use anchor_lang::prelude::*;
use anchor_spl::token::{Token, TokenAccount};
use trellis_rewards::{ClaimArgs, cpi};

use crate::{CO_OWNED, CoOwned, share::Parties};

#[derive(Accounts)]
pub struct Collect {
    #[account(seeds = [CO_OWNED, co_owned.operator.as_ref()], bump = co_owned.bump)]
    pub co_owned: Account<CoOwned>,
    #[account(mut)]
    pub tokens: Account<TokenAccount>,
    #[account(mut)]
    pub host_tokens: Account<TokenAccount>,
    #[account(mut)]
    pub investor_tokens: Account<TokenAccount>,
    /// These three are for Trellis to check.
    #[account(mut)]
    pub vault: UncheckedAccount,
    #[account(mut)]
    pub claim_page: UncheckedAccount,
    #[account(mut)]
    pub vault_tokens: UncheckedAccount,
    pub token_program: Program<Token>,
    /// Trellis's rewards program, and no other: the address is checked.
    #[account(address = trellis_rewards::ID)]
    pub rewards_program: UncheckedAccount,
}

impl Collect {
    pub fn collect(&mut self, claim: ClaimArgs) -> Result<()> {
        let accounts = cpi::accounts::Claim {
            vault: self.vault.cpi_handle_mut(),
            claim_page: self.claim_page.cpi_handle_mut(),
            vault_tokens: self.vault_tokens.cpi_handle_mut(),
            payout_tokens: self.tokens.cpi_handle_mut(),
            token_program: self.token_program.cpi_handle(),
        };
        // Trellis checks the proof, and that `tokens` is of the wallet in the leaf. If it refuses, all of this fails.
        cpi::claim(CpiContext::new(self.rewards_program.address(), accounts), claim)?;
        let parties = Parties {
            co_owned: &self.co_owned,
            tokens: &mut self.tokens,
            host_tokens: &mut self.host_tokens,
            investor_tokens: &mut self.investor_tokens,
            token_program: &self.token_program,
        };
        parties.share_out()
    }
}
