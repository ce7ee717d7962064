use alloc::boxed::Box;

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use trellis_core::{Amount, breaker::Breaker, pda};
use trellis_cpi::{Place, record, token};
use trellis_registry_interface::state::Network;

use super::authority::require_authority;
use crate::{ID, constants::*, event::VaultCreated, spl, state::Vault};

#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateVaultArgs {
    /// Tells a network's vaults for one mint apart; 0 pays for device work.
    pub pool: u16,
    /// Most that one epoch's root may add.
    pub epoch_cap: u64,
    /// From a root's approval to its finalization.
    pub challenge_seconds: u32,
    /// Most that roots may add at once; at least `epoch_cap`. See [`trellis_core::breaker`].
    pub breaker_capacity: u64,
    /// In which roots may add as much again.
    pub breaker_window_seconds: u32,
}

#[derive(Accounts)]
pub struct CreateVault {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Box<Account<Network>>,
    /// Of SPL Token or Token-2022. One with a freeze authority is taken: whoever holds that can hold up payments to an
    /// account, or all of them.
    pub mint: UncheckedAccount,
    #[account(mut)]
    pub vault: UncheckedAccount,
    /// Made here: an account of the token program that this vault owns.
    #[account(mut)]
    pub vault_tokens: UncheckedAccount,
    /// The mint's.
    pub token_program: Interface<'static, TokenInterface>,
    pub system_program: Program<System>,
}

impl CreateVault {
    #[inline(always)]
    pub fn create_vault(&mut self, args: CreateVaultArgs) -> Result<()> {
        require_authority(&self.network, &self.authority)?;
        spl::require_supported(self.mint.account(), self.token_program.address())?;
        let (network, mint) = (*self.network.address(), *self.mint.address());
        let (address, token_account) = (*self.vault.address(), *self.vault_tokens.address());
        let now_unix = Clock::get()?.unix_timestamp;
        let seeds = [pda::VAULT, network.as_ref(), mint.as_ref(), bytemuck::bytes_of(&args.pool)];
        let (mut vault, bump) = record::create::<Vault>(&self.payer, &self.vault, &seeds)?;
        let vault: &mut Vault = &mut vault;
        vault.network = network;
        vault.mint = mint;
        vault.token_program = *self.token_program.address();
        vault.token_account = token_account;
        vault.guardian = self.network.guardian;
        vault.last_epoch = NO_LAST_EPOCH;
        vault.epoch_cap = args.epoch_cap;
        vault.set_breaker(Breaker::full(Amount(args.breaker_capacity), args.breaker_window_seconds, now_unix));
        vault.genesis_unix = self.network.genesis_unix;
        vault.epoch_seconds = self.network.epoch_seconds;
        vault.challenge_seconds = args.challenge_seconds;
        vault.pool = args.pool;
        vault.version = ACCOUNT_VERSION;
        vault.bump = bump;
        vault.token_account_bump = self.create_tokens(&address)?;
        vault.require_settings()?;
        vault.invariant()?;
        emit!(VaultCreated { network, vault: address, mint, token_account, pool: args.pool });
        Ok(())
    }

    /// The account's bump.
    fn create_tokens(&self, vault: &Address) -> Result<u8> {
        let (payer, account) = (self.payer.account(), self.vault_tokens.account());
        let place = Place { payer, account, program: &ID, seeds: &[pda::VAULT_TOKENS, vault.as_ref()] };
        token::create_account(&place, self.mint.account(), vault, self.token_program.address())
    }
}
