use anchor_lang::prelude::*;
use anchor_spl::token::{Token, TokenAccount, TokenCpiExt};

use crate::{CO_OWNED, CoOwned, CoOwnedError};

#[derive(Accounts)]
pub struct Share {
    #[account(seeds = [CO_OWNED, co_owned.operator.as_ref()], bump = co_owned.bump)]
    pub co_owned: Account<CoOwned>,
    /// A token account of `co_owned`.
    #[account(mut)]
    pub tokens: Account<TokenAccount>,
    #[account(mut)]
    pub host_tokens: Account<TokenAccount>,
    #[account(mut)]
    pub investor_tokens: Account<TokenAccount>,
    pub token_program: Program<Token>,
}

impl Share {
    pub fn share(&mut self) -> Result<()> {
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

/// The accounts that sharing out takes, of whichever instruction does it.
pub(crate) struct Parties<'a> {
    pub co_owned: &'a Account<CoOwned>,
    pub tokens: &'a mut Account<TokenAccount>,
    pub host_tokens: &'a mut Account<TokenAccount>,
    pub investor_tokens: &'a mut Account<TokenAccount>,
    pub token_program: &'a Program<Token>,
}

impl Parties<'_> {
    /// Pays both owners all that is there. Accounts of another mint are refused by the token program.
    pub fn share_out(self) -> Result<()> {
        let Self { co_owned, tokens, host_tokens, investor_tokens, token_program } = self;
        let owners = [
            (tokens.owner(), co_owned.address()),
            (host_tokens.owner(), &co_owned.host),
            (investor_tokens.owner(), &co_owned.investor),
        ];
        require!(owners.iter().all(|(owner, wanted)| owner == wanted), CoOwnedError::WrongOwner);
        let amount = tokens.amount();
        require!(amount > 0, CoOwnedError::NothingToShare);
        let (investor, host) = co_owned.parts(amount);
        let seeds: &[&[u8]] = &[CO_OWNED, co_owned.operator.as_ref(), &[co_owned.bump]];
        token_program.transfer(tokens, investor_tokens, co_owned, &[seeds], investor)?;
        token_program.transfer(tokens, host_tokens, co_owned, &[seeds], host)?;
        Ok(())
    }
}
