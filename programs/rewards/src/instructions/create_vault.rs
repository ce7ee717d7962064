use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{self, TokenAccount},
};
use trellis_core::pda;
use trellis_registry_interface::state::Network;

use crate::{constants::*, error::RewardsError, event::VaultCreated, state::Vault};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateVaultArgs {
    /// Most that one epoch's root may add.
    pub epoch_cap: u64,
    /// From a root's approval to its finalization.
    pub challenge_seconds: u32,
}

#[derive(Accounts)]
pub struct CreateVault {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Account<Network>,
    pub mint: Account<Mint>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Vault>(),
        seeds = [pda::VAULT, network.address().as_ref(), mint.address().as_ref()],
        bump
    )]
    pub vault: Account<Vault>,
    #[account(
        init,
        payer = payer,
        seeds = [pda::VAULT_TOKENS, vault.address().as_ref()],
        bump,
        token::mint = mint,
        token::authority = vault
    )]
    pub vault_tokens: Account<TokenAccount>,
    pub token_program: Program<Token>,
    pub system_program: Program<System>,
}

impl CreateVaultArgs {
    fn validate(&self) -> Result<()> {
        require!(
            (MIN_CHALLENGE_SECONDS..=MAX_CHALLENGE_SECONDS).contains(&self.challenge_seconds),
            RewardsError::InvalidChallengeWindow
        );
        require!(self.epoch_cap > 0, RewardsError::ZeroEpochCap);
        Ok(())
    }
}

impl CreateVault {
    #[inline(always)]
    pub fn create_vault(&mut self, args: CreateVaultArgs, bumps: &CreateVaultBumps) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), RewardsError::NotAuthority);
        args.validate()?;
        let (network, mint) = (*self.network.address(), *self.mint.address());
        let (address, token_account) = (*self.vault.address(), *self.vault_tokens.address());
        let vault = &mut self.vault;
        vault.network = network;
        vault.mint = mint;
        vault.token_account = token_account;
        vault.guardian = self.network.guardian;
        vault.epoch_cap = args.epoch_cap;
        vault.genesis_unix = self.network.genesis_unix;
        vault.epoch_seconds = self.network.epoch_seconds;
        vault.challenge_seconds = args.challenge_seconds;
        vault.version = ACCOUNT_VERSION;
        vault.bump = bumps.vault;
        vault.token_account_bump = bumps.vault_tokens;
        vault.invariant()?;
        emit!(VaultCreated { network, vault: address, mint, token_account });
        Ok(())
    }
}
