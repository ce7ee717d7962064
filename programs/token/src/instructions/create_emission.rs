use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};
use trellis_core::pda;
use trellis_registry_interface::state::Network;

use crate::{constants::ACCOUNT_VERSION, error::TokenError, event::EmissionCreated, state::Emission};

/// See [`trellis_core::emission::Schedule`].
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone)]
pub struct CreateEmissionArgs {
    pub first_amount: u64,
    pub tail_amount: u64,
    pub cap: u64,
    pub decay_every_epochs: u32,
    pub decay_bps: u16,
}

#[derive(Accounts)]
pub struct CreateEmission {
    /// May be one of the other signers too.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    pub network: Account<Network>,
    #[account(seeds = [pda::MINT, network.address().as_ref()], bump)]
    pub mint: Account<Mint>,
    #[account(seeds = [pda::MINT_AUTHORITY, network.address().as_ref()], bump)]
    pub mint_authority: UncheckedAccount,
    /// Where every epoch's emission goes: the reward vault's token account.
    pub reward_account: Account<TokenAccount>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Emission>(),
        seeds = [pda::EMISSION, network.address().as_ref()],
        bump
    )]
    pub emission: Account<Emission>,
    pub system_program: Program<System>,
}

impl CreateEmission {
    #[inline(always)]
    pub fn create_emission(&mut self, args: CreateEmissionArgs, bumps: &CreateEmissionBumps) -> Result<()> {
        require!(self.network.authority == *self.authority.address(), TokenError::NotAuthority);
        require!(*self.reward_account.mint() == *self.mint.address(), TokenError::WrongRewardAccount);
        let (network, mint) = (*self.network.address(), *self.mint.address());
        let reward_account = *self.reward_account.address();
        let emission = &mut self.emission;
        emission.network = network;
        emission.mint = mint;
        emission.reward_account = reward_account;
        emission.first_amount = args.first_amount;
        emission.tail_amount = args.tail_amount;
        emission.cap = args.cap;
        emission.genesis_unix = self.network.genesis_unix;
        emission.epoch_seconds = self.network.epoch_seconds;
        emission.decay_every_epochs = args.decay_every_epochs;
        emission.decay_bps = args.decay_bps;
        emission.version = ACCOUNT_VERSION;
        emission.bump = bumps.emission;
        emission.mint_authority_bump = bumps.mint_authority;
        let schedule = emission.schedule();
        schedule.validate().map_err(TokenError::from)?;
        emission.set_progress(schedule.start());
        emission.invariant()?;
        emit!(EmissionCreated { network, mint, reward_account, first_amount: args.first_amount, cap: args.cap });
        Ok(())
    }
}
