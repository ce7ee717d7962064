// Anchor's derive names the arguments in functions that do not use them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use anchor_spl::{
    mint,
    token_interface::{Mint, TokenInterface},
};
use trellis_core::pda;
use trellis_registry_interface::{constants::ACCOUNT_VERSION as NETWORK_VERSION, state::Network};

use crate::{constants::MAX_DECIMALS, error::TokenError, event::MintCreated};

#[derive(Accounts)]
#[instruction(decimals: u8)]
pub struct CreateMint {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Account<Network>,
    /// Signs for minting; holds nothing.
    #[account(seeds = [pda::MINT_AUTHORITY, network.address().as_ref()], bump)]
    pub mint_authority: UncheckedAccount,
    /// Without freeze authority, and for Token-2022 without extensions.
    #[account(
        init,
        payer = payer,
        seeds = [pda::MINT, network.address().as_ref()],
        bump,
        mint::decimals = decimals,
        mint::authority = mint_authority,
        mint::token_program = token_program
    )]
    pub mint: InterfaceAccount<Mint>,
    /// SPL Token or Token-2022.
    pub token_program: Interface<'static, TokenInterface>,
    pub system_program: Program<System>,
}

impl CreateMint {
    #[inline(always)]
    pub fn create_mint(&mut self, decimals: u8) -> Result<()> {
        require!(self.network.version == NETWORK_VERSION, TokenError::UnknownVersion);
        require!(self.network.authority == *self.authority.address(), TokenError::NotAuthority);
        require!(decimals <= MAX_DECIMALS, TokenError::TooManyDecimals);
        emit!(MintCreated {
            network: *self.network.address(),
            mint: *self.mint.address(),
            token_program: *self.token_program.address(),
            decimals,
        });
        Ok(())
    }
}
